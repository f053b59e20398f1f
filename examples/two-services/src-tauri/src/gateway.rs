//! What the app says to the gateway.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use tauri::AppHandle;
use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;

use crate::services::GATEWAY;

/// It answers when the old run of the api owes nothing more, which takes as long as one request: no
/// longer than the gateway waits for the api. The engine gives a hand-over 30 s in all.
const LIMIT: Duration = Duration::from_secs(25);

/// Has the gateway send its requests to the api on this port; done when all that went elsewhere are
/// answered. A gateway that is not there yet finds the port in its environment.
pub(crate) async fn point_at(app: AppHandle, api: Option<u16>) -> Result<(), String> {
    let info = app.sidecar_lifecycle().get_info(GATEWAY);
    let Some(info) = info.filter(|info| info.is_healthy) else {
        return Ok(());
    };
    let (gateway, api) = info.port.zip(api).ok_or("a service has no port")?;
    let asking = tauri::async_runtime::spawn_blocking(move || post(gateway, api));
    let status = asking.await.map_err(|e| e.to_string())?;
    match status {
        Ok(200) => Ok(()),
        Ok(other) => Err(format!("the gateway answered {other}")),
        Err(e) => Err(format!("the gateway did not answer: {e}")),
    }
}

/// `POST /upstream`, which is one request of a known length to a server of our own: no more of HTTP
/// is needed for it.
fn post(gateway: u16, api: u16) -> io::Result<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, gateway))?;
    stream.set_read_timeout(Some(LIMIT))?;
    let body = format!(r#"{{"url":"http://127.0.0.1:{api}"}}"#);
    let head = format!(
        "POST /upstream HTTP/1.1\r\nhost: 127.0.0.1:{gateway}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    status(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer"))
}

/// The number in `HTTP/1.1 200 OK`.
fn status(answer: &str) -> Option<u16> {
    answer.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read_from_the_first_line() {
        assert_eq!(status("HTTP/1.1 200 OK\r\n\r\nok\n"), Some(200));
        assert_eq!(status("HTTP/1.1 400 Bad Request\r\n\r\n"), Some(400));
        assert_eq!(status(""), None);
        assert_eq!(status("nonsense"), None);
    }
}
