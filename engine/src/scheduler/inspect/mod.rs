//! How a prediction came about: a request that is worked on in bounded steps, each of
//! which emits what it has found.

mod attention;
mod attribution;
mod check;
mod lens;
mod occlusion;
mod reader;

use protocol::{Event, Inspection, Timings, TokenId};

use self::attention::{attention, head_rows};
use self::attribution::attribution;
use self::lens::Lens;
use self::occlusion::Occlusion;
use self::reader::Reader;
use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::Result;
use crate::session::Session;

/// A text with a question about the prediction that follows it.
#[derive(Debug)]
pub(super) struct Inspect {
    pub(super) ids: Vec<TokenId>,
    pub(super) prefill: PrefillProgress,
    work: Work,
    reader: Reader,
}

#[derive(Debug)]
enum Work {
    Lens(Lens),
    Attention { layer: Option<usize> },
    Head { layer: usize, head: usize, rows: Vec<Vec<f32>> },
    Occlusion(Occlusion),
    Attribution { tokens: Vec<TokenId> },
}

impl Inspect {
    /// Checks a question about the prediction after `ids`, which are checked already.
    ///
    /// # Errors
    /// If one of its fields is out of range, or it cannot be answered of this model.
    pub(super) fn new(
        ids: Vec<TokenId>,
        question: Inspection,
        session: &Session,
    ) -> Result<Inspect> {
        check::check(&ids, &question, session)?;
        let work = match question {
            Inspection::Lens { positions, candidates, follow } => {
                Work::Lens(Lens::new(ids.len(), positions, candidates, follow))
            }
            Inspection::Attention { layer } => {
                Work::Attention { layer: layer.map(|layer| layer as usize) }
            }
            Inspection::Head { layer, head } => Work::Head {
                layer: layer as usize,
                head: head as usize,
                rows: Vec::new(),
            },
            Inspection::Occlusion { target, unit, from } => {
                let units = check::units(&ids, unit, from, session);
                Work::Occlusion(Occlusion::new(target, units, ids.len()))
            }
            Inspection::Attribution { tokens } => Work::Attribution { tokens },
        };
        let (prefill, reader) = (PrefillProgress::default(), Reader::default());
        Ok(Inspect { ids, prefill, work, reader })
    }

    /// The tokens and milliseconds that were needed so far, those in its copy of the
    /// text included.
    pub(super) fn timings(&self) -> Timings {
        let Timings { prefill_tokens, prefill_ms, .. } = self.prefill.timings;
        Timings {
            prefill_tokens: prefill_tokens + self.reader.tokens,
            prefill_ms: prefill_ms + self.reader.ms as f32,
            ..self.prefill.timings
        }
    }

    /// Frees what it holds of the session beside its slot.
    pub(super) fn release(&mut self, session: &mut Session) {
        self.reader.release(session);
    }

    /// Goes on for a bounded time, once the text is read.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let (ids, reader) = (&self.ids, &mut self.reader);
        let done = match &mut self.work {
            Work::Lens(lens) => lens.step(ids, reader, context)?,
            Work::Attention { layer } => attention(ids, *layer, reader, context)?,
            Work::Head { layer, head, rows } => {
                head_rows(ids, (*layer, *head), rows, reader, context)?
            }
            Work::Occlusion(occlusion) => occlusion.step(ids, reader, context)?,
            Work::Attribution { tokens } => attribution(ids, tokens, reader, context)?,
        };
        if !done {
            return Ok(Outcome::More);
        }
        self.prefill.timings.forward_tokens = context.session.forward_tokens();
        Ok(Outcome::Done(Event::Inspected { timings: self.timings() }))
    }
}
