//! The project's page: shown, missing, tried again.

use tauri_plugin_sidecar_lifecycle::engine::Phase as Observed;
use url::Url;

use super::follow::waiting_for;
use super::launcher::{Launcher, SERVER, State};
use super::model::Phase;
use crate::trouble::{self, PAGE_MISSING};

/// What the window needs in the place of the web view's own words.
enum Instead {
    /// This trouble is news.
    Trouble(u32),
    /// What has failed is known.
    KnownTrouble,
    /// What happens now.
    Progress,
    /// Nothing yet: the server is ending, or has just ended. That is told in a moment, if the app
    /// does not end itself.
    Nothing,
}

impl State {
    /// The server is ready: its page, or the one of its pages to come back to, is to be shown.
    pub(super) fn page_is_due(&mut self, mut target: Url) {
        let page = self.route.as_ref().and_then(|r| target.join(r).ok());
        if let Some(page) = page
            && page.origin() == target.origin()
        {
            target = page;
        }
        self.facts.was_ready = true;
        self.launch.url = Some(target.to_string());
        self.due = Some(target);
        self.becomes_ready();
    }

    /// Nothing is in trouble, or is not any more.
    fn becomes_ready(&mut self) {
        self.launch.trouble = None;
        self.launch.phase = Phase::Ready;
        "Opening the page".clone_into(&mut self.launch.step);
    }

    /// Whether the window is to show the project's page, as far as is known.
    fn expects_page(&self) -> bool {
        self.launch.phase == Phase::Ready || self.misses_page()
    }

    /// Whether the trouble is that its page did not come.
    fn misses_page(&self) -> bool {
        let trouble = self.launch.trouble.as_ref();
        self.launch.phase == Phase::Trouble && trouble.is_some_and(|it| it.code == PAGE_MISSING)
    }
}

impl Launcher {
    /// Whether the engine says that the server is ready: it hears of an end before it tells of it.
    pub(super) fn is_up(&self) -> bool {
        let info = self.engine().info(SERVER);
        info.is_some_and(|info| info.state == Observed::Ready)
    }

    /// Has the window go to the page that is due.
    pub(super) fn open_page(&self) {
        // The page first: it is what the user waits for.
        self.show_project();
        self.tell();
    }

    /// Where the window has to go on to, if a page of ours comes while the project's is on its way
    /// or is there: that one would have been given up for it.
    pub(crate) fn page_in_the_way_of(&self) -> Option<Url> {
        let state = self.lock();
        // One that is due is gone to in a moment.
        let is_told = state.launch.phase == Phase::Ready && state.due.is_none();
        let page = state.launch.url.as_deref().filter(|_| is_told)?;
        Url::parse(page).ok()
    }

    /// The window shows a page of the project's.
    pub(crate) fn page_is_shown(&self, page: &Url) {
        {
            let mut state = self.lock();
            state.facts.missing = 0;
            let launch = &state.launch;
            if launch.phase == Phase::Ready && launch.url.as_deref() == Some(page.as_str()) {
                state.route = None; // The window has come to where it was to come back to.
            }
            if !state.misses_page() {
                return;
            }
            // It was loaded by another way than by the button.
            state.becomes_ready();
        }
        self.tell();
    }

    /// The window has got nothing from the server, and shows what the web view has to say.
    pub(crate) fn page_is_missing(&self, page: &Url, why: &str) {
        let is_up = self.is_up();
        let (instead, generation) = {
            let mut state = self.lock();
            let instead = match state.launch.phase {
                Phase::Ready | Phase::Trouble if is_up && state.expects_page() => {
                    state.route = Some(page[url::Position::BeforePath..].to_owned());
                    state.facts.missing += 1;
                    Instead::Trouble(state.facts.missing)
                }
                Phase::Ready => Instead::Nothing,
                Phase::Trouble => Instead::KnownTrouble,
                _ => Instead::Progress,
            };
            (instead, state.launch.generation)
        };
        let Some(ui) = self.ui.get() else { return };
        match instead {
            // It may have ended meanwhile, or be started anew.
            Instead::Trouble(times) => self.fail_if(trouble::page_missing(why, times), |state| {
                state.expects_page() && state.launch.generation == generation
            }),
            Instead::KnownTrouble => ui.show_trouble_page(),
            Instead::Progress => ui.show_launch_page(),
            Instead::Nothing => {}
        }
    }

    /// Has the window try once more. Without a server there is one to be started.
    pub(super) fn load_again(&self) {
        let Some(info) = self.engine().info(SERVER).filter(|info| info.is_running) else {
            self.launch();
            return;
        };
        let page = info.url.as_deref().map(Url::parse);
        if let Some(Ok(page)) = page
            && info.state == Observed::Ready
        {
            self.lock().page_is_due(page);
            self.open_page();
        } else {
            // It is being brought back, if it is not back by now: its page opens by itself.
            self.enter_if(Phase::Waiting, &waiting_for(info.port), |state| {
                state.launch.phase == Phase::Trouble
            });
        }
    }
}
