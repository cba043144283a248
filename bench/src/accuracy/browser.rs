//! The builds of the worker in headless Chromium.

use std::collections::BTreeMap;

use accuracy::{Score, divergence_of_listed};
use anyhow::{Result, bail};
use e2e::{Browser, Link, WorkerLink};
use protocol::limits::MAX_CANDIDATES;
use protocol::{Command, Distribution, Event, ModelSource, Precision, SamplerSettings};

use super::row::{Accuracy, Divergence, Row};
use super::yardstick::Yardstick;
use crate::browser;
use crate::workload::Workload;

/// The accuracy and the speeds of a build: with one thread that for all browsers, otherwise the
/// fast one.
///
/// # Errors
/// If the site is not built, or the model cannot be loaded.
pub(super) async fn measure(
    precision: Precision,
    workload: &Workload,
    yardstick: &Yardstick,
) -> Result<Row> {
    let (site, model) = browser::serve(&workload.model, workload.threads, &[]).await?;
    let chromium = Browser::start().await?;
    let mut link = WorkerLink::start(&chromium, &site.url("blank.html")).await?;
    let source = ModelSource::Address { url: site.url(&model) };
    let model = match link.answer(1, Command::Load { source, precision }).await? {
        Event::Ready(model) => model,
        other => bail!("the model could not be loaded: {other:?}"),
    };
    let command = Command::Score { ids: yardstick.ids.clone() };
    let scores: Vec<Score> = match link.answer(2, command).await? {
        Event::Scored { tokens, .. } => {
            tokens.iter().filter_map(|token| token.score.map(Score::from)).collect()
        }
        other => bail!("{other:?}"),
    };
    let mut sum = 0.0;
    for (index, logits) in yardstick.logits.iter().enumerate() {
        let ids = &yardstick.ids[..=index];
        let next = distribution(&mut link, ids, vec![]).await?;
        let listed: BTreeMap<u32, f64> =
            next.candidates.iter().map(|c| (c.token.id, c.probability.into())).collect();
        sum += divergence_of_listed(logits, &listed);
    }
    let prompt = &yardstick.reference.prompts[0];
    let watch = vec![prompt.next.top[0].id];
    let next = distribution(&mut link, &prompt.ids, watch).await?;
    let next = next.watched.first().map_or(f64::NAN, |c| c.probability.into());
    chromium.quit().await?;
    let divergence = Divergence::Listed(sum / yardstick.logits.len() as f64);
    let expected = &yardstick.reference.text.score;
    let accuracy = Accuracy::of(&scores, expected, divergence, next);
    let (prefill, decode) = match workload.rounds {
        0 => Default::default(),
        _ => {
            let options = browser::Options { precision, ..workload.into() };
            let measured = browser::measure(&options).await?;
            (measured.prefill, measured.decode)
        }
    };
    Ok(Row {
        engine: format!("this engine, browser: {}", model.device),
        format: model.precision,
        threads: model.threads,
        accuracy,
        prefill,
        decode,
        weight_bytes: Some(model.weight_bytes),
    })
}

async fn distribution(
    link: &mut WorkerLink<'_>,
    ids: &[u32],
    watch: Vec<u32>,
) -> Result<Distribution> {
    let settings = SamplerSettings { temperature: 0.0, ..Default::default() };
    let (ids, candidates) = (ids.to_vec(), MAX_CANDIDATES);
    match link.answer(3, Command::NextToken { ids, settings, candidates, watch }).await? {
        Event::Distribution(distribution) => Ok(distribution),
        other => bail!("{other:?}"),
    }
}
