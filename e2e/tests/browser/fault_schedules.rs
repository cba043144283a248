//! Downloads in the browser under two hundred schedules of faults.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{Command, Event, ModelSource, Precision, SamplerSettings};
use stand_in_hub::{Behaviour, StandInHub};

use crate::hub_pages::{ID, tiny};

/// As for the native download, each schedule ends in a model that computes what it should, or
/// in a sentence.
#[tokio::test]
async fn two_hundred_schedules_of_faults_end_in_the_right_model_or_in_a_clear_error()
-> Result<()> {
    const SCHEDULES: u64 = 200;
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let mut link = WorkerLink::hurried(&browser, &site.url("blank.html"), 50).await?;
    let next = |ids: &[u32]| Command::NextToken {
        ids: ids.to_vec(),
        settings: SamplerSettings::default(),
        candidates: 20,
        watch: Vec::new(),
    };
    let (mut good, mut errors) = (0, Vec::new());
    let mut right = None;
    for seed in 0..SCHEDULES {
        let model = tiny();
        let files: Vec<&str> = model.files.iter().map(|file| &*file.path).collect();
        let behaviour = Behaviour::schedule(seed, &files);
        let is_wrong = behaviour.wrong_file.clone();
        let hub = StandInHub::start(vec![model], behaviour).await;
        let source = ModelSource::Hub(protocol::HubModel {
            name: ID.into(),
            endpoint: hub.endpoint().into(),
            ..Default::default()
        });
        let load = Command::Load { source, precision: Precision::Auto };
        match link.answer(1, load).await? {
            Event::Ready(_) => {
                good += 1;
                let used = is_wrong.is_none_or(|file| file == "README.md");
                ensure!(used, "schedule {seed}: wrong bytes were taken");
                let Event::Distribution(distribution) =
                    link.answer(2, next(&[7, 60, 9])).await?
                else {
                    anyhow::bail!("schedule {seed}: no distribution")
                };
                let logits: Vec<_> = distribution
                    .candidates
                    .iter()
                    .map(|c| (c.token.id, c.logit))
                    .collect();
                let right = right.get_or_insert_with(|| logits.clone());
                ensure!(*right == logits, "schedule {seed}: another model");
            }
            Event::Failed(failure) => {
                let message = failure.message;
                ensure!(
                    message.ends_with('.') && message.len() > 30,
                    "{seed}: {message}"
                );
                errors.push(message);
            }
            other => anyhow::bail!("schedule {seed}: {other:?}"),
        }
        let delete = Command::DeleteModel { name: ID.into(), precision: Precision::Auto };
        ensure!(matches!(link.answer(3, delete).await?, Event::Models(_)));
    }
    errors.sort();
    errors.dedup_by_key(|message| message.split(' ').take(3).collect::<String>());
    println!("{good} of {SCHEDULES} downloads succeeded; the others: {errors:#?}");
    ensure!(good > SCHEDULES / 2 && errors.len() > 2);
    browser.quit().await
}
