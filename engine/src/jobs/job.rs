//! One request as a piece of work that can be put down and taken up again.

use protocol::{
    Command, Event, Phase, Progress, SamplerSettings, Timings, TokenId, limits,
};

use super::Clock;
use super::generate::Generate;
use super::pace::Pace;
use super::score::Score;
use crate::distribution::View;
use crate::error::{EngineError, Result};
use crate::session::Session;

/// What a job works with.
pub(super) struct Context<'a> {
    pub(super) session: &'a mut Session,
    pub(super) clock: Clock,
    pub(super) pace: &'a mut Pace,
    pub(super) emit: &'a mut dyn FnMut(Event),
}

/// What a step came to.
#[allow(clippy::large_enum_variant, reason = "one exists at a time, and briefly")]
pub(super) enum Outcome {
    /// There is more to do.
    More,
    /// The job's terminal event.
    Done(Event),
}

/// A request under way.
#[derive(Debug)]
pub(super) enum Job {
    Tokenize(String),
    Next(Next),
    Score(Score),
    Generate(Generate),
}

impl Job {
    /// Checks a command against the model, before it waits.
    pub(super) fn new(command: Command, session: &Session) -> Result<Job> {
        match command {
            Command::Tokenize { text } => Ok(Job::Tokenize(text)),
            Command::NextToken { ids, settings, candidates, watch } => {
                session.check(&ids)?;
                session.check_ids(&watch)?;
                check_sampling(&settings, candidates)?;
                check_limit("watch", watch.len(), 0, limits::MAX_WATCHED)?;
                let reading = Reading::default();
                Ok(Job::Next(Next { ids, settings, candidates, watch, reading }))
            }
            Command::Score { ids } => {
                session.check(&ids)?;
                Ok(Job::Score(Score::new(ids)))
            }
            Command::Generate { ids, settings, max_new_tokens, candidates } => {
                session.check(&ids)?;
                check_generation(&settings, candidates, max_new_tokens)?;
                Ok(Job::Generate(Generate::new(
                    ids,
                    settings,
                    max_new_tokens,
                    candidates,
                )))
            }
            Command::Chat { messages, settings, max_new_tokens, candidates } => {
                check_limit("messages", messages.len(), 1, limits::MAX_MESSAGES)?;
                check_generation(&settings, candidates, max_new_tokens)?;
                Ok(Job::Generate(Generate::chat(
                    messages,
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
            Command::Describe | Command::Cancel { .. } => Err(EngineError::Unsupported(
                "This command is answered without waiting.".into(),
            )),
        }
    }

    /// Does a bounded amount of work.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        match self {
            Job::Tokenize(text) => {
                let tokens = context.session.tokenize(text)?;
                Ok(Outcome::Done(Event::Tokenized { tokens }))
            }
            Job::Next(next) => next.step(context),
            Job::Score(score) => score.step(context),
            Job::Generate(generate) => generate.step(context),
        }
    }

    /// What the job has cost so far.
    pub(super) fn timings(&self) -> Timings {
        match self {
            Job::Tokenize(_) => Timings::default(),
            Job::Next(next) => next.reading.timings,
            Job::Score(score) => score.timings(),
            Job::Generate(generate) => generate.timings(),
        }
    }
}

/// One distribution.
#[derive(Debug)]
pub(super) struct Next {
    ids: Vec<TokenId>,
    settings: SamplerSettings,
    candidates: u32,
    watch: Vec<TokenId>,
    reading: Reading,
}

impl Next {
    fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        if !self.reading.advance(&self.ids, context)? {
            return Ok(Outcome::More);
        }
        let view = View {
            settings: &self.settings,
            position: self.ids.len() as u32,
            candidates: self.candidates as usize,
            watch: &self.watch,
        };
        let mut distribution = context.session.distribution(&self.ids, view)?;
        distribution.timings = self.reading.timings;
        Ok(Outcome::Done(Event::Distribution(distribution)))
    }
}

/// The reading of a prompt, in steps.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) timings: Timings,
    started: bool,
}

impl Reading {
    /// Reads some more of `ids`; true when all are known. Long reading is told.
    pub(super) fn advance(
        &mut self,
        ids: &[TokenId],
        context: &mut Context,
    ) -> Result<bool> {
        let Context { session, clock, pace, emit } = context;
        let known = session.known(ids);
        if !self.started {
            self.started = true;
            self.timings.cached_tokens = known as u32;
        }
        let count = (ids.len() - known).min(pace.tokens());
        if count > 0 {
            let start = (clock.monotonic_ms)();
            session.read(ids, count)?;
            let ms = (clock.monotonic_ms)() - start;
            pace.measured(count, ms);
            self.timings.prefill_tokens += count as u32;
            self.timings.prefill_ms += ms as f32;
        }
        self.timings.forward_tokens = session.forward_tokens();
        let done = session.known(ids);
        if done < ids.len() {
            let Timings { prefill_tokens, prefill_ms, .. } = self.timings;
            let speed = prefill_tokens as f32 / (prefill_ms / 1000.0);
            emit(Event::Progress(Progress {
                phase: Phase::Prefill,
                done: done as u64,
                total: Some(ids.len() as u64),
                per_second: speed.is_finite().then_some(speed),
            }));
        }
        Ok(done == ids.len())
    }
}

fn check_sampling(settings: &SamplerSettings, candidates: u32) -> Result<()> {
    settings.check().map_err(EngineError::InvalidSetting)?;
    check_limit("candidates", candidates as usize, 1, limits::MAX_CANDIDATES as usize)
}

fn check_generation(
    settings: &SamplerSettings,
    candidates: u32,
    max_new_tokens: u32,
) -> Result<()> {
    check_sampling(settings, candidates)?;
    let most = limits::MAX_NEW_TOKENS as usize;
    check_limit("max_new_tokens", max_new_tokens as usize, 1, most)
}

fn check_limit(
    name: &'static str,
    value: usize,
    least: usize,
    most: usize,
) -> Result<()> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(EngineError::InvalidLimit { name, value, least, most }),
    }
}
