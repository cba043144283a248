//! The tabs, the problem and the help.

use web_sys::{HtmlDialogElement, HtmlInputElement};

use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::state::{Remedy, State, Tab};
use crate::texts::model_menu as texts;

/// The tabs, the problem and the help.
#[derive(Debug)]
pub(super) struct Header {
    tabs: [(Tab, Slot); 2],
    error: Slot,
    message: Slot,
    hint: Slot,
    restart: Slot,
    use_demo: Slot,
    live: Slot,
    announced: u32,
    help: HtmlDialogElement,
    keys: HtmlInputElement,
}

impl Header {
    pub(super) fn new(page: &Page) -> Result<Header, String> {
        Ok(Header {
            tabs: [
                (Tab::Explorer, page.slot("tab-explorer")?),
                (Tab::Chat, page.slot("tab-chat")?),
            ],
            error: page.slot("error")?,
            message: page.slot("error-message")?,
            hint: page.slot("error-hint")?,
            restart: page.slot("restart")?,
            use_demo: page.slot("use-demo")?,
            live: page.slot("live")?,
            announced: 0,
            help: page.dialog("help")?,
            keys: page.input("keys")?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        for (tab, button) in &self.tabs {
            button.state("aria-selected", *tab == state.tab);
            // The Tab key reaches one of them, and the arrow keys the other.
            button
                .attribute("tabindex", Some(if *tab == state.tab { "0" } else { "-1" }));
        }
        self.render_error(state);
        if self.announced != state.announcement.0 {
            self.announced = state.announcement.0;
            // Screen readers say a text again only if it differs from the last one.
            let odd = if self.announced.is_multiple_of(2) { "" } else { "\u{A0}" };
            self.live.text(&format!("{}{odd}", state.announcement.1));
        }
        self.keys.set_checked(!state.keys_off);
        if state.help_open != self.help.open() {
            match state.help_open {
                true => {
                    // This fails only if the dialog is open.
                    let _ = self.help.show_modal();
                }
                false => self.help.close(),
            }
        }
    }

    pub(super) fn focus_tab(&self, tab: Tab) {
        let button = self.tabs.iter().find(|(other, _)| *other == tab);
        button.iter().for_each(|(_, button)| dom::focus(button.element()));
    }

    fn render_error(&self, state: &State) {
        self.error.show(state.error.is_some());
        let Some(problem) = &state.error else {
            self.message.text("");
            self.hint.text("");
            return;
        };
        self.message.text(&problem.message);
        self.hint.text(problem.hint.as_deref().unwrap_or_default());
        self.restart.show(problem.remedy != Remedy::None);
        self.restart.text(match (problem.remedy, &state.engine.failed) {
            (Remedy::AllowFiles, _) => texts::OPEN_AGAIN.get(),
            (Remedy::ChooseFiles, _) => texts::CHOOSE_FILES.get(),
            (_, Some(_)) => texts::TRY_AGAIN.get(),
            (_, None) => texts::RESTART.get(),
        });
        self.use_demo.show(!matches!(problem.remedy, Remedy::None | Remedy::Restart));
    }
}
