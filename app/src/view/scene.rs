//! What the panel of the distribution shows, worked out before anything is drawn.

use protocol::{Candidate, Distribution};

use crate::format;
use crate::state::{Inspected, Node, Origin, Phase, Purpose, Startup, State, Tab};
use crate::words;

/// What is to be seen.
pub(super) struct Scene<'a> {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) distribution: Option<&'a Distribution>,
    pub(super) chosen: Option<&'a Candidate>,
    /// It is about another position than the one in view, which is on its way.
    pub(super) stale: bool,
    pub(super) pickable: bool,
    /// What is said in place of a distribution.
    pub(super) empty: &'static str,
}

impl<'a> Scene<'a> {
    /// What is to be seen of a state.
    pub(super) fn of(state: &'a State) -> Scene<'a> {
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
        Phase::Connecting | Phase::Loading
            if state.explorer.startup == Startup::Start =>
        {
            "The model is on its way. The prompt starts by itself as soon as it is here."
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
pub(super) fn exact(state: &State, scene: &Scene) -> String {
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
