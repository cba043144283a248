//! Looks into the model in headless Chromium, through the worker of the built site.

use anyhow::{Result, bail};
use e2e::{Browser, Link, WorkerLink};
use protocol::{Command, Event, ModelSource};

use super::work::{Options, Times, questions, reading, text};
use crate::browser::serve;

/// What computes, and the times of each question; the page's clock takes them. With one thread
/// the page is not isolated.
///
/// # Errors
/// If the site is not built, or the model cannot be loaded or asked.
pub(super) async fn measure(
    options: &Options,
    threads: u32,
) -> Result<(String, Vec<Times>)> {
    let (site, file) = serve(&options.model.canonicalize()?, threads, &[]).await?;
    let browser = Browser::start().await?;
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let source = ModelSource::Address { url: site.url(&file) };
    let load = Command::Load { source, precision: options.precision };
    let model = match link.answer(1, load).await? {
        Event::Ready(model) => model,
        other => bail!("the model could not be loaded: {other:?}"),
    };
    let ids = text(options);
    link.answer(2, reading(&ids)).await?;
    let mut measured = Vec::new();
    for (_, question) in questions(options.tokens) {
        let mut times = Times::default();
        for round in 0..=options.rounds {
            let (ids, question) = (ids.clone(), question.clone());
            let (first, all) = link.time(3, Command::Inspect { ids, question }).await?;
            if round > 0 {
                times.first.push(first);
                times.all.push(all);
            }
        }
        measured.push(times);
    }
    browser.quit().await?;
    Ok((format!("{}, {} threads", model.device, model.threads), measured))
}
