//! The part of the conformance suite that has distributions verified.

use anyhow::{Result, bail, ensure};
use e2e::Link;
use protocol::{Command, Event, FinishReason, Phase};

use crate::questions::{distribution, next, settings};

/// Candle computes the distribution once more, in f32, from the weights in 8 bits.
pub(crate) async fn verifies_distributions(link: &mut impl Link) -> Result<()> {
    let ids: Vec<u32> = (40..70).collect();
    let shown = distribution(link.answer(35, next(ids.clone(), settings())).await?)?;
    let verify = || Command::Verify { ids: ids.clone(), candidates: 5 };
    let events = link.ask(36, verify()).await?;
    let is_progress =
        |event: &Event| matches!(event, Event::Progress(p) if p.phase == Phase::Verify);
    ensure!(events.iter().any(is_progress), "{events:?}");
    let Some(Event::Verified(verified)) = events.last() else { bail!("{events:?}") };
    ensure!(verified.position == 30 && verified.vocab_size == 259, "{verified:?}");
    ensure!(verified.computed_by.starts_with("Q8_0 weights, "), "{verified:?}");
    ensure!(verified.checked_by == "candle, in f32");
    ensure!(verified.candidates.len() == 5);
    for (verified, shown) in verified.candidates.iter().zip(&shown.candidates) {
        ensure!(verified.token == shown.token && verified.rank == shown.rank);
        ensure!(verified.probability as f32 == shown.probability);
    }
    ensure!(verified.largest_difference < 1e-3, "{verified:?}");
    ensure!(verified.divergence_nats < 1e-4, "{verified:?}");
    let entropy = verified.reference_entropy_bits - f64::from(shown.entropy_bits);
    ensure!(entropy.abs() < 0.01, "{verified:?}");
    ensure!(verified.timings.forward_tokens == shown.timings.forward_tokens);

    // Stop is heard while it computes.
    let long: Vec<u32> = (0..2000).map(|i| 10 + i % 200).collect();
    distribution(link.answer(37, next(long.clone(), settings())).await?)?;
    link.send(38, Command::Verify { ids: long, candidates: 5 }).await?;
    link.send(39, Command::Cancel { request: protocol::RequestId(38) }).await?;
    let events = link.events(38).await?;
    let Some(Event::Finished { reason: FinishReason::Cancelled, .. }) = events.last()
    else {
        bail!("{events:?}")
    };
    Ok(())
}
