//! The distribution: its title, its measures, its axis, its rows.

use protocol::{Candidate, Distribution};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::rows::{Rows, Terms};
use crate::dom::Slot;
use crate::elements::{Page, part};
use crate::format;
use crate::scale::Axis;
use crate::state::{Inspected, Node, Origin, Phase, Purpose, Scale, State, Tab};
use crate::words;

/// The region of the distribution.
#[derive(Debug)]
pub(super) struct Panel {
    panel: Slot,
    title: Slot,
    come_back: Slot,
    note: Slot,
    entropy: Slot,
    effective: Slot,
    pipeline: Slot,
    openness: Slot,
    q_head: Slot,
    axis: Vec<Slot>,
    scales: [(Scale, Slot); 3],
    rows: Rows,
    other: Slot,
    other_text: Slot,
    other_p: Slot,
    other_q: Slot,
    empty: Slot,
    empty_text: Slot,
    exact: Slot,
}

/// What is to be seen, worked out before anything is drawn.
struct Scene<'a> {
    title: String,
    note: String,
    distribution: Option<&'a Distribution>,
    chosen: Option<&'a Candidate>,
    /// It is about another position than the one in view, which is on its way.
    stale: bool,
    pickable: bool,
    /// What is said in place of a distribution.
    empty: &'static str,
}

impl Panel {
    pub(super) fn new(page: &Page) -> Result<Panel, String> {
        let axis_slot = page.slot("axis")?;
        let mut axis = Vec::new();
        let mut next = axis_slot.element().first_element_child();
        while let Some(tick) = next {
            next = tick.next_element_sibling();
            axis.push(Slot::new(tick));
        }
        let other = page.slot("other-row")?;
        Ok(Panel {
            panel: page.slot("panel")?,
            title: page.slot("panel-title")?,
            come_back: page.slot("return")?,
            note: page.slot("panel-note")?,
            entropy: page.slot("entropy")?,
            effective: page.slot("effective")?,
            pipeline: page.slot("pipeline")?,
            openness: page.slot("openness")?,
            q_head: page.slot("q-head")?,
            axis,
            scales: [
                (Scale::Linear, page.slot("scale-linear")?),
                (Scale::Relative, page.slot("scale-relative")?),
                (Scale::Log, page.slot("scale-log")?),
            ],
            rows: Rows::new(page)?,
            other_text: page.slot("other-text")?,
            other_p: part(other.element(), ".value.p")?,
            other_q: part(other.element(), ".value.q")?,
            other,
            empty: page.slot("panel-empty")?,
            empty_text: page.slot("panel-empty-text")?,
            exact: page.slot("exact")?,
        })
    }

    pub(super) fn draw(&mut self, state: &State) {
        let scene = Scene::of(state);
        self.title.text(&scene.title);
        self.note.text(&scene.note);
        self.note.show(!scene.note.is_empty());
        self.come_back.show(state.tab == Tab::Explorer && state.explorer.back.is_some());
        for (scale, button) in &self.scales {
            button.state("aria-pressed", *scale == state.knobs.scale);
        }
        self.panel.flag("data-stale", scene.stale);
        self.panel.state("aria-busy", scene.stale);
        self.panel.flag("data-empty", scene.distribution.is_none());
        self.panel.flag(
            "data-back",
            state.tab == Tab::Explorer && state.explorer.back.is_some(),
        );
        self.empty.show(scene.distribution.is_none());
        self.empty_text.text(scene.empty);
        match scene.distribution {
            Some(distribution) => self.draw_distribution(state, &scene, distribution),
            None => self.clear(),
        }
        self.exact.text(&exact(state, &scene));
    }

    pub(super) fn focus_row(&self, row: usize) {
        if let Some(slot) = self.rows.get(row) {
            focus(slot.element());
        }
    }

    pub(super) fn reveal(&self) {
        scroll_to(self.panel.element());
    }

