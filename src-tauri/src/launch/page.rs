//! The project's page: shown, missing, tried again.

use url::Url;

use super::launcher::{Launcher, SERVER};
use super::model::Phase;
use crate::trouble;

impl Launcher {
    /// Has the window show the server's page, or the one of its pages to come back to.
    pub(super) fn open_page(&self, mut target: Url) {
        {
            let mut state = self.lock();
            state.launch.trouble = None;
            if let Some(page) = state.route.take().and_then(|r| target.join(&r).ok())
                && page.origin() == target.origin()
            {
                target = page;
            }
            state.launch.url = Some(target.to_string());
            state.due = Some(target);
            state.launch.phase = Phase::Ready;
            "Opening the page".clone_into(&mut state.launch.step);
        }
        // The page first: it is what the user waits for.
        self.show_project();
        self.tell();
    }

    /// The window shows a page of the project's.
    pub(crate) fn page_is_shown(&self) {
        self.lock().facts.missing = 0;
    }

    /// The window has not got a page from a server that is ready.
    pub(crate) fn page_is_missing(&self, page: &Url, why: &str) {
        let times = {
            let mut state = self.lock();
            if state.launch.phase != Phase::Ready {
                return; // Of a server that is ending, or is being ended, the engine tells.
            }
            state.facts.missing += 1;
            state.route = Some(page[url::Position::BeforePath..].to_owned());
            state.facts.missing
        };
        self.fail(trouble::page_missing(&self.command(), why, times));
    }

    /// Has the window try once more. Answers whether there is a server to ask.
    pub(super) fn load_again(&self) -> bool {
        let runs = self.engine().info(SERVER).is_some_and(|i| i.is_running);
        let page = self.lock().launch.url.as_deref().map(Url::parse);
        match page {
            Some(Ok(page)) if runs => {
                self.open_page(page);
                true
            }
            _ => false,
        }
    }
}
