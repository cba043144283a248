//! Renders the state. Each region of the page has its own file. Rendering the same state again
//! changes nothing.

mod chat;
pub(crate) mod controls;
mod header;
mod hub_files;
mod hub_question;
mod lesson;
mod model_list;
mod model_menu;
mod models;
mod panel;
pub(crate) mod panel_model;
mod prompt_tokens;
mod rows;
mod sample_line;
mod sampler;
mod sharing;
pub(crate) mod status;
mod strip;
mod tokens;
pub(crate) mod tools;

use crate::dom::Slot;
use crate::effect::Focus;
use crate::elements::Page;
use crate::state::{Readiness, State, Tab};

/// All regions of the page.
#[derive(Debug)]
pub(crate) struct View {
    root: Slot,
    main: Slot,
    header: header::Header,
    model_menu: model_menu::ModelMenu,
    models: models::ModelsView,
    hub_question: hub_question::HubQuestionView,
    controls: controls::Controls,
    sampler: sampler::SamplerView,
    prompt_tokens: prompt_tokens::PromptTokens,
    strip: strip::Strip,
    panel: panel::Panel,
    chat: chat::ChatView,
    lesson: lesson::LessonView,
    sharing: sharing::SharingView,
    tools: tools::Tools,
    status: status::Status,
}

impl View {
    /// Finds all elements of the page.
    ///
    /// # Errors
    /// Names what is missing.
    pub(crate) fn new(page: &Page) -> Result<View, String> {
        Ok(View {
            root: page.root()?,
            main: page.slot("main")?,
            header: header::Header::new(page)?,
            model_menu: model_menu::ModelMenu::new(page)?,
            models: models::ModelsView::new(page)?,
            hub_question: hub_question::HubQuestionView::new(page)?,
            controls: controls::Controls::new(page)?,
            sampler: sampler::SamplerView::new(page)?,
            prompt_tokens: prompt_tokens::PromptTokens::new(page)?,
            strip: strip::Strip::new(page)?,
            panel: panel::Panel::new(page)?,
            chat: chat::ChatView::new(page)?,
            lesson: lesson::LessonView::new(page)?,
            sharing: sharing::SharingView::new(page)?,
            tools: tools::Tools::new(page)?,
            status: status::Status::new(page)?,
        })
    }

    /// Renders the state. `now` is the time of the frame in milliseconds.
    pub(crate) fn render(&mut self, state: &State, now: f64) {
        // What is hidden cannot scroll.
        self.root.attribute(
            "data-tab",
            Some(match state.tab {
                Tab::Explorer => "explorer",
                Tab::Chat => "chat",
            }),
        );
        self.header.render(state);
        self.model_menu.render(state);
        self.models.render(state);
        self.hub_question.render(state);
        self.controls.render(state);
        self.sampler.render(state);
        self.prompt_tokens.render(state);
        self.strip.render(state);
        self.panel.render(state);
        self.chat.render(state);
        self.lesson.render(state);
        self.sharing.render(state);
        self.tools.render(state);
        self.status.render(state);
        self.main.attribute(
            "aria-labelledby",
            Some(match state.tab {
                Tab::Explorer => "tab-explorer",
                Tab::Chat => "tab-chat",
            }),
        );
        self.main
            .flag("data-tool-large", state.tool_large && state.open_tool().is_some());
        let forward_tokens = state.engine.forward_tokens.to_string();
        self.root.attribute("data-forward-tokens", Some(&forward_tokens));
        self.root.attribute("data-rendered", Some(&format!("{now:.1}")));
        self.root.attribute("data-step", Some(&state.distributions_shown.to_string()));
        self.root.attribute("data-state", Some(condition(state)));
    }

    /// Marks the page as busy, since the state has changed and is not rendered yet.
    pub(crate) fn mark_outdated(&self, state: &State) {
        let condition = match condition(state) {
            "ready" => "busy",
            other => other,
        };
        self.root.attribute("data-state", Some(condition));
    }

    /// Scrolls the distribution into view.
    pub(crate) fn reveal(&self) {
        self.panel.reveal();
    }

    /// Moves the keyboard's focus.
    pub(crate) fn focus(&self, focus: Focus) {
        match focus {
            Focus::Words => self.tools.focus_words(),
            Focus::Prompt => self.controls.focus_prompt(),
            Focus::Address => self.model_menu.focus_address(),
            Focus::ChatInput => self.chat.focus_input(),
            Focus::Row(row) => self.panel.focus_row(row),
            Focus::Token(token) => self.strip.focus_token(token),
            Focus::ReplyToken(token) => self.chat.focus_token(token),
            Focus::ChatEdit => self.chat.focus_editor(),
            Focus::ChatMessage(index, part) => self.chat.focus_message(index, part),
            Focus::ShowTokens => self.chat.focus_show_tokens(),
            Focus::Tab(tab) => self.header.focus_tab(tab),
            Focus::ToolButton(tool) => self.tools.focus_button(tool),
        }
    }
}

/// The page's condition as a word, for styles and tests.
fn condition(state: &State) -> &'static str {
    match state.engine.readiness {
        Readiness::Connecting | Readiness::Loading => "loading",
        Readiness::Failed => "failed",
        Readiness::Recorded => "recorded",
        Readiness::Ready if state.requests.busy() || state.explorer.paced_play => "busy",
        Readiness::Ready => "ready",
    }
}
