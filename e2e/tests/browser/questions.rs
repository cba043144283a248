//! What several suites ask an engine, and what they take of its answers.

use anyhow::{Result, bail};
use protocol::{Command, Distribution, ErrorCode, Event, SamplerSettings};

/// A sampler that draws from the distribution as it is.
pub(crate) fn settings() -> SamplerSettings {
    SamplerSettings { temperature: 1.0, seed: 5, ..Default::default() }
}

/// A question for the distribution after a text.
pub(crate) fn next(ids: Vec<u32>, settings: SamplerSettings) -> Command {
    Command::NextToken { ids, settings, candidates: 5, watch: vec![200] }
}

/// The code of a failure.
pub(crate) fn failed(event: Event) -> Result<ErrorCode> {
    match event {
        Event::Failed(failure) => Ok(failure.code),
        other => bail!("{other:?} instead of a failure"),
    }
}

/// The distribution of an answer.
pub(crate) fn distribution(event: Event) -> Result<Distribution> {
    match event {
        Event::Distribution(distribution) => Ok(distribution),
        other => bail!("{other:?} instead of a distribution"),
    }
}
