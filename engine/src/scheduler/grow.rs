//! A tree of continuations of a text, grown several paths at once.

use inference::distribution::{SamplerContext, View};
use protocol::{
    Candidate, Distribution, Event, GrowMode, GrowSettings, GrownNode, Growth,
    SamplerSettings, TokenId, TokenScore,
};

use super::branches::Branches;
use super::context::{Context, Outcome};
use super::look_up::log_probability;
use super::paths::Paths;
use super::prefill::PrefillProgress;
use crate::error::Result;
use crate::session::{MAX_FORKS, Session};

/// A tree that is being grown.
#[derive(Debug)]
pub(super) struct Grow {
    pub(super) ids: Vec<TokenId>,
    growth: GrowSettings,
    paths: Paths,
    /// The nodes that have no children yet and may get some; 0 is the end of the ids.
    frontier: Vec<u32>,
    /// In a beam search, what the frontier's nodes that were read have offered so far.
    offers: Vec<Offer>,
    /// In a beam search, the ends of the paths that are kept.
    beams: Vec<u32>,
    /// The nodes whose children are computed next.
    wave: Vec<u32>,
    limited: bool,
    pub(super) branches: Branches,
    pub(super) prefill: PrefillProgress,
}

/// A child that a node may get.
#[derive(Debug)]
struct Offer {
    parent: u32,
    candidate: Candidate,
    score: TokenScore,
    log_probability: f64,
}

impl Grow {
    pub(super) fn new(ids: Vec<TokenId>, growth: GrowSettings) -> Grow {
        Grow {
            ids,
            growth,
            paths: Paths::default(),
            frontier: vec![0],
            offers: Vec::new(),
            beams: Vec::new(),
            wave: vec![0],
            limited: false,
            branches: Branches::default(),
            prefill: PrefillProgress::default(),
        }
    }

    /// The most tokens that its sequence may come to hold.
    pub(super) fn max_tokens_held(&self) -> usize {
        self.ids.len() + self.growth.depth as usize
    }

    /// The number of tokens that must be read before the first children are known.
    pub(super) fn tokens_to_read(&mut self, session: &Session, slot: usize) -> usize {
        match self.needs_logits() {
            true => self.prefill.tokens_to_read(&self.ids, session, slot),
            false => 0,
        }
    }

    /// Whether it needs the logits after the ids.
    pub(super) fn needs_logits(&self) -> bool {
        self.wave == [0]
    }

