//! The controls: the prompt, the knobs and the buttons of the explorer.

use protocol::Phase;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

use crate::by_browser;
use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::format;
use crate::state::{Readiness, State, VocabularyMatch};
use crate::texts::sampler as texts;

/// The elements of the controls.
#[derive(Debug)]
pub(super) struct Controls {
    prompt: HtmlTextAreaElement,
    start: Slot,
    greedy: Slot,
    sample: Slot,
    play: Slot,
    stop: Slot,
    pace: HtmlSelectElement,
    undo: Slot,
    redo: Slot,
    reset: Slot,
    temperature: Slider,
    rows: Slider,
    chat_temperature: Slider,
    max_new_tokens: Slider,
    top_p: Slider,
    min_p: Slider,
    top_k: HtmlInputElement,
    seed: HtmlInputElement,
}

impl Controls {
    pub(super) fn new(page: &Page) -> Result<Controls, String> {
        Ok(Controls {
            prompt: page.text_area("prompt")?,
            start: page.slot("start")?,
            greedy: page.slot("greedy")?,
            sample: page.slot("sample")?,
            play: page.slot("play")?,
            stop: page.slot("stop")?,
            pace: page.select("pace")?,
            undo: page.slot("undo")?,
            redo: page.slot("redo")?,
            reset: page.slot("reset")?,
            temperature: Slider::new(page, "temperature")?,
            rows: Slider::new(page, "top-k")?,
            chat_temperature: Slider::new(page, "chat-temperature")?,
            max_new_tokens: Slider::new(page, "max-new-tokens")?,
            top_p: Slider::new(page, "top-p")?,
            min_p: Slider::new(page, "min-p")?,
            top_k: page.input("sampler-top-k")?,
            seed: page.input("seed")?,
        })
    }

    pub(super) fn render(&self, state: &State) {
        let knobs = &state.knobs;
        if self.prompt.value() != state.explorer.prompt {
            self.prompt.set_value(&state.explorer.prompt);
        }
        self.temperature
            .render(knobs.temperature, &texts::temperature_value(knobs.temperature));
        self.chat_temperature.render(
            knobs.chat_temperature,
            &texts::temperature_value(knobs.chat_temperature),
        );
        self.rows.render(knobs.rows as f32, &knobs.rows.to_string());
        self.max_new_tokens
            .render(knobs.max_new_tokens as f32, &knobs.max_new_tokens.to_string());
        self.top_p.render(knobs.top_p, &format::shown_knob(knobs.top_p));
        self.min_p.render(knobs.min_p, &format::shown_knob(knobs.min_p));
        render_number(&self.top_k, knobs.top_k);
        render_number(&self.seed, knobs.seed);
        let pace = knobs.pace.to_string();
        if self.pace.value() != pace {
            self.pace.set_value(&pace);
        }

        let enabled = EnabledControls::of(state);
        self.start.state("aria-disabled", !enabled.start);
        dom::show_one(&self.play, &self.stop, enabled.stop);
        self.greedy.state("aria-disabled", !enabled.choose);
        self.sample.state("aria-disabled", !enabled.choose);
        self.play.state("aria-disabled", !enabled.play);
        self.undo.state("aria-disabled", !enabled.undo);
        self.redo.state("aria-disabled", !enabled.redo);
        self.reset.state("aria-disabled", !enabled.reset);
    }

    pub(super) fn focus_prompt(&self) {
        dom::focus(&self.prompt);
    }
}

/// Which buttons of the explorer are enabled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnabledControls {
    pub(crate) start: bool,
    /// Greedy and Sample.
    pub(crate) choose: bool,
    pub(crate) play: bool,
    /// Stop, which takes the place of Play.
    pub(crate) stop: bool,
    pub(crate) undo: bool,
    pub(crate) redo: bool,
    pub(crate) reset: bool,
    /// Verify; Stop takes its place while it is under way.
    pub(crate) verify: bool,
}

impl EnabledControls {
    /// The buttons that a state enables.
    pub(crate) fn of(state: &State) -> EnabledControls {
        let tree = &state.explorer.tree;
        let ready = state.engine.is_ready();
        let playing = state.playing();
        let vocabulary = state
            .engine
            .model_id()
            .map(|model| tree.vocabulary_match(model, tree.path().len()));
        let has_text =
            !tree.path().is_empty() && vocabulary != Some(VocabularyMatch::Different);
        let progress = state.requests.progress();
        let reads = progress.is_some_and(|progress| progress.phase != Phase::Verify);
        EnabledControls {
            start: !matches!(
                state.engine.readiness,
                Readiness::Failed | Readiness::Recorded
            ),
            choose: ready && has_text && !playing,
            play: ready && has_text,
            // Stop also ends the reading of a long prompt.
            stop: playing || ready && reads,
            undo: tree.can_undo(),
            redo: tree.can_redo(),
            reset: !tree.path().is_empty() || state.computing(),
            verify: state.can_verify(),
        }
    }
}

/// A slider with the text of its value.
#[derive(Debug)]
pub(super) struct Slider {
    input: HtmlInputElement,
    value: Slot,
}

impl Slider {
    pub(super) fn new(page: &Page, id: &str) -> Result<Slider, String> {
        let value = page.slot(&format!("{id}-value"))?;
        Ok(Slider { input: page.input(id)?, value })
    }

    pub(super) fn render(&self, number: f32, text: &str) {
        let value = format::knob(number);
        // Setting the same value again would disturb a slider that is dragged.
        if !holds(&self.input, number) {
            self.input.set_value(&value);
        }
        self.value.text(text);
    }
}

/// Whether a field holds a number, in whatever spelling.
pub(super) fn holds(input: &HtmlInputElement, number: f32) -> bool {
    by_browser::number(&input.value()).is_some_and(|typed| typed as f32 == number)
}

/// Writes a number into its box, unless it is being typed there.
pub(super) fn render_number(input: &HtmlInputElement, number: u32) {
    // A box that holds the same number in another spelling, or is empty, is being typed in.
    let typed = input.value();
    let in_progress = typed.is_empty() && is_focused(input);
    if !in_progress && typed.parse() != Ok(number) {
        input.set_value(&number.to_string());
    }
}

/// Sets the value of a field in which nothing is being typed.
pub(in crate::view) fn set_untyped(input: &HtmlInputElement, value: &str) {
    if !is_focused(input) && input.value() != value {
        input.set_value(value);
    }
}

fn is_focused(input: &HtmlInputElement) -> bool {
    let active = input.owner_document().and_then(|document| document.active_element());
    active.is_some_and(|active| active == ***input)
}
