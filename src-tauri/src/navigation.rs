//! Where the project's page may go. Origins are parsed and compared, never prefixes:
//! `http://localhost.evil.com` begins with `http://localhost`.

use url::{Host, Url};

/// Turns a *clicked* link that leaves the project into a new window, which goes to the system
/// browser. Navigations by script and redirects stay: a login may depend on them.
pub(crate) const CLICK_SCRIPT: &str = include_str!("click.js");

/// Whether the window, or a frame in it, may go there at all. WebKit asks about frames and
/// redirects too, so this refuses only what no page has a business with: among it, for the
/// project's page, the pages of ours (`own_pages`), which have commands that it must not borrow.
pub(crate) fn may_navigate(url: &Url, own_pages: bool) -> bool {
    if is_ours(url) {
        return own_pages;
    }
    // By name, so that `javascript:`, `file:` and every program's own scheme are out.
    matches!(url.scheme(), "http" | "https" | "about" | "data" | "blob")
}

/// Whether the web view answers it from within the app: by a scheme of our own, which on Windows is
/// written as a host (`http://tauri.localhost`).
fn is_ours(url: &Url) -> bool {
    const OWN: [&str; 3] = ["tauri", "asset", "ipc"];
    let is_web = matches!(url.scheme(), "http" | "https");
    match url.host() {
        Some(Host::Domain(name)) if is_web => {
            let own = name.trim_end_matches('.').strip_suffix(".localhost");
            own.is_some_and(|name| OWN.contains(&name))
        }
        _ => OWN.contains(&url.scheme()),
    }
}

/// What becomes of a window that a page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewWindow {
    /// Another page of the project: shown in the one window there is.
    Here,
    /// The system browser, or the mail program.
    Outside,
    /// Nothing.
    Refused,
}

/// Decides about a new window.
pub(crate) fn new_window(project: Option<&Url>, wanted: &Url) -> NewWindow {
    match wanted.scheme() {
        _ if is_ours(wanted) => NewWindow::Refused,
        "http" | "https" if project.is_some_and(|p| same_origin(p, wanted)) => NewWindow::Here,
        "http" | "https" | "mailto" | "tel" => NewWindow::Outside,
        _ => NewWindow::Refused,
    }
}

/// Whether two URLs are of one origin, with all spellings of loopback alike. Ours is nobody's.
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && is_ours(a) == is_ours(b)
        && a.port_or_known_default() == b.port_or_known_default()
        && (a.host() == b.host() || (is_loopback(a) && is_loopback(b)))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// A URL that the trouble page may ask to open: a server on this machine.
pub(crate) fn is_local_page(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && is_loopback(url) && !is_ours(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn loopback_has_many_spellings_and_lookalikes_are_none() {
        let project = url("http://localhost:5173/");
        for same in [
            "http://127.0.0.1:5173/x",
            "http://[::1]:5173/",
            "http://localhost:5173/#a",
        ] {
            assert!(same_origin(&project, &url(same)), "{same}");
        }
        for other in [
            "http://localhost.evil.com:5173/",
            "http://localhost:5174/",
            "https://localhost:5173/",
            "http://localhost@evil.com:5173/",
            "http://evil.com:5173/localhost",
            "http://evil.localhost.com:5173/",
        ] {
            assert!(!same_origin(&project, &url(other)), "{other}");
        }
    }

    #[test]
    fn new_windows_go_where_they_belong() {
        let project = url("http://localhost:5173/");
        let decide = |to: &str| new_window(Some(&project), &url(to));
        assert_eq!(decide("http://localhost:5173/about"), NewWindow::Here);
        assert_eq!(decide("https://example.com/"), NewWindow::Outside);
        assert_eq!(decide("mailto:a@example.com"), NewWindow::Outside);
        assert_eq!(decide("javascript:alert(1)"), NewWindow::Refused);
        assert_eq!(decide("file:///etc/passwd"), NewWindow::Refused);
        assert_eq!(decide("tauri://localhost/index.html"), NewWindow::Refused);
    }

    #[test]
    fn dangerous_schemes_are_refused_everywhere() {
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "vscode://x",
            "smb://host/x",
        ] {
            assert!(!may_navigate(&url(bad), true), "{bad}");
        }
        assert!(may_navigate(
            &url("https://accounts.example.com/login"),
            false
        ));
    }

    #[test]
    fn the_project_does_not_reach_pages_that_have_commands() {
        // A server on the web's own port is of no page of ours, which lie there on Windows.
        let project = url("http://localhost/");
        for own in [
            "tauri://localhost/trouble.html",
            "http://tauri.localhost/trouble.html",
            "https://tauri.localhost/",
            "http://TAURI.localhost:80/index.html",
            "http://tauri.localhost./",
            "http://me@tauri.localhost:8080/",
            "http://ipc.localhost/run_action",
            "http://asset.localhost/x",
        ] {
            let own = url(own);
            assert!(!may_navigate(&own, false), "{own}");
            assert!(may_navigate(&own, true), "{own}");
            assert_eq!(new_window(Some(&project), &own), NewWindow::Refused);
            assert!(!same_origin(&project, &own), "{own}");
            assert!(!is_local_page(&own), "{own}");
        }
        for other in [
            "http://localhost/",
            "http://shop.localhost:5173/",
            "http://tauri.localhost.example.com/",
            "http://a.tauri.localhost/",
        ] {
            assert!(may_navigate(&url(other), false), "{other}");
        }
    }
}
