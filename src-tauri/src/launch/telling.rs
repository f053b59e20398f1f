//! How a launch stands: set in one go with what it depends on, and told.

use std::sync::PoisonError;

use super::launcher::{Launcher, State};
use super::model::{Phase, Trouble};
use crate::{paths, terminal};

impl Launcher {
    /// A step of a preparation: a server that ran all the while may have become ready meanwhile.
    pub(super) fn enter_unless_ready(&self, phase: Phase, step: &str) {
        self.enter_if(phase, step, |state| state.launch.phase != Phase::Ready);
    }

    pub(super) fn enter(&self, phase: Phase, step: &str) {
        self.enter_if(phase, step, |_| true);
    }

    /// The same, unless it has come otherwise meanwhile.
    pub(super) fn enter_if(&self, phase: Phase, step: &str, still: impl FnOnce(&State) -> bool) {
        {
            let mut state = self.lock();
            if !still(&state) {
                return;
            }
            state.launch.phase = phase;
            step.clone_into(&mut state.launch.step);
        }
        self.tell();
    }

    /// Tells the window how the launch stands.
    pub(super) fn tell(&self) {
        let _one_at_a_time = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ui) = self.ui.get() {
            ui.changed(&self.snapshot());
        }
    }

    /// Shows what failed.
    pub(super) fn fail(&self, trouble: Trouble) {
        self.fail_if(trouble, |_| true);
    }

    /// The same, unless it has come otherwise meanwhile.
    pub(super) fn fail_if(&self, mut trouble: Trouble, still: impl FnOnce(&State) -> bool) {
        trouble.log_path = Some(paths::for_people(&self.session.paths.server_log()));
        let said = format!("{}: {}", trouble.code, trouble.sentence);
        {
            let mut state = self.lock();
            if !still(&state) {
                return;
            }
            state.launch.phase = Phase::Trouble;
            state.launch.step.clone_from(&trouble.sentence);
            state.launch.trouble = Some(trouble);
            // A page that the window has not gone to by now is not to be gone to.
            state.due = None;
        }
        log::error!("{said}");
        terminal::say(&format!("trouble: {said}"));
        self.tell();
        if let Some(ui) = self.ui.get() {
            ui.show_trouble_page();
        }
    }
}
