//! What the panel of the distribution shows, derived from the state before it is rendered.
//! Every number is of the text and the model that the title and the note name.

use protocol::{Candidate, Distribution};

use crate::state::{
    About, ChatToken, Exchange, InView, Inspected, ModelId, Node, Purpose, Readiness,
    State, Tab, VocabularyMatch, WhenReady,
};
use crate::texts::{chat as texts, panel, tokens};

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
        (Some(node), _) => (panel::looking_back(position + 1), story(node, model)),
        (None, Some(About::LastToken(last))) => {
            (panel::chosen_from(last + 1), String::new())
        }
        _ if length == 0 => (panel::NEXT_TOKEN.into(), String::new()),
        _ => (panel::next_token(position + 1), String::new()),
    };
    let note = match outdated.filter(|_| !state.computing()) {
        Some(view) => panel::outdated(&view.distribution.settings),
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
        _ if explorer.look_back == Some(0) => panel::FIRST_TOKEN.into(),
        None if loading && starts => panel::WILL_RUN.into(),
        None if loading => panel::LOADING.into(),
        None => panel::NO_MODEL.into(),
        Some(_) if state.computing() => panel::READING.into(),
        Some(VocabularyMatch::Different) => tokens::other_tokens(&state.maker()),
        Some(_) if explorer.tree.path().is_empty() => panel::PRESS_START.into(),
        Some(_) if limit.is_some_and(|limit| explorer.position() > limit) => {
            panel::TOO_LONG.into()
        }
        Some(_) => panel::NOT_COMPUTED.into(),
    }
}

fn chat<'a>(state: &'a State, view: Option<InView<'a>>) -> PanelModel<'a> {
    let Some((at, token)) = state.chat.in_view() else {
        let last = state.chat.exchanges.last().map(Exchange::reply);
        let empty = match (state.engine.model.as_ref(), last) {
            (Some(model), None) if !model.chat => texts::NO_REPLIES,
            (_, None) => texts::SEND_TO_SEE,
            _ if state.requests.chatting() => texts::SEND_TO_SEE,
            (_, Some(reply)) if reply.is_edited() => texts::NOT_WRITTEN_BY_A_MODEL,
            (_, Some(_)) => texts::TOKENS_NOT_KEPT,
        };
        return PanelModel {
            title: texts::REPLY_TOKENS.into(),
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
        Some(_) if writer.model != model => texts::written_by(&writer.name),
        Some(_) if chatting || !can_vary => String::new(),
        Some(_) => texts::PICK_TO_REWRITE.into(),
    };
    PanelModel {
        title: texts::reply_token(at.token, &token.token.text),
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
        return panel::COMPUTING.into();
    }
    match state.engine.readiness {
        _ if !exchange.reply().has_tokens() => texts::PROMPT_NOT_KEPT.into(),
        Readiness::Connecting | Readiness::Loading if model.is_none() => {
            panel::LOADING.into()
        }
        _ if model.is_none() => panel::NO_MODEL.into(),
        _ if other || writer.not == model => match writer.name.as_str() {
            "" => texts::BY_ANOTHER_MODEL.into(),
            name => texts::by_other_model(name),
        },
        _ if state.chat.focus.is_none() => texts::EARLIER_VISIT.into(),
        _ => texts::CHOOSE_AGAIN.into(),
    }
}

/// The score of a token, and how it was added to the text.
fn story(node: &Node, model: Option<ModelId>) -> String {
    let choice = node.choice_by(model).map(|choice| {
        (choice.candidate.sampled_probability, &choice.distribution.settings)
    });
    panel::story(&node.token.text, node.origin, node.score_by(model), choice)
}

fn exact(state: &State, view: Option<InView>) -> String {
    if let Some(Inspected::Token(index)) = state.inspected
        && state.tab == Tab::Explorer
        && let Some(node) = state.explorer.tree.at(index)
    {
        // For the token that the person looks back at, the note says the same.
        let said = state.explorer.look_back == Some(index);
        let story = || story(node, state.engine.model_id());
        return if said { String::new() } else { panel::story_at(index + 1, &story()) };
    }
    let Some(view) = view else { return String::new() };
    if let Some(Inspected::Row(row)) = state.inspected
        && let Some(candidate) = view.distribution.candidates.get(row)
    {
        return tokens::exact(candidate);
    }
    let below = |candidate: &Candidate| {
        candidate.rank as usize > view.distribution.candidates.len()
    };
    let sampled = Some(&view.distribution.sampled).filter(|_| view.shows_draw);
    match (view.chosen, sampled) {
        (Some(chosen), _) if below(chosen) => panel::chosen_below(chosen),
        (None, Some(sampled)) if below(sampled) => panel::sampled_below(sampled),
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
