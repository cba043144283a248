//! A prediction without each part of its text: what follows the part is read again.
//!
//! Parts are removed from the last to the first. What precedes a part is then still as it
//! is in the forks, and is never read again. Without short ends of a text a pass would be for
//! few tokens, which costs nearly as much as for many: such ends are read side by side.

use std::ops::Range;

use inference::Taps;
use inference::distribution::token_score;
use inference::inside::most_probable;
use protocol::{
    Event, Finding, Occluded, OcclusionStart, RankedToken, TokenId, tokens_to_read,
};

use super::reader::Reader;
use crate::error::Result;
use crate::scheduler::context::Context;

/// The parts that are removed, of which the last have been.
#[derive(Debug)]
pub(super) struct Occlusion {
    /// The followed token; before the first step that of the request.
    target: Option<TokenId>,
    /// The parts that are left, in order.
    units: Vec<Range<usize>>,
    tokens_to_read: u64,
    started: bool,
    /// The tokens that remain to be read without the last of the parts, after as many
    /// tokens of the fork; `None` before it is begun.
    rest: Option<(usize, Range<usize>)>,
}

impl Occlusion {
    pub(super) fn new(
        target: Option<TokenId>,
        units: Vec<Range<usize>>,
        length: usize,
    ) -> Occlusion {
        let tokens_to_read = tokens_to_read(&units, length);
        Occlusion { target, units, tokens_to_read, started: false, rest: None }
    }

    /// Emits the prediction after the whole text, or goes on without a part of it. Returns
    /// whether all parts are done.
    pub(super) fn step(
        &mut self,
        ids: &[TokenId],
        reader: &mut Reader,
        context: &mut Context,
    ) -> Result<bool> {
        if !self.started {
            self.start(ids, context)?;
            return Ok(self.units.is_empty());
        }
        let Some(target) = self.target else { return Ok(true) };
        if self.rest.is_none() {
            let most = context.session.affordable_forks(ids.len()).max(1);
            let rests =
                self.side_by_side(ids.len(), reader.tokens_at_once(context), most);
            if rests.len() > 1 {
                let text =
                    |(start, left): &(usize, Range<usize>)| (*start, &ids[left.clone()]);
                let texts: Vec<_> = rests.iter().map(text).collect();
                for logits in reader.logits_after_each(&texts, context)? {
                    self.emit_last(&logits, target, context)?;
                }
                return Ok(self.units.is_empty());
            }
        }
        let Some(unit) = self.units.last() else { return Ok(true) };
        let (start, left) = self.rest.take().unwrap_or_else(|| rest(unit, ids.len()));
        let end = left.end.min(left.start + reader.tokens_at_once(context));
        let part = &ids[left.start..end];
        let states = reader.read(start, part, &mut Taps::default(), context)?;
        if end < left.end {
            self.rest = Some((start + part.len(), end..left.end));
            return Ok(false);
        }
        let last = states.len() - states.len() / part.len();
        let logits = context.session.logits_after(&states[last..])?;
        self.emit_last(&logits, target, context)?;
        Ok(self.units.is_empty())
    }

    /// What is read without each of the last parts, the last first: at most `most` parts, of
    /// which all fit in a step of `tokens` tokens.
    fn side_by_side(
        &self,
        length: usize,
        tokens: usize,
        most: usize,
    ) -> Vec<(usize, Range<usize>)> {
        let mut left = tokens;
        let rests = self.units.iter().rev().take(most).map(|unit| rest(unit, length));
        let fit = rests.take_while(|(_, rest)| {
            let fits = rest.len() <= left;
            left = left.saturating_sub(rest.len());
            fits
        });
        fit.collect()
    }

    /// Emits the prediction without the last part, and forgets the part.
    fn emit_last(
        &mut self,
        logits: &[f32],
        target: TokenId,
        context: &mut Context,
    ) -> Result<()> {
        let Some(unit) = self.units.pop() else { return Ok(()) };
        let top = most_probable(logits)?;
        let found = Occluded {
            start: unit.start as u32,
            end: unit.end as u32,
            log_probability: log_probability(logits, target)?,
            top: RankedToken {
                token: context.session.token(top),
                probability: token_score(logits, top)?.score.probability,
            },
        };
        (context.emit)(Event::Finding(Finding::Occluded(found)));
        Ok(())
    }

    /// Emits the prediction after the whole text, which has been read.
    fn start(&mut self, ids: &[TokenId], context: &mut Context) -> Result<()> {
        self.started = true;
        let session = &mut *context.session;
        session.compute_logits(&[(context.slot, ids.len())])?;
        let logits = session.last_logits(context.slot, ids.len())?.unwrap_or_default();
        let target = match self.target {
            Some(target) => target,
            None => most_probable(&logits)?,
        };
        self.target = Some(target);
        let found = OcclusionStart {
            target: session.token(target),
            log_probability: log_probability(&logits, target)?,
            units: self.units.len() as u32,
            tokens_to_read: self.tokens_to_read,
        };
        (context.emit)(Event::Finding(Finding::Occlusion(found)));
        Ok(())
    }
}

/// After how many tokens of a text, and what of it, is read without a part.
fn rest(unit: &Range<usize>, length: usize) -> (usize, Range<usize>) {
    match unit.end {
        // There is nothing to read after it: the token before it is read once more.
        end if end == length => (unit.start - 1, unit.start - 1..unit.start),
        end => (unit.start, end..length),
    }
}

/// The natural logarithm of a token's probability.
fn log_probability(logits: &[f32], id: TokenId) -> Result<f64> {
    let score = token_score(logits, id)?.score;
    Ok(-f64::from(score.surprisal_bits) * std::f64::consts::LN_2)
}
