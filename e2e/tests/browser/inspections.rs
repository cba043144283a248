//! The part of the conformance suite that looks inside of the model.

use anyhow::{Result, bail, ensure};
use e2e::Link;
use protocol::{
    Command, ErrorCode, Event, Finding, FinishReason, Inspection, OcclusionUnit,
};

use crate::questions::{distribution, next, settings};

/// Every kind of question, one that is stopped, and one that cannot be answered.
pub(crate) async fn inspects_predictions(link: &mut impl Link) -> Result<()> {
    let ids: Vec<u32> = (40..70).collect();
    let shown = distribution(link.answer(100, next(ids.clone(), settings())).await?)?;

    let question = Inspection::Lens { positions: 2, candidates: 5, follow: vec![7] };
    let found = findings(link, 101, &ids, question).await?;
    let [_, Finding::Lens(lens)] = &found[..] else { bail!("{found:?}") };
    ensure!(lens.position == 30 && lens.followed[1].id == 7, "{lens:?}");
    let Some(last) = lens.layers.last() else { bail!("{lens:?}") };
    for (top, shown) in last.top.iter().zip(&shown.candidates) {
        ensure!(top.token == shown.token, "{top:?}");
        ensure!((top.probability - shown.probability).abs() < 1e-4, "{top:?}");
    }

    let found = findings(link, 102, &ids, Inspection::Attention { layer: None }).await?;
    let [Finding::Attention(attention)] = &found[..] else { bail!("{found:?}") };
    let of_first = &attention.layers[0].heads[0];
    ensure!((of_first.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{of_first:?}");
    let found = findings(link, 103, &ids, Inspection::Head { layer: 0, head: 0 }).await?;
    let [Finding::Head(head)] = &found[..] else { bail!("{found:?}") };
    ensure!(head.rows.len() == 30 && head.rows[29].len() == 30, "{head:?}");

    let question =
        Inspection::Occlusion { target: None, unit: OcclusionUnit::Token, from: 20 };
    let found = findings(link, 104, &ids, question).await?;
    let Some((Finding::Occlusion(start), parts)) = found.split_first() else {
        bail!("{found:?}")
    };
    ensure!(start.target.id == shown.greedy && start.units == 10, "{start:?}");
    let Some(Finding::Occluded(part)) = parts.last() else { bail!("{parts:?}") };
    ensure!(part.start == 20 && parts.len() == 10, "{part:?}");

    let question = Inspection::Attribution { tokens: vec![] };
    let found = findings(link, 105, &ids, question).await?;
    let [Finding::Attribution(attribution)] = &found[..] else { bail!("{found:?}") };
    let first = &attribution.tokens[0];
    ensure!(first.token.id == shown.greedy, "{first:?}");
    let logit = f64::from(shown.candidates[0].logit);
    ensure!((first.sum - logit).abs() < 1e-2, "{first:?}");

    // Nothing of it was forgotten, and Stop is heard.
    let again = distribution(link.answer(106, next(ids, settings())).await?)?;
    ensure!(again.timings.prefill_tokens == 0, "{again:?}");
    let ids: Vec<u32> = (0..500).map(|i| 10 + i % 200).collect();
    let question =
        Inspection::Occlusion { target: None, unit: OcclusionUnit::Token, from: 0 };
    link.send(107, Command::Inspect { ids, question }).await?;
    link.send(108, Command::Cancel { request: protocol::RequestId(107) }).await?;
    let events = link.events(107).await?;
    let Some(Event::Finished { reason: FinishReason::Cancelled, .. }) = events.last()
    else {
        bail!("{events:?}")
    };
    let question = Inspection::Head { layer: 1000, head: 0 };
    let command = Command::Inspect { ids: vec![10], question };
    match link.answer(109, command).await? {
        Event::Failed(failure) => ensure!(failure.code == ErrorCode::InvalidSettings),
        other => bail!("{other:?}"),
    }
    Ok(())
}

async fn findings(
    link: &mut impl Link,
    id: u32,
    ids: &[u32],
    question: Inspection,
) -> Result<Vec<Finding>> {
    let ids = ids.to_vec();
    let mut found = Vec::new();
    for event in link.ask(id, Command::Inspect { ids, question }).await? {
        match event {
            Event::Finding(finding) => found.push(finding),
            Event::Progress(_) | Event::Inspected { .. } => (),
            other => bail!("{other:?}"),
        }
    }
    Ok(found)
}