    fn draw_distribution(
        &mut self,
        state: &State,
        scene: &Scene,
        distribution: &Distribution,
    ) {
        let terms = Terms {
            distribution,
            axis: Axis::new(state.knobs.scale, distribution),
            chosen: scene.chosen,
            selected: state.selected_row,
            pickable: scene.pickable,
        };
        let bits = f64::from(distribution.entropy_bits);
        self.entropy.text(&format!("{} bits", format::digits(bits)));
        self.effective
            .text(&format!("{} effective choices", format::digits(bits.exp2())));
        self.pipeline.text(&words::pipeline(distribution));
        self.openness.text(&words::openness(distribution));
        self.panel.flag("data-greedy", !terms.drawing());
        self.q_head.text(if terms.drawing() { "drawn q" } else { "greedy" });
        self.draw_axis(&terms.axis, state.knobs.scale);
        if let Err(reason) = self.rows.draw(terms) {
            debug_assert!(false, "{reason}");
        }
        self.draw_other(terms);
    }

    fn draw_axis(&self, axis: &Axis, scale: Scale) {
        let ticks = axis.ticks();
        for (index, slot) in self.axis.iter().enumerate() {
            slot.show(index < ticks.len());
            if let Some(tick) = ticks.get(index) {
                slot.property("--at", tick.at);
                slot.text(&tick.label);
            }
        }
        let name = match scale {
            Scale::Linear => "linear",
            Scale::Relative => "relative",
            Scale::Log => "log",
        };
        self.panel.attribute("data-scale", Some(name));
    }

    fn draw_other(&self, terms: Terms) {
        let outside = terms.distribution.outside;
        self.other.show(outside.tokens > 0);
        let (p, q) = (outside.probability, outside.sampled_probability);
        self.other_text.text(&format!(
            "Other: {}, {}",
            format::counted(outside.tokens.into(), "token"),
            format::percent(p)
        ));
        self.other_p.text(&format::percent(p));
        self.other_q.text(&match terms.drawing() {
            true => format::percent(q),
            false => "–".into(),
        });
        self.other.property("--p", terms.axis.length(p));
        let drawn = if terms.drawing() { q } else { 0.0 };
        self.other.property("--q", terms.axis.length(drawn));
        self.other.attribute("data-p", Some(&p.to_string()));
        self.other.attribute("data-q", Some(&q.to_string()));
        let listed = terms.distribution.candidates.len() as u32;
        self.other.flag("data-marked", terms.marked().rank > listed);
    }

    fn clear(&self) {
        for slot in [&self.entropy, &self.effective, &self.pipeline, &self.openness] {
            slot.text("");
        }
        self.other.show(false);
    }
}

