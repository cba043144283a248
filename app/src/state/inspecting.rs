//! What the tool that looks into the model asks about the prediction in view.

use protocol::{Inspection, OcclusionUnit, Token, TokenId, limits};

use super::in_view::About;
use super::known_models::ModelId;
use super::page::State;
use super::requests::Purpose;
use super::tools::inside::{InsideQuestion, InsideView};

/// The positions that are shown side by side.
const SEVERAL: u32 = 16;
/// The most probable tokens that are shown after each layer.
const CANDIDATES: u32 = 3;

impl State {
    /// The question that the open view asks about the prediction in view; none if there is
    /// none.
    pub(crate) fn inside_question(&self) -> Option<InsideQuestion> {
        let text = self.text_in_view()?;
        let (target, rival) = self.inside_tokens()?;
        let inspection = match self.inside.view {
            InsideView::Lens => Inspection::Lens {
                positions: if self.inside.several { SEVERAL } else { 1 },
                candidates: CANDIDATES,
                follow: self.followed(target, rival),
            },
            InsideView::Attention => match (self.inside.layer, self.inside.head) {
                (1.., 1..) if self.inside.matrix => Inspection::Head {
                    layer: self.inside.layer as u32 - 1,
                    head: self.inside.head as u32 - 1,
                },
                _ => Inspection::Attention { layer: None },
            },
            InsideView::Occlusion => Inspection::Occlusion {
                target: Some(target.id),
                unit: self.inside.unit,
                from: first_removed(self.inside.unit, text.ids.len()),
            },
            InsideView::Attribution => {
                Inspection::Attribution { tokens: vec![target.id, rival.id] }
            }
        };
        Some(InsideQuestion { text, inspection })
    }

    /// The target, and what it is compared with: the tokens that were chosen, or the rival.
    fn followed(&self, target: &Token, rival: &Token) -> Vec<TokenId> {
        let chosen = self.chosen_rivals().filter(|chosen| chosen.id != target.id);
        let mut followed = vec![target.id];
        followed.extend(chosen.map(|chosen| chosen.id));
        if followed.len() == 1 {
            followed.push(rival.id);
        }
        followed
    }

    /// The token that was chosen from the distribution in view, or the most probable one;
    /// and the one that it is compared with, or the most probable other one.
    pub(crate) fn inside_tokens(&self) -> Option<(&Token, &Token)> {
        let view = self.in_view()?;
        let candidates = &view.distribution.candidates;
        let target = match view.chosen {
            Some(chosen) => &chosen.token,
            None => &candidates.first()?.token,
        };
        let other = candidates.iter().map(|other| &other.token);
        let mut rival = self.chosen_rivals().chain(other);
        let rival = rival.find(|rival| rival.id != target.id);
        Some((target, rival.unwrap_or(target)))
    }

    /// The tokens of this model that the person compares with, the last chosen first.
    pub(crate) fn chosen_rivals(&self) -> impl Iterator<Item = &Token> {
        let model = self.engine.model_id();
        let of_model = move |(of, _): &&(ModelId, Token)| Some(*of) == model;
        self.inside.rivals.iter().filter(of_model).map(|(_, rival)| rival)
    }

    /// The tokens that can be compared with: those that are in view, those that are watched,
    /// and those that are compared with.
    pub(crate) fn inside_rivals(&self) -> Vec<&Token> {
        let Some(view) = self.in_view() else { return Vec::new() };
        let distribution = view.distribution;
        let shown = distribution.candidates.iter().chain(&distribution.watched);
        let words = self.words.found.iter().flat_map(|(_, words)| words);
        let watched = words.filter_map(|word| word.tokens.first());
        let mut rivals: Vec<&Token> = Vec::new();
        for token in shown
            .chain(watched)
            .map(|candidate| &candidate.token)
            .chain(self.chosen_rivals())
        {
            if rivals.iter().all(|known| known.id != token.id) {
                rivals.push(token);
            }
        }
        rivals
    }

    /// The tokens of the text that the distribution in view follows.
    pub(crate) fn tokens_in_view(&self) -> Vec<&Token> {
        match self.in_view().map(|view| view.about) {
            Some(About::Next | About::LookedBack(_)) => {
                let nodes = self.explorer.tree.nodes().take(self.explorer.position());
                nodes.map(|node| &node.token).collect()
            }
            Some(About::Reply(at)) => {
                let reply = self.chat.exchanges[at.exchange].reply();
                let written = reply.tokens.iter().take(at.token);
                reply.prompt.iter().chain(written.map(|token| &token.token)).collect()
            }
            Some(About::LastToken(_)) | None => Vec::new(),
        }
    }

    /// The question that the engine is working on.
    pub(crate) fn inspecting(&self) -> Option<&InsideQuestion> {
        self.requests.find(|purpose| match purpose {
            Purpose::Inside(question) => Some(question),
            _ => None,
        })
    }

    /// Whether the engine can be asked about the prediction in view now.
    pub(crate) fn can_inspect(&self) -> bool {
        self.engine.is_ready()
            && !self.playing()
            && !self.requests.chatting()
            && !self.computing()
            && self.text_in_view().is_some()
    }
}

/// The first token that is removed: of a long text the last ones are.
fn first_removed(unit: OcclusionUnit, length: usize) -> u32 {
    match unit {
        OcclusionUnit::Token => length.saturating_sub(limits::MAX_OCCLUSIONS) as u32,
        OcclusionUnit::Word | OcclusionUnit::Sentence => 0,
    }
}
