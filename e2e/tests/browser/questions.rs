//! What several suites ask an engine, and what they take of its answers.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use e2e::{Link, WorkerLink};
use protocol::{
    Command, Distribution, ErrorCode, Event, FinishReason, RequestId, SamplerSettings,
};

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

/// Stops a request, which has to end within 250 ms.
pub(crate) async fn stop(link: &mut WorkerLink<'_>, request: RequestId) -> Result<()> {
    let stopped = Instant::now();
    link.send(21, Command::Cancel { request }).await?;
    let events = link.events(request.0).await?;
    let took = stopped.elapsed();
    let cancelled = |event: &Event| {
        matches!(event, Event::Finished { reason: FinishReason::Cancelled, .. })
    };
    ensure!(events.last().is_some_and(cancelled), "{events:?}");
    println!("stopped after {took:?}");
    ensure!(took < Duration::from_millis(250), "a stop took {took:?}");
    Ok(())
}
