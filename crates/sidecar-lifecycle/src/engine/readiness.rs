//! When a run is ready, and whether it still is.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::output::Output;
use super::ownership::RunTree;
use super::probe;
use crate::config::HealthCheck;
use crate::sys::monotonic;

/// Between the two connections of the TCP check. Vite binds its port to test it, closes it and
/// binds it again: in 5 of 15 starts a first connect succeeded and a later one was refused.
const TCP_CONFIRM: Duration = Duration::from_millis(50);
/// The shortest pause between two questions.
const SHORTEST: Duration = Duration::from_millis(2);
/// The runtime's timer counts whole milliseconds and never wakes early: a sleep takes about one
/// more than it was asked for.
const TIMER_ROUNDS_UP: Duration = Duration::from_millis(1);

/// Waits for about as long as it says.
async fn pause(length: Duration) {
    sleep(length.saturating_sub(TIMER_ROUNDS_UP)).await;
}

/// What is asked, and of whom.
pub(crate) struct Question {
    pub(crate) check: HealthCheck,
    pub(crate) port: Option<u16>,
    pub(crate) any_status: bool,
    pub(crate) own_listener: bool,
    pub(crate) tree: RunTree,
    pub(crate) output: Rc<RefCell<Output>>,
}

/// The answer that counts.
pub(crate) struct Answer {
    pub(crate) port: Option<u16>,
    pub(crate) url: Option<String>,
}

impl Question {
    /// Asks until the answer is yes. The pause grows with the time since the spawn, so that a
    /// quick start is seen within milliseconds and a slow one does not keep a core busy.
    pub(crate) async fn until_ready(&self) -> Answer {
        let spawned = monotonic();
        loop {
            if let Ok(answer) = self.ask().await {
                return answer;
            }
            let age = monotonic().saturating_sub(spawned);
            pause(SHORTEST.max(age / 100)).await;
        }
    }

    /// Asks once, everywhere it may answer. Never two questions at a time.
    pub(crate) async fn ask(&self) -> Result<Answer, String> {
        let mut why = "no port to ask".to_owned();
        for port in self.candidates() {
            let addresses = self.addresses(port);
            if addresses.is_empty() {
                why = format!("nothing of its own listens on port {port}");
            }
            for addr in addresses {
                match self.ask_at(addr, port).await {
                    Ok(()) => {
                        return Ok(Answer {
                            port: Some(port),
                            url: self.url(addr, port),
                        });
                    }
                    Err(e) => why = e,
                }
            }
        }
        Err(why)
    }

    /// The chosen port; after it, those that the server itself names in its output, since a
    /// script may hard-code its own.
    fn candidates(&self) -> Vec<u16> {
        let mut ports = Vec::new();
        if let HealthCheck::Tcp {
            port: Some(port), ..
        } = self.check
        {
            return vec![port];
        }
        ports.extend(self.port);
        if self.own_listener {
            for url in &self.output.borrow().urls {
                if !ports.contains(&url.port) {
                    ports.push(url.port);
                }
            }
        }
        ports
    }

    /// Where it listens, as far as that is known to be us: strangers are not even asked.
    fn addresses(&self, port: u16) -> Vec<IpAddr> {
        if !self.own_listener {
            return vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        }
        let mut addresses: Vec<IpAddr> = Vec::new();
        for addr in self
            .tree
            .listening_on(port)
            .into_iter()
            .map(probe::reachable)
        {
            if !addresses.contains(&addr) {
                addresses.push(addr);
            }
        }
        addresses
    }

    async fn ask_at(&self, addr: IpAddr, port: u16) -> Result<(), String> {
        match &self.check {
            // Encrypted, with a certificate that nobody signed: what can be told without trusting
            // it is that something of ours accepts, and still does a moment later.
            HealthCheck::Http { timeout, .. } if self.prints_https(port) => {
                accepts(addr, port, *timeout).await
            }
            HealthCheck::Http { path, timeout, .. } => {
                let status = probe::http(addr, port, path, *timeout).await?;
                if status < 500 || self.any_status {
                    Ok(())
                } else {
                    Err(format!("HTTP status {status}"))
                }
            }
            HealthCheck::Tcp { timeout, .. } => accepts(addr, port, *timeout).await,
            // Asked elsewhere, as a run of its own.
            HealthCheck::Command { .. } | HealthCheck::Custom(_) => {
                Err("it is not asked over the network".into())
            }
        }
    }

    /// Whether the server says of this port that it speaks HTTPS.
    fn prints_https(&self, port: u16) -> bool {
        let output = self.output.borrow();
        output
            .urls
            .iter()
            .rev()
            .find(|u| u.port == port)
            .is_some_and(|u| u.https)
    }

    /// The URL to show: spelled as the server spells its host, since another spelling is another
    /// origin (for storage), and some servers refuse what they did not print. Where somebody else
    /// listens on the same port of another address, a name could lead there: then the very
    /// address is shown.
    fn url(&self, addr: IpAddr, port: u16) -> Option<String> {
        let HealthCheck::Http { path, .. } = &self.check else {
            return None;
        };
        let scheme = if self.prints_https(port) {
            "https"
        } else {
            "http"
        };
        let shared = self.own_listener && !self.tree.alone_on(port);
        let host = if shared {
            match addr {
                IpAddr::V4(a) => a.to_string(),
                IpAddr::V6(a) => format!("[{a}]"),
            }
        } else {
            let output = self.output.borrow();
            let printed = output.urls.iter().rev().find(|u| u.port == port);
            printed.map_or_else(|| "localhost".to_owned(), |u| u.host.clone())
        };
        Some(format!("{scheme}://{host}:{port}{path}"))
    }
}

/// Connects, and again a moment later: see [`TCP_CONFIRM`].
async fn accepts(addr: IpAddr, port: u16, limit: Duration) -> Result<(), String> {
    probe::tcp(addr, port, limit).await?;
    pause(TCP_CONFIRM).await;
    probe::tcp(addr, port, limit).await
}