impl<'a> Scene<'a> {
    fn of(state: &'a State) -> Scene<'a> {
        match state.tab {
            Tab::Explorer => Scene::explorer(state),
            Tab::Chat => Scene::chat(state),
        }
    }

    fn explorer(state: &'a State) -> Scene<'a> {
        let explorer = &state.explorer;
        let position = explorer.position();
        let shown = explorer.shown.as_ref().filter(|_| position > 0);
        let current = explorer.current().is_some();
        // While playing, the rows are those that the newest token was drawn from.
        let taken = shown.is_some_and(|shown| shown.taken) && state.requests.playing();
        let chosen = match (explorer.looked_at(), shown) {
            (Some(node), Some(shown)) if current => chosen_of(node, &shown.distribution),
            (None, Some(shown)) if taken => Some(&shown.distribution.sampled),
            _ => None,
        };
        let (title, note) = match explorer.looked_at() {
            Some(node) => {
                (format!("Looking back at position {}", position + 1), story(node))
            }
            None if taken => (format!("Token {position} is drawn"), String::new()),
            None if position == 0 => ("Next token".into(), String::new()),
            None => (format!("Next token, at position {}", position + 1), String::new()),
        };
        Scene {
            title,
            note,
            distribution: shown.map(|shown| &*shown.distribution),
            chosen,
            stale: shown.is_some() && !current && !taken,
            pickable: current && state.engine.is_ready() && !state.requests.playing(),
            empty: explorer_empty(state),
        }
    }

    fn chat(state: &'a State) -> Scene<'a> {
        let empty =
            "Send a message: what each token of the reply was drawn from appears here.";
        let Some((at, distribution)) = state.chat.in_view() else {
            let title = "Tokens of the reply".into();
            return Scene {
                title,
                note: String::new(),
                distribution: None,
                chosen: None,
                stale: false,
                pickable: false,
                empty,
            };
        };
        let can_vary = state.chat.can_vary(at) && !state.requests.chatting();
        let note = match (state.requests.chatting(), can_vary) {
            (true, _) => String::new(),
            (_, true) => "Choose another row, and the reply goes on from there.".into(),
            (_, false) => "An earlier reply: later questions build on it.".into(),
        };
        Scene {
            title: format!(
                "Reply token {}: {}",
                at.token + 1,
                distribution.sampled.token.text
            ),
            note,
            distribution: Some(distribution),
            chosen: Some(&distribution.sampled),
            stale: false,
            pickable: can_vary && state.engine.is_ready(),
            empty,
        }
    }
}

/// The candidate that a token is, in the distribution that it came from.
fn chosen_of<'a>(
    node: &'a Node,
    distribution: &'a Distribution,
) -> Option<&'a Candidate> {
    let id = node.token.id;
    let listed = distribution.candidates.iter().chain(&distribution.watched);
    let remembered = node.choice.as_ref().map(|choice| &choice.candidate);
    listed.into_iter().find(|candidate| candidate.token.id == id).or(remembered)
}

/// How a token of the text came to be there.
fn story(node: &Node) -> String {
    let Some(score) = node.score else {
        return format!("{}, part of the prompt", node.token.text);
    };
    let mut text = format!(
        "{} · rank {} · p {} · {} bits",
        node.token.text,
        format::count(score.rank.into()),
        format::percent(score.probability),
        format::digits(f64::from(score.surprisal_bits)),
    );
    let how = match node.origin {
        Origin::Prompt => "part of the prompt",
        Origin::Picked => "picked",
        Origin::Greedy => "taken as the most probable",
        Origin::Sampled => "sampled",
    };
    text += &format!(" · {how}");
    if let Some(choice) = &node.choice {
        let q = format::percent(choice.candidate.sampled_probability);
        let then = format::sampler(&choice.distribution.settings);
        text += &format!(" with q {q} at {then}");
    }
    text
}

fn explorer_empty(state: &State) -> &'static str {
    let busy =
        state.requests.any(|p| matches!(p, Purpose::Tokenize | Purpose::Verify(_)))
            || state.requests.distribution().is_some();
    match state.engine.phase {
        _ if state.explorer.back == Some(0) => {
            "n/a: the first token has no context, so the model gave it no probability."
        }
        Phase::Connecting | Phase::Loading => "The model is on its way.",
        Phase::Failed => "There is no model to ask.",
        Phase::Ready if busy => "Reading the text…",
        Phase::Ready if state.explorer.tree.path().is_empty() => {
            "Press Start to see what may follow the prompt."
        }
        Phase::Ready => "Stopped. Move a knob or press Greedy to ask again.",
    }
}

/// The line of exact numbers.
fn exact(state: &State, scene: &Scene) -> String {
    let Some(distribution) = scene.distribution else { return String::new() };
    if let Some(Inspected::Row(row)) = state.inspected
        && let Some(candidate) = distribution.candidates.get(row)
    {
        return words::exact(candidate);
    }
    if let Some(Inspected::Token(index)) = state.inspected
        && let Some(node) = state.explorer.tree.at(index)
    {
        return format!("position {}: {}", index + 1, story(node));
    }
    let marked = scene.chosen.unwrap_or(&distribution.sampled);
    match marked.rank as usize > distribution.candidates.len() {
        true => {
            let which = if scene.chosen.is_some() { "Chosen" } else { "Sampled" };
            format!("{which}, below these rows: {}", words::exact(marked))
        }
        false => String::new(),
    }
}

/// Gives an element the focus.
pub(super) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // An element that is hidden by now cannot take it, which is fine.
        let _ = element.focus();
    }
}

/// Brings an element into view, by as little scrolling as possible.
pub(super) fn scroll_to(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    options.set_inline(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}
