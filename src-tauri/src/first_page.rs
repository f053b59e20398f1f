//! From the window's first page to the project's, one after the other.

use std::sync::{Mutex, PoisonError};

use url::Url;

/// Holds the way to the project back until the window's first page has begun to arrive.
///
/// `WebKitGTK` starts a process for the first page. A second address that it is given meanwhile is
/// lost now and then: the window stays empty, all processes of it are alive and idle, and neither
/// page is ever asked for. A bare program in C that does nothing else, with version 2.50.6, lost it
/// in 11 of 190 tries, and in none of 300 that waited as this does. A fast server is ready by then.
#[derive(Default)]
pub(crate) struct FirstPage(Mutex<State>);

enum State {
    /// It is on its way; then the window goes on to the page that is due, if there is one.
    Awaited(Option<Url>),
    Arrived,
}

impl Default for State {
    fn default() -> State {
        State::Awaited(None)
    }
}

impl FirstPage {
    /// Answers `url` when the window may go there now. Otherwise it is kept for [`Self::arrived`].
    pub(crate) fn pass(&self, url: &Url) -> Option<Url> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Awaited(due) => {
                *due = Some(url.clone());
                None
            }
            State::Arrived => Some(url.clone()),
        }
    }

    /// What is due is not any more: the window is to show a page of ours.
    pub(crate) fn forget(&self) {
        if let State::Awaited(due) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            *due = None;
        }
    }

    /// A page has begun to arrive. Answers where the window has to go on to.
    pub(crate) fn arrived(&self) -> Option<Url> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Arrived) {
            State::Awaited(due) => due,
            State::Arrived => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(port: u16) -> Url {
        Url::parse(&format!("http://localhost:{port}/")).unwrap()
    }

    #[test]
    fn a_project_that_is_ready_early_waits_for_the_first_page_and_is_shown_once() {
        let first = FirstPage::default();
        assert_eq!(first.pass(&url(1)), None);
        assert_eq!(first.pass(&url(2)), None);
        assert_eq!(first.arrived(), Some(url(2)), "the newest counts");
        assert_eq!(first.arrived(), None);
        assert_eq!(first.pass(&url(3)), Some(url(3)));
    }

    #[test]
    fn a_project_that_failed_meanwhile_is_not_shown() {
        let first = FirstPage::default();
        assert_eq!(first.pass(&url(1)), None);
        first.forget();
        assert_eq!(first.arrived(), None);
    }
}
