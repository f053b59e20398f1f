//! One question about a run's health, and what its answer is worth.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::checks::{CheckCommand, ask_command};
use super::clock::within;
use super::customs::Customs;
use super::message::Message;
use super::output::Output;
use super::ownership::RunTree;
use super::probe;
use super::sparing::Sparing;
use crate::config::{CheckContext, HealthCheck};
use crate::core::{RunId, SidecarId};
use crate::sys::{monotonic, sockets};

/// Between the two connections of the TCP check. Vite binds its port to test it, closes it and
/// binds it again: in 5 of 15 starts a first connect succeeded and a later one was refused.
const TCP_CONFIRM: Duration = Duration::from_millis(50);
/// The runtime's timer counts whole milliseconds and never wakes early: a sleep takes about one
/// more than it was asked for.
const TIMER_ROUNDS_UP: Duration = Duration::from_millis(1);

/// A machine's connection to itself stands at once, or is refused.
const CONNECT_LIMIT: Duration = Duration::from_millis(20);

/// Waits for about as long as it says.
pub(super) async fn pause(length: Duration) {
    sleep(length.saturating_sub(TIMER_ROUNDS_UP)).await;
}

/// What is asked, and of whom.
pub(crate) struct Question {
    pub(crate) check: HealthCheck,
    /// The longest one probe may take.
    pub(crate) limit: Duration,
    pub(crate) port: Option<u16>,
    pub(crate) any_status: bool,
    pub(crate) own_listener: bool,
    pub(crate) tree: RunTree,
    pub(crate) output: Rc<RefCell<Output>>,
    pub(crate) asker: Asker,
    /// How often sockets are looked at.
    pub(crate) sparing: Sparing,
}

/// Where commands and closures are asked.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) sidecar: SidecarId,
    pub(crate) id: String,
    pub(crate) run: RunId,
    pub(crate) tx: mpsc::UnboundedSender<Message>,
    pub(crate) customs: Customs,
}

/// The answer that counts.
pub(crate) struct Answer {
    pub(crate) port: Option<u16>,
    pub(crate) url: Option<String>,
}

impl Question {
    /// Asks once, everywhere it may answer. Never two questions at a time.
    pub(crate) async fn ask(&self) -> Result<Answer, String> {
        match &self.check {
            HealthCheck::Http { .. } | HealthCheck::Tcp { .. } => self.ask_network().await,
            HealthCheck::Command {
                cmd,
                args,
                expected_exit,
            } => {
                let command = CheckCommand {
                    cmd: cmd.clone(),
                    args: args.clone(),
                    expected_exit: *expected_exit,
                    limit: self.limit,
                };
                let Asker {
                    tx, sidecar, run, ..
                } = &self.asker;
                ask_command(tx, *sidecar, *run, command).await?;
                Ok(self.without_url())
            }
            HealthCheck::Custom(check) => {
                let context =
                    CheckContext::new(self.asker.id.clone(), self.tree.leader.pid, self.port);
                let answer = self.asker.customs.ask(check, context);
                match within(self.limit, answer).await {
                    Some(verdict) => verdict.map(|()| self.without_url()),
                    None => Err(format!("no answer within {:?}", self.limit)),
                }
            }
        }
    }

    fn without_url(&self) -> Answer {
        Answer {
            port: self.port,
            url: None,
        }
    }

    async fn ask_network(&self) -> Result<Answer, String> {
        let mut why = "no port to ask".to_owned();
        for port in self.candidates() {
            let addresses = self.addresses(port).await;
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
    async fn addresses(&self, port: u16) -> Vec<IpAddr> {
        if !self.own_listener {
            return vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        }
        let mut addresses: Vec<IpAddr> = Vec::new();
        let found = if sockets::LISTS_SOCKETS {
            self.tree.listening_on(port)
        } else {
            self.look_sparingly(port).await
        };
        for addr in found.into_iter().map(probe::reachable) {
            if !addresses.contains(&addr) {
                addresses.push(addr);
            }
        }
        addresses
    }

    /// Where it listens, by few looks at descriptors: where nobody answers there is nothing to be
    /// seen, and a connection that is refused costs microseconds.
    async fn look_sparingly(&self, port: u16) -> Vec<IpAddr> {
        let due = self.sparing.is_due(port, monotonic());
        if !due && self.sparing.is_foreign(port) {
            return Vec::new();
        }
        let found = if self.sparing.has_found(port) || answers(port).await {
            self.tree.listening_on(port)
        } else if due {
            self.tree.own_listeners(port) // On another address, maybe.
        } else {
            return Vec::new();
        };
        self.sparing.looked(port, !found.is_empty(), monotonic());
        found
    }

    async fn ask_at(&self, addr: IpAddr, port: u16) -> Result<(), String> {
        match &self.check {
            // Encrypted, with a certificate that nobody signed: what can be told without trusting
            // it is that something of ours accepts, and still does a moment later.
            HealthCheck::Http { .. } if self.prints_https(port) => {
                accepts(addr, port, self.limit).await
            }
            HealthCheck::Http { path, .. } => {
                let status = probe::http(addr, port, path, self.limit).await?;
                if status < 500 || self.any_status {
                    Ok(())
                } else {
                    Err(format!("HTTP status {status}"))
                }
            }
            HealthCheck::Tcp { .. } => accepts(addr, port, self.limit).await,
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

/// Whether anybody accepts connections on a port of this machine.
async fn answers(port: u16) -> bool {
    probe::tcp(Ipv4Addr::LOCALHOST.into(), port, CONNECT_LIMIT)
        .await
        .is_ok()
        || probe::tcp(Ipv6Addr::LOCALHOST.into(), port, CONNECT_LIMIT)
            .await
            .is_ok()
}

/// Connects, and again a moment later: see [`TCP_CONFIRM`].
async fn accepts(addr: IpAddr, port: u16, limit: Duration) -> Result<(), String> {
    probe::tcp(addr, port, limit).await?;
    pause(TCP_CONFIRM).await;
    probe::tcp(addr, port, limit).await
}
