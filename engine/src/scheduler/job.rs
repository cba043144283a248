//! A request as a job that runs in steps.

use protocol::{Command, Event, Timings, TokenId, limits};

use super::checks::{check_candidates, check_generation, check_limit};
use super::clock::Clock;
use super::context::{Context, Outcome};
use super::generate::Generate;
use super::next_token::{NextToken, Question};
use super::score::Score;
use super::verify::Verify;
use crate::error::{EngineError, Result};
use crate::session::Session;

/// The state of a request that needs the model.
#[derive(Debug)]
pub(super) enum Job {
    Tokenize(String),
    NextToken(NextToken),
    Verify(Box<Verify>),
    Score(Score),
    Generate(Generate),
}

impl Job {
    /// Checks a command against the model before it is queued.
    pub(super) fn new(command: Command, session: &mut Session) -> Result<Job> {
        match command {
            Command::Tokenize { text } => Ok(Job::Tokenize(text)),
            Command::NextToken { ids, settings, candidates, watch } => {
                let question = Question::Distribution { watch };
                NextToken::new(ids, settings, candidates, question, session)
                    .map(Job::NextToken)
            }
            Command::Draw { ids, settings, draws, candidates } => {
                let question = Question::Draws { draws };
                NextToken::new(ids, settings, candidates, question, session)
                    .map(Job::NextToken)
            }
            Command::Sweep { ids, settings, knob, values, candidates } => {
                let question = Question::Sweep { knob, values };
                NextToken::new(ids, settings, candidates, question, session)
                    .map(Job::NextToken)
            }
            Command::Verify { ids, candidates } => {
                session.check(&ids)?;
                check_candidates(candidates)?;
                Ok(Job::Verify(Box::new(Verify::new(ids, candidates))))
            }
            Command::Score { ids } => {
                session.check(&ids)?;
                Ok(Job::Score(Score::new(ids)))
            }
            Command::Generate { ids, settings, max_new_tokens, candidates } => {
                session.check(&ids)?;
                check_generation(&settings, candidates, max_new_tokens, session)?;
                Ok(Job::Generate(Generate::new(
                    ids,
                    settings,
                    max_new_tokens,
                    candidates,
                )))
            }
            Command::Chat {
                messages,
                continue_final_message,
                settings,
                max_new_tokens,
                candidates,
            } => {
                check_limit("messages", messages.len(), 1, limits::MAX_MESSAGES)?;
                check_generation(&settings, candidates, max_new_tokens, session)?;
                Ok(Job::Generate(Generate::chat(
                    messages,
                    continue_final_message,
                    settings,
                    max_new_tokens,
                    candidates,
                )))
            }
            Command::Load { .. } => Err(EngineError::Unsupported(
                "This engine runs the model that it was started with.".into(),
            )),
            Command::ListModels | Command::DeleteModel { .. } => {
                Err(EngineError::Unsupported("This engine stores no models.".into()))
            }
            Command::ListFiles { .. } => {
                Err(EngineError::Unsupported("This engine asks no hub.".into()))
            }
            Command::Describe | Command::Cancel { .. } => Err(EngineError::Unsupported(
                "This command is answered without waiting.".into(),
            )),
        }
    }

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
            Job::Tokenize(text) => {
                let tokens = session.tokenize(text)?;
                Ok(Some(Event::Tokenized { tokens }))
            }
            Job::Generate(generate) => {
                generate.render(session, clock, emit)?;
                Ok(None)
            }
            Job::NextToken(_) | Job::Verify(_) | Job::Score(_) => Ok(None),
        }
    }

    /// The token ids of its text; empty for a text that is to be tokenized.
    pub(super) fn ids(&self) -> &[TokenId] {
        match self {
            Job::Tokenize(_) => &[],
            Job::NextToken(next) => &next.ids,
            Job::Verify(verify) => &verify.ids,
            Job::Score(score) => score.ids(),
            Job::Generate(generate) => generate.ids(),
        }
    }

    /// Whether it computes once more, which takes memory beside that of its sequence.
    pub(super) fn verifies(&self) -> bool {
        matches!(self, Job::Verify(_))
    }

    /// The most tokens that its sequence may come to hold.
    pub(super) fn max_tokens_held(&self) -> usize {
        match self {
            Job::Generate(generate) => generate.max_tokens_held(),
            job => job.ids().len(),
        }
    }

    /// The number of tokens that must be read before it can advance.
    pub(super) fn tokens_to_read(&mut self, session: &mut Session, slot: usize) -> usize {
        match self {
            Job::Tokenize(_) => 0,
            Job::NextToken(next) => next.prefill.tokens_to_read(&next.ids, session, slot),
            Job::Verify(verify) => verify.tokens_to_read(session, slot),
            Job::Score(score) => score.tokens_to_read(session, slot),
            Job::Generate(generate) => generate.tokens_to_read(session, slot),
        }
    }

    /// Records that `count` tokens were read in `ms` milliseconds.
    pub(super) fn record_read(&mut self, count: usize, ms: f64, context: &mut Context) {
        match self {
            Job::Tokenize(_) => (),
            Job::NextToken(next) => {
                next.prefill.record_read(&next.ids, count, ms, context)
            }
            Job::Verify(verify) => {
                verify.prefill.record_read(&verify.ids, count, ms, context)
            }
            Job::Score(score) => score.record_read(count, ms, context),
            Job::Generate(generate) => generate.record_read(count, ms, context),
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
            Job::NextToken(_) | Job::Generate(_) => true,
            Job::Verify(verify) => verify.needs_logits(),
            Job::Tokenize(_) | Job::Score(_) => false,
        };
        (needs_logits && session.cached_tokens(slot, ids) == ids.len())
            .then_some(ids.len())
    }

    /// Advances by one bounded step, with the tokens that were read and their logits.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let ready = self.logits_position(context.session, context.slot).is_some();
        match self {
            Job::Score(score) => score.step(context),
            Job::Verify(verify) if ready || !verify.needs_logits() => {
                verify.step(context)
            }
            Job::NextToken(next) if ready => next.answer(context),
            Job::Generate(generate) if ready => generate.decode(context),
            _ => Ok(Outcome::More),
        }
    }

    /// The tokens and milliseconds that the job has taken so far.
    pub(super) fn timings(&self) -> Timings {
        match self {
            Job::Tokenize(_) => Timings::default(),
            Job::NextToken(next) => next.prefill.timings,
            Job::Verify(verify) => verify.prefill.timings,
            Job::Score(score) => score.timings(),
            Job::Generate(generate) => generate.timings(),
        }
    }
}
