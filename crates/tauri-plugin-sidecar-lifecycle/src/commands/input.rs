//! Writing to a sidecar's stdin: the `write-stdin` permissions.

use serde_json::Value;
use sidecar_lifecycle::RunId;
use tauri::ipc::{InvokeBody, Request};
use tauri::{State, command};

use crate::error::{Error, Result};
use crate::handle::SidecarLifecycle;
use crate::scope::Scope;

/// Writes the request's body, bytes as they are, and answers once the sidecar's pipe has taken the
/// last of them. Which run is meant stands in the headers `sidecar-id` and `sidecar-run`, the id as
/// `encodeURIComponent` writes it: a header holds no other characters.
#[command]
pub(crate) async fn write_stdin(
    request: Request<'_>,
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
) -> Result<()> {
    let id = decoded(header(&request, "sidecar-id")?)?;
    let run = header(&request, "sidecar-run")?.parse();
    let run = run.map_err(|_| bad("`sidecar-run` is no number"))?;
    scope.check("write to", &id)?;
    let stdin = sidecars.stdin(&id)?.of_run(RunId(run));
    Ok(stdin.write_all(bytes(request.body())?).await?)
}

/// Ends the input of this run: the sidecar reads its end behind all that was written.
#[command]
pub(crate) async fn close_stdin(
    sidecars: State<'_, SidecarLifecycle>,
    scope: Scope,
    id: String,
    run: RunId,
) -> Result<()> {
    scope.check("write to", &id)?;
    Ok(sidecars.stdin(&id)?.of_run(run).close().await?)
}

fn bad(reason: &'static str) -> Error {
    Error::BadRequest { reason }
}

fn header<'a>(request: &'a Request<'_>, name: &str) -> Result<&'a str> {
    let value = request.headers().get(name).and_then(|v| v.to_str().ok());
    value.ok_or(bad("it needs the headers `sidecar-id` and `sidecar-run`"))
}

/// The bytes of a body. A webview that cannot send them raw sends a list of numbers.
fn bytes(body: &InvokeBody) -> Result<Vec<u8>> {
    let no_bytes = bad("its body is no bytes");
    match body {
        InvokeBody::Raw(bytes) => Ok(bytes.clone()),
        InvokeBody::Json(Value::Array(numbers)) => {
            let byte = |n: &Value| n.as_u64().and_then(|n| u8::try_from(n).ok());
            let bytes: Option<Vec<u8>> = numbers.iter().map(byte).collect();
            bytes.ok_or(no_bytes)
        }
        InvokeBody::Json(_) => Err(no_bytes),
    }
}

/// What `encodeURIComponent` has written.
fn decoded(text: &str) -> Result<String> {
    let wrong = || bad("`sidecar-id` is not written as encodeURIComponent writes it");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2).ok_or_else(wrong)?;
        let digit = |d: u8| char::from(d).to_digit(16);
        let both = digit(digits[0]).zip(digit(digits[1])).ok_or_else(wrong)?;
        bytes.push((both.0 * 16 + both.1) as u8);
        rest = behind;
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_read_as_pages_write_them() {
        for (text, id) in [
            ("db", "db"),
            ("my%20api", "my api"),
            ("%C3%A4%2f%25", "ä/%"),
            ("", ""),
        ] {
            assert_eq!(decoded(text).expect("it is right"), id);
        }
        for wrong in ["%", "%2", "%zz", "%ff", "a%c3"] {
            assert!(decoded(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_come_raw_or_as_numbers() {
        let read = |body: InvokeBody| bytes(&body).ok();
        assert_eq!(read(InvokeBody::Raw(vec![0, 255])), Some(vec![0, 255]));
        assert_eq!(read(InvokeBody::Json(json!([0, 255]))), Some(vec![0, 255]));
        for wrong in [
            json!([256]),
            json!([-1]),
            json!([0.5]),
            json!(["a"]),
            json!("a"),
            json!({}),
        ] {
            assert_eq!(read(InvokeBody::Json(wrong.clone())), None, "{wrong}");
        }
    }
}
