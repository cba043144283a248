//! A prediction without each part of its text: what follows the part is read again.
//!
//! Parts are removed from the last to the first. What precedes a part is then still as it
//! is in the fork, and is never read again.

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
        let (Some(unit), Some(target)) = (self.units.last().cloned(), self.target) else {
            return Ok(true);
        };
        let (start, left) = self.rest.take().unwrap_or_else(|| match unit.end {
            // There is nothing to read after it: the token before it is read once more.
            end if end == ids.len() => (unit.start - 1, unit.start - 1..unit.start),
            end => (unit.start, end..ids.len()),
        });
        let end = left.end.min(left.start + reader.tokens_at_once());
        let part = &ids[left.start..end];
        let states = reader.read(start, part, &mut Taps::default(), context)?;
        if end < left.end {
            self.rest = Some((start + part.len(), end..left.end));
            return Ok(false);
        }
        self.units.pop();
        let session = &mut *context.session;
        let last = states.len() - states.len() / part.len();
        let logits = session.logits_after(&states[last..])?;
        let top = most_probable(&logits)?;
        let found = Occluded {
            start: unit.start as u32,
            end: unit.end as u32,
            log_probability: log_probability(&logits, target)?,
            top: RankedToken {
                token: session.token(top),
                probability: token_score(&logits, top)?.score.probability,
            },
        };
        (context.emit)(Event::Finding(Finding::Occluded(found)));
        Ok(self.units.is_empty())
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

/// The natural logarithm of a token's probability.
fn log_probability(logits: &[f32], id: TokenId) -> Result<f64> {
    let score = token_score(logits, id)?.score;
    Ok(-f64::from(score.surprisal_bits) * std::f64::consts::LN_2)
}
