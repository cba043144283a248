//! A request as a job that runs in steps.

use inference::distribution::Outlook;
use protocol::{Event, Timings, TokenId};

use super::clock::Clock;
use super::compare::Compare;
use super::context::{Context, Outcome};
use super::generate::Generate;
use super::grow::Grow;
use super::inspect::Inspect;
use super::look_up::LookUp;
use super::next_token::NextToken;
use super::prefill::PrefillProgress;
use super::score::Score;
use super::token_source::TokenSource;
use super::verify::Verify;
use super::whole::WholeDistribution;
use crate::error::Result;
use crate::session::Session;

/// The state of a request that needs the model.
#[derive(Debug)]
pub(super) enum Job {
    Tokens(TokenSource),
    NextToken(NextToken),
    LookUp(Box<LookUp>),
    Grow(Box<Grow>),
    Compare(Box<Compare>),
    Whole(WholeDistribution),
    Verify(Box<Verify>),
    Score(Score),
    Inspect(Box<Inspect>),
    Generate(Generate),
}

impl Job {
    /// Runs what needs no sequence: tokenizes, or renders a conversation. Returns the
    /// terminal event, or `None` if the job goes on.
    ///
    /// # Errors
    /// If tokenizing or rendering fails.
    pub(super) fn prepare(
        &mut self,
        session: &Session,
        clock: Clock,
        emit: &mut dyn FnMut(Event),
    ) -> Result<Option<Event>> {
        match self {
            Job::Tokens(source) => {
                let tokens = source.tokens(session, clock)?;
                Ok(Some(Event::Tokenized { tokens }))
            }
            Job::Generate(generate) => {
                generate.render(session, clock, emit)?;
                Ok(None)
            }
            Job::LookUp(words) => {
                words.tokenize(session)?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// The token ids of its text; empty where only tokens are asked for.
    pub(super) fn ids(&self) -> &[TokenId] {
        match self {
            Job::Tokens(_) => &[],
            Job::NextToken(next) => &next.ids,
            Job::LookUp(words) => &words.ids,
            Job::Grow(grow) => &grow.ids,
            Job::Compare(compare) => &compare.first.ids,
            Job::Whole(whole) => &whole.ids,
            Job::Verify(verify) => &verify.ids,
            Job::Score(score) => score.ids(),
            Job::Inspect(inspect) => &inspect.ids,
            Job::Generate(generate) => generate.ids(),
        }
    }

    /// How the tokens after its ids will be drawn, if it draws more than one.
    pub(super) fn outlook(&self) -> Option<Outlook> {
        match self {
            Job::Generate(generate) => generate.outlook(),
            _ => None,
        }
    }

    /// Whether it takes memory beside that of its sequence: for a second computation, or
    /// for a copy of its text.
    pub(super) fn needs_scratch(&self) -> bool {
        matches!(self, Job::Verify(_) | Job::Inspect(_))
    }

    /// The most tokens that its sequence may come to hold.
    pub(super) fn max_tokens_held(&self) -> usize {
        match self {
            Job::Generate(generate) => generate.max_tokens_held(),
            Job::Inspect(inspect) => 2 * inspect.ids.len(),
            Job::LookUp(words) => words.max_tokens_held(),
            Job::Grow(grow) => grow.max_tokens_held(),
            Job::Compare(compare) => compare.max_tokens_held(),
            job => job.ids().len(),
        }
    }

    /// The number of tokens that must be read before it can advance.
    pub(super) fn tokens_to_read(&mut self, session: &mut Session, slot: usize) -> usize {
        match self {
            Job::Tokens(_) => 0,
            Job::NextToken(next) => next.prefill.tokens_to_read(&next.ids, session, slot),
            Job::LookUp(words) => words.tokens_to_read(session, slot),
            Job::Grow(grow) => grow.tokens_to_read(session, slot),
            Job::Compare(compare) => {
                let Compare { prefill, first, .. } = &mut **compare;
                prefill.tokens_to_read(&first.ids, session, slot)
            }
            Job::Whole(whole) => whole.prefill.tokens_to_read(&whole.ids, session, slot),
            Job::Verify(verify) => verify.tokens_to_read(session, slot),
            Job::Score(score) => score.tokens_to_read(session, slot),
            Job::Inspect(inspect) => {
                inspect.prefill.tokens_to_read(&inspect.ids, session, slot)
            }
            Job::Generate(generate) => generate.tokens_to_read(session, slot),
        }
    }

    /// Records that `count` tokens were read in `ms` milliseconds.
    pub(super) fn record_read(&mut self, count: usize, ms: f64, context: &mut Context) {
        match self {
            Job::Score(score) => return score.record_read(count, ms, context),
            Job::Generate(generate) => return generate.record_read(count, ms, context),
            _ => (),
        }
        if let Some((prefill, ids)) = self.prefill() {
            prefill.record_read(ids, count, ms, context);
        }
    }

    /// Records that `count` tokens of branches were read in `ms` milliseconds.
    pub(super) fn record_branches(&mut self, count: usize, ms: f64) {
        if let Some((prefill, _)) = self.prefill() {
            prefill.timings.decode_tokens += count as u32;
            prefill.timings.decode_ms += ms as f32;
        }
    }

    /// The progress of reading its ids, if it only reads these and branches of them.
    fn prefill(&mut self) -> Option<(&mut PrefillProgress, &[TokenId])> {
        match self {
            Job::NextToken(next) => Some((&mut next.prefill, &next.ids)),
            Job::LookUp(words) => Some((&mut words.prefill, &words.ids)),
            Job::Grow(grow) => Some((&mut grow.prefill, &grow.ids)),
            Job::Compare(compare) => Some((&mut compare.prefill, &compare.first.ids)),
            Job::Whole(whole) => Some((&mut whole.prefill, &whole.ids)),
            Job::Verify(verify) => Some((&mut verify.prefill, &verify.ids)),
            Job::Inspect(inspect) => Some((&mut inspect.prefill, &inspect.ids)),
            Job::Tokens(_) | Job::Score(_) | Job::Generate(_) => None,
        }
    }

    /// The texts that it reads into slots of its own, beside its ids.
    pub(super) fn branches(&self) -> &[(usize, Vec<TokenId>)] {
        match self {
            Job::LookUp(words) => words.branches.texts(),
            Job::Grow(grow) => grow.branches.texts(),
            Job::Compare(compare) => compare.texts(),
            _ => &[],
        }
    }

    /// Gives back what it holds of the session beside its slot. Must be called at its end.
    pub(super) fn release(&mut self, session: &mut Session) {
        match self {
            Job::LookUp(words) => words.branches.close(session),
            Job::Grow(grow) => grow.branches.close(session),
            Job::Compare(compare) => compare.release(session),
            Job::Inspect(inspect) => inspect.release(session),
            _ => (),
        }
    }

    /// The tokens after its ids of which it asks whatever their ranks.
    pub(super) fn named(&self) -> Vec<TokenId> {
        match self {
            Job::NextToken(next) => next.watched().to_vec(),
            Job::LookUp(words) => words.first_tokens(),
            _ => Vec::new(),
        }
    }

    /// The token after one of its branches of which it asks.
    pub(super) fn named_after(&self, branch: usize) -> Option<TokenId> {
        match self {
            Job::LookUp(words) => words.next_after(branch),
            _ => None,
        }
    }

    /// Records that it has waited for an engine elsewhere for so many milliseconds.
    pub(super) fn record_wait(&mut self, ms: f64) {
        match self {
            Job::Score(score) => score.record_wait(ms),
            Job::Generate(generate) => generate.record_wait(ms),
            job => {
                if let Some((prefill, _)) = job.prefill() {
                    prefill.timings.prefill_ms += ms as f32;
                }
            }
        }
    }

    /// The number of tokens after which it needs the logits now; `None` if it needs none.
    pub(super) fn logits_position(
        &self,
        session: &Session,
        slot: usize,
    ) -> Option<usize> {
        let ids = self.ids();
        let needs_logits = match self {
            Job::NextToken(_) | Job::Generate(_) | Job::Compare(_) | Job::Whole(_) => {
                true
            }
            Job::LookUp(words) => words.needs_logits(),
            Job::Grow(grow) => grow.needs_logits(),
            Job::Verify(verify) => verify.needs_logits(),
            Job::Tokens(_) | Job::Score(_) | Job::Inspect(_) => false,
        };
        (needs_logits && session.cached_tokens(slot, ids) == ids.len())
            .then_some(ids.len())
    }

    /// Advances by one bounded step, with the tokens that were read and their logits.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let ready = self.logits_position(context.session, context.slot).is_some();
        match self {
            Job::Score(score) => score.step(context),
            Job::LookUp(words) => words.step(context),
            Job::Grow(grow) => grow.step(context),
            Job::Compare(compare) => compare.step(context),
            Job::Whole(whole) if ready => whole.answer(context),
            Job::Verify(verify) if ready || !verify.needs_logits() => {
                verify.step(context)
            }
            Job::Inspect(inspect)
                if context.session.cached_tokens(context.slot, &inspect.ids)
                    == inspect.ids.len() =>
            {
                inspect.step(context)
            }
            Job::NextToken(next) if ready => next.answer(context),
            Job::Generate(generate) if ready => generate.decode(context),
            _ => Ok(Outcome::More),
        }
    }

    /// The tokens and milliseconds that the job has taken so far.
    pub(super) fn timings(&self) -> Timings {
        match self {
            Job::Tokens(_) => Timings::default(),
            Job::NextToken(next) => next.prefill.timings,
            Job::LookUp(words) => words.prefill.timings,
            Job::Grow(grow) => grow.prefill.timings,
            Job::Compare(compare) => compare.prefill.timings,
            Job::Whole(whole) => whole.prefill.timings,
            Job::Verify(verify) => verify.prefill.timings,
            Job::Score(score) => score.timings(),
            Job::Inspect(inspect) => inspect.timings(),
            Job::Generate(generate) => generate.timings(),
        }
    }
}
