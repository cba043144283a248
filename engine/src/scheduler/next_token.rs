//! A request about the token that follows a text: its distribution, many draws of it, or what
//! becomes of it as a knob is turned.

use inference::distribution::{SamplerContext, View};
use protocol::{Event, SamplerSettings, SweptKnob, TokenId, limits};

use super::checks::{check_limit, check_sampling};
use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::{EngineError, Result};
use crate::session::Session;

/// A text about whose next token something is asked.
#[derive(Debug)]
pub(super) struct NextToken {
    pub(super) ids: Vec<TokenId>,
    settings: SamplerSettings,
    candidates: u32,
    question: Question,
    pub(super) prefill: PrefillProgress,
}

/// What is asked about the next token.
#[derive(Debug)]
pub(super) enum Question {
    /// Its distribution, with these tokens whatever their rank.
    Distribution { watch: Vec<TokenId> },
    /// How often each token is drawn.
    Draws { draws: u32 },
    /// What becomes of `q` at these values of a knob.
    Sweep { knob: SweptKnob, values: Vec<f32> },
}

impl Question {
    fn watched(&self) -> &[TokenId] {
        match self {
            Question::Distribution { watch } => watch,
            Question::Draws { .. } | Question::Sweep { .. } => &[],
        }
    }
}

impl NextToken {
    /// Checks the request.
    pub(super) fn new(
        ids: Vec<TokenId>,
        settings: SamplerSettings,
        candidates: u32,
        question: Question,
        session: &mut Session,
    ) -> Result<NextToken> {
        session.check(&ids)?;
        check_sampling(&settings, candidates, session)?;
        match &question {
            Question::Distribution { watch } => {
                session.check_ids(watch)?;
                check_limit("watch", watch.len(), 0, limits::MAX_WATCHED)?;
            }
            Question::Draws { draws } => {
                check_limit("draws", *draws as usize, 1, limits::MAX_DRAWS as usize)?;
            }
            Question::Sweep { knob, values } => {
                check_limit("values", values.len(), 1, limits::MAX_SWEEP_VALUES)?;
                for value in values {
                    let settings = knob.at(&settings, *value);
                    settings.check().map_err(EngineError::InvalidSetting)?;
                }
            }
        }
        let prefill = PrefillProgress::default();
        Ok(NextToken { ids, settings, candidates, question, prefill })
    }

    /// The tokens that are reported whatever their rank.
    pub(super) fn watched(&self) -> &[TokenId] {
        self.question.watched()
    }

    /// Computes the answer. All tokens must have been read.
    pub(super) fn answer(&mut self, context: &mut Context) -> Result<Outcome> {
        let Context { session, slot, .. } = context;
        let view = View {
            settings: &self.settings,
            position: self.ids.len() as u32,
            candidates: self.candidates as usize,
            watch: self.question.watched(),
            context: SamplerContext::default(),
        };
        let timings = &mut self.prefill.timings;
        timings.forward_tokens = session.forward_tokens();
        Ok(Outcome::Done(match &self.question {
            Question::Distribution { .. } => {
                let mut distribution = session.distribution(*slot, &self.ids, view)?;
                distribution.timings = *timings;
                Event::Distribution(distribution)
            }
            Question::Draws { draws } => {
                let mut drawn = session.draws(*slot, &self.ids, view, *draws)?;
                drawn.timings = *timings;
                Event::Drawn(Box::new(drawn))
            }
            Question::Sweep { knob, values } => {
                let mut swept = session.sweep(*slot, &self.ids, view, (*knob, values))?;
                swept.timings = *timings;
                Event::Swept(Box::new(swept))
            }
        }))
    }
}
