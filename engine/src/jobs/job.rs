//! One request as a piece of work that can be put down and taken up again.

use protocol::{Command, Event, SamplerSettings, Timings, TokenId, limits};

use super::Clock;
use super::generate::Generate;
use super::reading::Reading;
use super::score::Score;
use crate::distribution::View;
use crate::error::{EngineError, Result};
use crate::session::Session;

/// What a job works with.
pub(super) struct Context<'a> {
    pub(super) session: &'a mut Session,
    /// The sequence that it reads into.
    pub(super) slot: usize,
    pub(super) clock: Clock,
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

    /// Does what comes before a sequence is needed. None if there is more to do, else the
    /// terminal event.
    ///
    /// # Errors
    /// If it fails.
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
            Job::Next(_) | Job::Score(_) => Ok(None),
        }
    }

    /// The text that it is about.
    pub(super) fn ids(&self) -> &[TokenId] {
        match self {
            Job::Tokenize(_) => &[],
            Job::Next(next) => &next.ids,
            Job::Score(score) => score.ids(),
            Job::Generate(generate) => generate.ids(),
        }
    }

    /// How many tokens its sequence may come to hold.
    pub(super) fn most_tokens(&self) -> usize {
        match self {
            Job::Generate(generate) => generate.most_tokens(),
            job => job.ids().len(),
        }
    }

    /// How many tokens it needs to be read now.
    pub(super) fn unread(&mut self, session: &mut Session, slot: usize) -> usize {
        match self {
            Job::Tokenize(_) => 0,
            Job::Next(next) => next.reading.unread(&next.ids, session, slot),
            Job::Score(score) => score.unread(session, slot),
            Job::Generate(generate) => generate.unread(session, slot),
        }
    }

    /// Takes note that so many were read.
    pub(super) fn has_read(&mut self, count: usize, ms: f64, context: &mut Context) {
        match self {
            Job::Tokenize(_) => (),
            Job::Next(next) => next.reading.has_read(&next.ids, count, ms, context),
            Job::Score(score) => score.has_read(count, ms, context),
            Job::Generate(generate) => generate.has_read(count, ms, context),
        }
    }

    /// After how many tokens it needs the logits now.
    pub(super) fn logits_after(&self, session: &Session, slot: usize) -> Option<usize> {
        let ids = self.ids();
        let next = matches!(self, Job::Next(_) | Job::Generate(_));
        (next && session.known_in(slot, ids) == ids.len()).then_some(ids.len())
    }

    /// Goes on with what was read and the logits, in a bounded time.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let ready = self.logits_after(context.session, context.slot).is_some();
        match self {
            Job::Score(score) => score.step(context),
            Job::Next(next) if ready => next.answer(context),
            Job::Generate(generate) if ready => generate.decode(context),
            _ => Ok(Outcome::More),
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
    fn answer(&mut self, context: &mut Context) -> Result<Outcome> {
        let view = View {
            settings: &self.settings,
            position: self.ids.len() as u32,
            candidates: self.candidates as usize,
            watch: &self.watch,
        };
        let Context { session, slot, .. } = context;
        let mut distribution = session.distribution_in(*slot, &self.ids, view)?;
        self.reading.timings.forward_tokens = session.forward_tokens();
        distribution.timings = self.reading.timings;
        Ok(Outcome::Done(Event::Distribution(distribution)))
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
