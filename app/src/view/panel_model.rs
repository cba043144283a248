//! What the panel of the distribution shows, derived from the state before it is rendered.
//! Every number is of the text and the model that the title and the note name.

use protocol::{Candidate, Distribution};

use crate::format;
use crate::labels;
use crate::state::{
    About, ChatToken, InView, Inspected, ModelId, Node, Purpose, Readiness, State, Tab,
    TokenOrigin, VocabularyMatch, WhenReady,
};

/// What the panel shows.
#[derive(Debug)]
pub(crate) struct PanelModel<'a> {
    pub(crate) title: String,
    pub(crate) note: String,
    /// The distribution; none if it is not computed for what the title names.
    pub(crate) view: Option<InView<'a>>,
    /// The distribution, or one with newer settings, is being computed.
    pub(crate) computing: bool,
    /// The person can choose a candidate.
    pub(crate) pickable: bool,
    /// The text in place of a distribution.
    pub(crate) empty: String,
    /// The line of exact numbers.
    pub(crate) exact: String,
}

impl<'a> PanelModel<'a> {
    /// What the panel shows of a state.
    pub(crate) fn of(state: &'a State) -> PanelModel<'a> {
        let view = state.in_view();
        let mut model = match state.tab {
            Tab::Explorer => explorer(state, view),
            Tab::Chat => chat(state, view),
        };
        model.exact = exact(state, view);
        model
    }
}

fn explorer<'a>(state: &'a State, view: Option<InView<'a>>) -> PanelModel<'a> {
    let explorer = &state.explorer;
    let (position, length) = (explorer.position(), explorer.tree.path().len());
    let model = state.engine.model_id();
    let settings = state.sampler();
    let outdated = view.filter(|view| {
        view.about == About::Next && view.distribution.settings != settings
    });
    let (title, note) = match (explorer.looked_at(), view.map(|view| view.about)) {
        (Some(node), _) => {
            (format!("Looking back at position {}", position + 1), story(node, model))
        }
        (None, Some(About::LastToken(last))) => {
            (format!("Token {} and what it was chosen from", last + 1), String::new())
        }
        _ if length == 0 => ("Next token".into(), String::new()),
        _ => (format!("Next token, at position {}", position + 1), String::new()),
    };
    let note = match outdated.filter(|_| !state.computing()) {
        Some(view) => format!(
            "Computed with {}. Press Greedy or move a knob to compute it with the knobs as \
             they are.",
            format::sampler(&view.distribution.settings)
        ),
        None => note,
    };
    let of_text = view.is_some_and(|view| !matches!(view.about, About::LastToken(_)));
    PanelModel {
        title,
        note,
        view,
        computing: state.computing() && (!of_text || outdated.is_some()),
        pickable: of_text && state.engine.is_ready() && !state.requests.playing(),
        empty: explorer_empty(state),
        exact: String::new(),
    }
}

fn explorer_empty(state: &State) -> String {
    let explorer = &state.explorer;
    let starts = explorer.when_ready == WhenReady::Start;
    let loading =
        matches!(state.engine.readiness, Readiness::Connecting | Readiness::Loading);
    let model = state.engine.model_id();
    let vocabulary = model
        .map(|model| explorer.tree.vocabulary_match(model, explorer.tree.path().len()));
    let limit = state.engine.context_length();
    match vocabulary {
        _ if explorer.look_back == Some(0) => {
            "The first token has no probability: nothing comes before it.".into()
        }
        None if loading && starts => {
            "Loading the model… your prompt will run automatically.".into()
        }
        None if loading => "Loading the model…".into(),
        None => "No model loaded.".into(),
        Some(_) if state.computing() => "Reading the text…".into(),
        Some(VocabularyMatch::Different) => labels::other_tokens(&state.maker()),
        Some(_) if explorer.tree.path().is_empty() => {
            "Press Start to see what may follow the prompt.".into()
        }
        Some(_) if limit.is_some_and(|limit| explorer.position() > limit) => {
            "The text is longer than the model’s context.".into()
        }
        Some(_) => "Not computed. Press Greedy or move a knob to compute it.".into(),
    }
}

fn chat<'a>(state: &'a State, view: Option<InView<'a>>) -> PanelModel<'a> {
    let Some((at, token)) = state.chat.in_view() else {
        let expects_reply = state.chat.exchanges.is_empty() || state.requests.chatting();
        let empty = match expects_reply {
            true => "Send a message to see the alternatives for each token.",
            false => "The tokens of this reply were not kept.",
        };
        return PanelModel {
            title: "Tokens of the reply".into(),
            note: String::new(),
            view: None,
            computing: false,
            pickable: false,
            empty: empty.into(),
            exact: String::new(),
        };
    };
    let model = state.engine.model_id();
    let chatting = state.requests.chatting();
    let writer = &state.chat.exchanges[at.exchange].reply().writer;
    let can_vary = state.chat.can_vary(at, model) && !chatting;
    let note = match view {
        None => String::new(),
        Some(_) if writer.model != model => format!("Written by {}.", writer.name),
        Some(_) if chatting => String::new(),
        Some(_) if can_vary => {
            "Pick another token to rewrite the reply from here.".into()
        }
        Some(_) => "An earlier reply: later questions build on it.".into(),
    };
    PanelModel {
        title: format!("Reply token {}: {}", at.token + 1, token.token.text),
        note,
        view,
        computing: view.is_none() && inspecting(state),
        pickable: view.is_some() && can_vary && state.engine.is_ready(),
        empty: chat_empty(state, at),
        exact: String::new(),
    }
}

fn inspecting(state: &State) -> bool {
    let inspects = |purpose: &Purpose| {
        matches!(purpose, Purpose::VerifyReply(_) | Purpose::Inspect(..))
    };
    state.requests.any(inspects)
}

/// Why a token of a reply has no distribution.
fn chat_empty(state: &State, at: ChatToken) -> String {
    let exchange = &state.chat.exchanges[at.exchange];
    let writer = &exchange.reply().writer;
    let model = state.engine.model_id();
    let other = writer.model.is_some() && writer.model != model;
    if inspecting(state) {
        return "Computing…".into();
    }
    match state.engine.readiness {
        _ if !exchange.has_tokens() => {
            "What the model saw for this reply was not kept, so its alternatives cannot be \
             computed again."
                .into()
        }
        Readiness::Connecting | Readiness::Loading if model.is_none() => "Loading the model…".into(),
        _ if model.is_none() => "No model loaded.".into(),
        _ if other || writer.not == model => format!(
            "This reply was written by {}, which has other tokens than the model at hand. \
             Load that model to see the alternatives.",
            if writer.name.is_empty() { "another model" } else { &writer.name }
        ),
        _ if state.chat.focus.is_none() => {
            "This reply is of an earlier visit. Choose one of its tokens, and its \
             alternatives are computed again."
                .into()
        }
        _ => "Not computed. Choose the token again to compute it.".into(),
    }
}

/// The score of a token, and how it was added to the text.
fn story(node: &Node, model: Option<ModelId>) -> String {
    let text = &node.token.text;
    let how = match node.origin {
        TokenOrigin::Prompt => "part of the prompt",
        TokenOrigin::Picked => "picked",
        TokenOrigin::Greedy => "taken as the most probable",
        TokenOrigin::Sampled => "sampled",
    };
    let Some(score) = node.score_by(model) else { return format!("{text} · {how}") };
    let mut story = format!(
        "{text} · rank {} · p {} · {} bits · {how}",
        format::count(score.rank.into()),
        format::percent(score.probability),
        format::digits(f64::from(score.surprisal_bits)),
    );
    if let Some(choice) = node.choice_by(model) {
        let q = format::percent(choice.candidate.sampled_probability);
        let then = format::sampler(&choice.distribution.settings);
        story += &format!(" with q {q} at {then}");
    }
    story
}

fn exact(state: &State, view: Option<InView>) -> String {
    if let Some(Inspected::Token(index)) = state.inspected
        && state.tab == Tab::Explorer
        && let Some(node) = state.explorer.tree.at(index)
    {
        // For the token that the person looks back at, the note says the same.
        let said = state.explorer.look_back == Some(index);
        let story = || story(node, state.engine.model_id());
        return if said {
            String::new()
        } else {
            format!("position {}: {}", index + 1, story())
        };
    }
    let Some(view) = view else { return String::new() };
    if let Some(Inspected::Row(row)) = state.inspected
        && let Some(candidate) = view.distribution.candidates.get(row)
    {
        return labels::exact(candidate);
    }
    let below = |candidate: &Candidate| {
        candidate.rank as usize > view.distribution.candidates.len()
    };
    let sampled = Some(&view.distribution.sampled).filter(|_| view.shows_draw);
    match (view.chosen, sampled) {
        (Some(chosen), _) if below(chosen) => {
            format!("Chosen, below these rows: {}", labels::exact(chosen))
        }
        (None, Some(sampled)) if below(sampled) => {
            format!("Sampled, below these rows: {}", labels::exact(sampled))
        }
        _ => String::new(),
    }
}

/// Whether the sampler cut all tokens that are not listed. Their q is a rounding error then.
pub(super) fn cuts_all_others(distribution: &Distribution) -> bool {
    let listed = distribution.candidates.iter();
    let listed = listed.filter(|candidate| candidate.cut_by.is_none()).count();
    let kept =
        distribution.stages.last().map_or(distribution.vocab_size, |last| last.kept);
    kept as usize <= listed
}

#[cfg(test)]
mod tests {
    use protocol::{SamplerKind, SamplerSettings, SamplerStage};

    use super::*;
    use crate::update::tests::test_page::distribution;

    #[test]
    fn where_top_k_kept_no_more_than_is_listed_all_others_are_cut() {
        let mut few = distribution(&[1], SamplerSettings::default(), 10, &[]);
        assert!(!cuts_all_others(&few));
        few.stages.push(SamplerStage { kind: SamplerKind::TopK, kept: 3, changed: 0 });
        few.candidates
            .iter_mut()
            .skip(3)
            .for_each(|c| c.cut_by = Some(SamplerKind::TopK));
        assert!(cuts_all_others(&few));
        few.stages[0].kept = 40;
        few.candidates.iter_mut().for_each(|c| c.cut_by = None);
        assert!(!cuts_all_others(&few));
    }
}
