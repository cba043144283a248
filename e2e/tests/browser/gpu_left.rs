//! A page with a GPU that nobody looks at, and one whose worker ends while the GPU reads: no text
//! is lost.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Link, Page, Site, WorkerLink};
use protocol::{Command, Event, PromptDevice};

use crate::faults::REACH_WORKERS;
use crate::gpu_continues::{check_tokens, drawn, load_demo};
use crate::gpu_prompts::{has_gpu, start, submits, watched};
use crate::questions::settings;

/// Tokens that are drawn.
const DRAWN: u32 = 40;

/// Notes whether the page is hidden, ever.
const NOTE: &str = "
    window.wasHidden = document.hidden;
    addEventListener('visibilitychange', () => window.wasHidden ||= document.hidden);";

#[tokio::test]
async fn a_hidden_page_goes_on_by_the_gpu_and_loses_no_token() -> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", Headers::Isolating, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let generate = |ids: &[u32]| {
        let (ids, settings) = (ids.to_vec(), settings());
        Command::Generate { ids, settings, max_new_tokens: DRAWN, candidates: 10 }
    };
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let prompt = load_demo(&mut link, PromptDevice::Same).await?;
    let expected = link.ask(3, generate(&prompt)).await?;
    drop(link);
    let mut link = start(&browser, &site).await?;
    load_demo(&mut link, PromptDevice::GpuContinues).await?;
    browser.script(NOTE, vec![]).await?;
    let page = browser.window().await?;
    let begun = submits(&browser).await?;
    link.send(4, generate(&prompt)).await?;
    // Another page is in front of it, until the text has ended.
    let other = browser.new_tab().await?;
    browser.switch_to_window(other.clone()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    browser.switch_to_window(page.clone()).await?;
    let at_first = submits(&browser).await?;
    let patience = Instant::now();
    let ended = "return received.at(-1)?.reply.event.type === 'finished';";
    while browser.script(ended, vec![]).await? != true {
        ensure!(patience.elapsed() < Duration::from_secs(60), "the text does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let hidden = browser.script("return wasHidden;", vec![]).await?;
    println!("hidden: {hidden}; {begun}, then {at_first} passes");
    ensure!(hidden == true, "the page was never hidden");
    let events = link.events(4).await?;
    check_tokens(&events, &expected, "hidden")?;
    ensure!(drawn(&events).len() == DRAWN as usize);
    let told = events.iter().any(|event| matches!(event, Event::PromptsReadBy { .. }));
    ensure!(!told, "the GPU was given up");
    browser.switch_to_window(other).await?;
    browser.close_window().await?;
    browser.switch_to_window(page).await?;
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_worker_that_ends_while_the_gpu_reads_is_replaced_and_the_text_is_read()
-> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    browser.before_pages(REACH_WORKERS).await?;
    let prompt = "The cat sat on the mat and looked at the bird in the tree. ".repeat(24);
    let page = Page::open(&browser, &site.url("?device=gpu")).await?;
    page.settled().await?;
    page.fill("#prompt", &prompt).await?;
    let step = page.step().await?;
    // It takes the GPU some hundred milliseconds, and the text begins to be read at once.
    let kill = "document.querySelector('#start').click();
        setTimeout(() => {
            workers.at(-1).terminate();
            workers.at(-1)
                .dispatchEvent(new ErrorEvent('error', { message: 'unreachable' }));
            window.stepThen = document.documentElement.dataset.step || 0;
        }, 40);";
    browser.script(kill, vec![]).await?;
    page.until("workers.length === 2").await?;
    let then = page.value("Number(stepThen)").await?;
    ensure!(then.as_f64() == Some(step as f64), "the text was read before that");
    page.until("document.querySelectorAll('#distribution [data-rank]').length > 0")
        .await?;
    page.settled().await?;
    let typed = page.value("document.querySelector('#prompt').value").await?;
    ensure!(typed == prompt.as_str(), "{typed}");
    let rows = page.rows().await?;
    let page = Page::open(&browser, &site.url("?device=cpu")).await?;
    page.start(&prompt).await?;
    let expected = page.rows().await?;
    ensure!(rows.len() == expected.len() && rows.len() >= 10, "{rows:?}");
    for (row, expected) in rows.iter().zip(&expected) {
        ensure!(row.id == expected.id, "{rows:?}, {expected:?}");
        ensure!((row.p - expected.p).abs() <= 1e-3, "{row:?}, {expected:?}");
    }
    browser.quit().await
}
