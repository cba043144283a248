//! What is on screen, as a session.

use protocol::ModelSource;
use sharing::{
    Branch, Choice, Expected, ModelRef, Origin, Recorded, RecordedToken, Source, Texts,
    VERSION, View, checksum,
};

use super::node::{Node, NodeId, TokenOrigin};
use super::page::State;
use super::sharing::{Session, Title};
use super::tab::Tab;
use super::target::BackendKind;

/// The most tokens with which a session has all texts of the visit, and not only the current
/// one: it is to fit into a link.
const MAX_TOKENS: usize = 4_000;
/// The most letters of a title.
const TITLE_LETTERS: usize = 80;

impl State {
    /// What is on screen, with everything that is known of it or only what it takes to compute
    /// it again. None without a model whose text it is.
    pub(crate) fn session(&self, with_numbers: bool) -> Option<Session> {
        let model = self.model_ref()?;
        let nodes = self.nodes_to_share()?;
        let tree = &self.explorer.tree;
        let place = |id: NodeId| nodes.iter().position(|node| *node == id);
        let mut branches = Vec::new();
        let mut origins: Vec<(Origin, u32)> = Vec::new();
        for (index, id) in (0u32..).zip(&nodes) {
            let node = tree.node(*id);
            let before = index.checked_sub(1).map(|before| nodes[before as usize]);
            if node.parent != before {
                // Most are near the token that they follow.
                let parent = node.parent.and_then(place);
                branches.push(Branch(index, parent.map(|parent| parent as u32)));
            }
            let origin = origin(node.origin);
            match origins.last_mut() {
                Some((last, count)) if *last == origin => *count += 1,
                _ => origins.push((origin, 1)),
            }
        }
        let end = tree.path().last().and_then(|end| place(*end));
        let texts = Texts {
            ids: nodes.iter().map(|id| tree.node(*id).token.id).collect(),
            branches,
            origins,
            end: end.map(|end| end as u32),
            checksum: checksum(nodes.iter().map(|id| &tree.node(*id).token)),
        };
        let best = self.current().and_then(|seen| seen.candidates.first());
        let expected =
            best.map(|best| Expected { id: best.token.id, p: best.probability });
        let is_of_text = self.explorer.prompt == self.explorer.prompt_of_text();
        Some(Session {
            version: VERSION,
            model,
            prompt: (!is_of_text).then(|| self.explorer.prompt.clone()),
            texts,
            knobs: self.knobs.clone(),
            view: View {
                focus: self.explorer.look_back.map(|focus| focus as u32),
                tool: self.tool.map(|tool| tool.name().to_owned()),
            },
            expected,
            recorded: with_numbers.then(|| self.recorded(&nodes).map(Box::new)).flatten(),
        })
    }

    /// By what that session is listed.
    pub(crate) fn session_title(&self) -> Title {
        let text = match self.explorer.tree.path() {
            [] => self.explorer.prompt.clone(),
            _ => self.explorer.text(),
        };
        let skipped = text.chars().count().saturating_sub(TITLE_LETTERS);
        let end: String = text.chars().skip(skipped).collect();
        let text = if skipped > 0 { format!("…{end}") } else { end };
        let model = self.engine.model.as_ref();
        Title { text, model: model.map(|model| model.name.clone()).unwrap_or_default() }
    }

    /// The model whose numbers are on screen; none without one.
    pub(crate) fn model_ref(&self) -> Option<ModelRef> {
        if let Some(recorded_by) = &self.sharing.recorded_by {
            return Some(recorded_by.clone());
        }
        let (engine, model) = (&self.engine, self.engine.model.as_ref()?);
        let source = match (&engine.backend, &engine.source) {
            (BackendKind::Native, _) => Source::Server,
            (_, ModelSource::Demo) => Source::Demo,
            (_, ModelSource::Hub(model)) => Source::Hub(model.name.clone()),
            (_, ModelSource::Address { url }) => Source::Address(url.clone()),
            (_, ModelSource::Files { .. }) => Source::Files,
        };
        Some(ModelRef {
            name: model.name.clone(),
            source,
            precision: match engine.backend {
                BackendKind::Worker => engine.precision,
                BackendKind::Native => model.asked,
            },
            format: model.precision.clone(),
            computed_in: model.computed_in.clone(),
            vocab_size: model.vocab_size,
        })
    }

    /// The tokens to share, each after the one that it follows: those of all texts that are the
    /// model's, or of the current one. None if that is not the model's.
    fn nodes_to_share(&self) -> Option<Vec<NodeId>> {
        let model = self.engine.model_id()?;
        let tree = &self.explorer.tree;
        let is_of_model = |id: &NodeId| tree.node(*id).model == Some(model);
        if !tree.path().iter().all(is_of_model) {
            // The conversation is on screen, and not the text.
            return (self.tab == Tab::Chat).then(Vec::new);
        }
        if tree.len() > MAX_TOKENS {
            return Some(tree.path().to_vec());
        }
        let mut shared = vec![false; tree.len()];
        for id in tree.all() {
            let after = tree.node(id).parent;
            let after = after.is_none_or(|parent| shared[parent.0 as usize]);
            shared[id.0 as usize] = after && is_of_model(&id);
        }
        Some(tree.all().filter(|id| shared[id.0 as usize]).collect())
    }

    fn recorded(&self, nodes: &[NodeId]) -> Option<Recorded> {
        let model = self.engine.model_id();
        let known = |id: &NodeId| {
            let node = self.explorer.tree.node(*id);
            let score = node.score_by(model);
            RecordedToken {
                token: node.token.clone(),
                // JSON has no infinite numbers.
                score: score.filter(|score| score.surprisal_bits.is_finite()),
                choice: node.choice_by(model).map(|choice| Choice {
                    candidate: choice.candidate.clone(),
                    distribution: choice.distribution.clone(),
                }),
            }
        };
        let answers = self.answers();
        Some(Recorded {
            date: String::new(),
            model: self.engine.model.clone()?,
            tokens: nodes.iter().map(known).collect(),
            distribution: self.current().cloned(),
            chat: self.tab == Tab::Chat,
            reply_token: self.reply_token(&answers),
            answers,
        })
    }
}

/// How a token was added, as sessions have it.
fn origin(origin: TokenOrigin) -> Origin {
    match origin {
        TokenOrigin::Prompt => Origin::Prompt,
        TokenOrigin::Picked => Origin::Picked,
        TokenOrigin::Greedy => Origin::Greedy,
        TokenOrigin::Sampled => Origin::Sampled,
    }
}

impl Node {
    /// A token of a session.
    pub(crate) fn of_session(
        known: RecordedToken,
        added: Origin,
        model: super::known_models::ModelId,
    ) -> Node {
        let origin = match added {
            Origin::Prompt => TokenOrigin::Prompt,
            Origin::Picked => TokenOrigin::Picked,
            Origin::Greedy => TokenOrigin::Greedy,
            Origin::Sampled => TokenOrigin::Sampled,
        };
        let choice = known.choice.map(|choice| super::node::TokenChoice {
            model,
            candidate: choice.candidate,
            distribution: choice.distribution,
        });
        let node = Node::given(known.token, origin, Some(model));
        node.with_numbers(choice, known.score.map(|score| (model, score)))
    }
}