    /// Adds the children of the nodes that have been read, and chooses what is read next.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let Context { session, slot, .. } = context;
        let offers = if self.needs_logits() {
            if session.cached_tokens(*slot, &self.ids) < self.ids.len() {
                return Ok(Outcome::More);
            }
            let offers = self.offers(session, *slot, &self.ids, 0)?;
            let count = (self.growth.width as usize).min(MAX_FORKS);
            let count =
                if self.growth.mode == GrowMode::Tree { MAX_FORKS } else { count };
            let depth = self.growth.depth as usize;
            if depth > 1 {
                self.branches.open(session, *slot, self.ids.len(), (count, depth))?;
            }
            offers
        } else if self.branches.are_read(session) {
            let mut offers = Vec::new();
            for (node, (slot, text)) in self.wave.iter().zip(self.branches.texts()) {
                offers.extend(self.offers(session, *slot, text, *node)?);
            }
            offers
        } else {
            return Ok(Outcome::More);
        };
        self.frontier.retain(|node| !self.wave.contains(node));
        let added = match self.growth.mode {
            GrowMode::Tree => self.add_children(context, offers),
            GrowMode::Beam => self.add_to_beams(context, offers),
        };
        if !added.is_empty() {
            (context.emit)(Event::Nodes { nodes: added });
        }
        self.choose_wave(context)
    }

    /// Chooses the most probable nodes that may get children.
    fn choose_wave(&mut self, context: &mut Context) -> Result<Outcome> {
        if self.paths.count() >= self.growth.nodes && !self.frontier.is_empty() {
            self.limited = true;
            self.frontier.clear();
        }
        self.paths.sort(&mut self.frontier);
        let width = self.branches.width();
        self.wave = self.frontier.iter().copied().take(width).collect();
        if self.wave.is_empty() {
            return Ok(self.done(context));
        }
        let text = |node: &u32| [&self.ids[..], &self.paths.ids_to(*node)].concat();
        let texts = self.wave.iter().map(text).collect();
        self.branches.set_texts(context.session, context.slot, texts);
        Ok(Outcome::More)
    }

    /// The children that a node may get, by falling probability. Its text has been read.
    fn offers(
        &self,
        session: &mut Session,
        slot: usize,
        text: &[TokenId],
        parent: u32,
    ) -> Result<Vec<Offer>> {
        let settings = SamplerSettings::default();
        // The margin of the first over the second needs two.
        let candidates = (self.growth.width as usize).max(2);
        let position = text.len() as u32;
        let view = View {
            settings: &settings,
            position,
            candidates,
            watch: &[],
            context: SamplerContext::default(),
        };
        let distribution = session.distribution(slot, text, view)?;
        let so_far = self.paths.node(parent).map_or(0.0, |node| node.log_probability);
        let lowest = f64::from(self.growth.min_probability).ln();
        let (mut mass, mut offers) = (0.0, Vec::new());
        for candidate in distribution.candidates.iter().take(self.growth.width as usize) {
            let top = &distribution.candidates[0];
            let log_probability = so_far + log_probability(candidate, top);
            if mass >= f64::from(self.growth.mass) || log_probability < lowest {
                break;
            }
            mass += f64::from(candidate.probability);
            let score = score(candidate, &distribution);
            let candidate = candidate.clone();
            offers.push(Offer { parent, candidate, score, log_probability });
        }
        Ok(offers)
    }

    /// Adds all offers as nodes, the most probable first, as far as the limit allows.
    fn add_children(&mut self, context: &Context, offers: Vec<Offer>) -> Vec<GrownNode> {
        let mut added = Vec::new();
        for offer in sorted(offers) {
            match self.add(context, offer) {
                Some(node) => added.push(node),
                None => break,
            }
        }
        added
    }

    /// Collects the offers of a whole depth, then keeps the most probable paths.
    fn add_to_beams(&mut self, context: &Context, offers: Vec<Offer>) -> Vec<GrownNode> {
        self.offers.extend(offers);
        if !self.frontier.is_empty() {
            return Vec::new();
        }
        let offers = sorted(std::mem::take(&mut self.offers));
        // Paths that have ended compete with those that go on.
        let beams = std::mem::take(&mut self.beams);
        let mut ended: Vec<u32> =
            beams.into_iter().filter(|beam| self.paths.is_ended(*beam)).collect();
        let mut added = Vec::new();
        let mut offers = offers.into_iter().peekable();
        ended.reverse();
        while self.beams.len() < self.growth.width as usize {
            let end = ended.last().and_then(|end| self.paths.node(*end));
            let offered = offers.peek().map(|offer| offer.log_probability);
            let takes_ended = match (end, offered) {
                (None, None) => break,
                (Some(end), Some(offered)) => end.log_probability >= offered,
                (end, _) => end.is_some(),
            };
            if takes_ended {
                self.beams.extend(ended.pop());
            } else if let Some(offer) = offers.next() {
                let Some(node) = self.add(context, offer) else { break };
                self.beams.push(node.node);
                added.push(node);
            }
        }
        added
    }

    /// Adds a node; `None` if there may be no more.
    fn add(&mut self, context: &Context, offer: Offer) -> Option<GrownNode> {
        if self.paths.count() >= self.growth.nodes {
            self.limited = true;
            return None;
        }
        let Offer { parent, candidate, score, log_probability } = offer;
        let id = candidate.token.id;
        let depth = self.paths.node(parent).map_or(0, |node| node.depth) + 1;
        let ends = context.session.ends_generation(id);
        let node = self.paths.add(parent, id, log_probability, ends);
        let limit = context.session.description().context_length;
        let has_room = self.ids.len() as u32 + depth <= limit;
        if !ends && depth < self.growth.depth && has_room {
            self.frontier.push(node);
        }
        let token = candidate.token;
        Some(GrownNode { node, parent, token, score, log_probability, ends })
    }

    fn done(&mut self, context: &mut Context) -> Outcome {
        let mut ends = match self.growth.mode {
            GrowMode::Beam => std::mem::take(&mut self.beams),
            GrowMode::Tree => self.paths.leaves(),
        };
        self.paths.sort(&mut ends);
        self.prefill.timings.forward_tokens = context.session.forward_tokens();
        Outcome::Done(Event::Grown(Growth {
            ends,
            nodes: self.paths.count(),
            limited: self.limited,
            timings: self.prefill.timings,
        }))
    }
}

/// Offers by falling probability of their paths.
fn sorted(mut offers: Vec<Offer>) -> Vec<Offer> {
    offers.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
    offers
}

/// The score of a candidate of a distribution that lists at least two.
fn score(candidate: &Candidate, distribution: &Distribution) -> TokenScore {
    let p =
        |index: usize| distribution.candidates.get(index).map_or(0.0, |c| c.probability);
    let log_p = log_probability(candidate, &distribution.candidates[0]);
    TokenScore {
        probability: candidate.probability,
        rank: candidate.rank,
        surprisal_bits: (-log_p / std::f64::consts::LN_2) as f32,
        entropy_bits: distribution.entropy_bits,
        best_probability: p(0),
        margin: p(0) - p(1),
        exact: distribution.exact,
    }
}
