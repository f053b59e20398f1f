//! URLs that a server prints about itself.

use super::ansi;

/// A loopback URL found in a line of output: the host as the server spells it, and the port.
///
/// It is a hint for where to look and how to spell it, never a proof that anything serves there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrintedUrl {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) https: bool,
}

/// Words in lines about other things than the page: debuggers, other machines' view.
const NOT_THE_PAGE: &[&str] = &["network", "debugger", "inspect", "devtools", "ws://"];

/// Finds the first loopback URL with a port.
pub(crate) fn printed_url(line: &str) -> Option<PrintedUrl> {
    if !line.contains("http") {
        return None; // Nearly every line, without a copy.
    }
    let text = ansi::strip(line);
    let lower = text.to_ascii_lowercase();
    if NOT_THE_PAGE.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let mut rest = text.as_str();
    while let Some(at) = rest.find("http") {
        rest = &rest[at + 4..];
        let (https, tail) = match rest.strip_prefix('s') {
            Some(tail) => (true, tail),
            None => (false, rest),
        };
        let Some(authority) = tail.strip_prefix("://") else {
            continue;
        };
        if let Some((host, port)) = loopback(authority) {
            return Some(PrintedUrl { host, port, https });
        }
    }
    None
}

fn loopback(authority: &str) -> Option<(String, u16)> {
    let end = authority
        .find(|c: char| c == '/' || c.is_whitespace())
        .unwrap_or(authority.len());
    let (host, port) = authority[..end].rsplit_once(':')?;
    let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
    let port = digits.parse().ok().filter(|&p| p != 0)?;
    let host = host.to_ascii_lowercase();
    let known = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
        || host.strip_suffix(".localhost").is_some_and(|h| {
            !h.is_empty()
                && h.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        });
    match host.as_str() {
        // "All interfaces" is no address to visit.
        "0.0.0.0" | "[::]" => Some(("localhost".to_owned(), port)),
        _ if known => Some((host, port)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Option<(String, u16)> {
        printed_url(line).map(|u| (u.host, u.port))
    }

    #[test]
    fn reads_what_real_servers_print() {
        let local = |p| Some(("localhost".to_owned(), p));
        assert_eq!(
            found("  ➜  Local:   http://localhost:\u{1b}[1m5174\u{1b}[22m/"),
            local(5174)
        );
        assert_eq!(found("- Local:         http://localhost:3001"), local(3001));
        assert_eq!(found("┃ Local    http://localhost:4321/"), local(4321));
        assert_eq!(found("Listening on http://0.0.0.0:8000/"), local(8000));
        assert_eq!(
            found("at http://127.0.0.1:5000/x."),
            Some(("127.0.0.1".into(), 5000))
        );
        assert_eq!(
            found("https://app.localhost:1355/"),
            Some(("app.localhost".into(), 1355))
        );
    }

    #[test]
    fn ignores_other_machines_debuggers_and_lookalikes() {
        for line in [
            "  ➜  Network: http://192.168.1.4:5173/",
            "Network: http://localhost:1",
            "Debugger listening on http://127.0.0.1:9229",
            "see http://localhost.evil.com:5173/",
            "http://localhost:0/",
            "http://localhost:99999/",
            "http://",
            "httphttp://localhost",
            "http://evil.com:80@localhost:5173/",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
