//! A long time in the browser: a person acts at random on the page, while workers are killed,
//! threads trap, memory is refused, a server goes away and storage is full. Nothing that was
//! typed may be lost, what is shown must be true, and memory must not grow.

mod faults;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use e2e::{Browser, Headers, Hosting, Native, Oracle, Page, Person, Site, SocketLink};

use self::faults::{FAULTS, FaultInjector};
use crate::memory::check_growth;

/// How long, and what.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long, default_value_t = 120.0)]
    minutes: f64,
    /// The seed of what the person does
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds of actions between faults
    #[arg(long, default_value_t = 8)]
    rounds: u64,
}

/// Lines of the table, each with a sample of memory.
const SAMPLES: u32 = 30;
/// Actions in a round.
const ACTIONS: u32 = 20;
/// What the browser gets to give memory back, before it is measured.
const SETTLE: Duration = Duration::from_secs(2);
/// How much memory may grow from the first third to the last, in addition to a tenth of it:
/// browsers collect garbage when they like.
const SLACK_MB: u64 = 64;

/// Runs and prints.
///
/// # Errors
/// If something was lost or stale, or memory grew.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<()> {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo-model");
    let folder = faults::site()?;
    let site = Site::hosted(Hosting {
        headers: Headers::Isolating,
        dist: Some(folder.path()),
        folders: &[("demo", &demo)],
        ..Hosting::default()
    });
    let native = Native::start(&demo).await?;
    let browser = Browser::start().await?;
    let person = Person::at(&browser).await?;
    browser.before_pages(faults::TRACK_WORKERS).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let injector = FaultInjector { page: &page, site: &site, demo: &demo };

    let duration = Duration::from_secs_f64(options.minutes * 60.0);
    let (start, mut memory) = (Instant::now(), Vec::new());
    let (mut rounds, mut injected, mut bars, mut failures) = (0, 0, 0, 0);
    println!(" minute  memory MB    rounds      bars    faults  failures");
    while start.elapsed() < duration {
        let round = person.act(options.seed + rounds, ACTIONS).await?;
        rounds += 1;
        bars += round.seen.rows.len();
        let mut wrongs = round.wrongs;
        // A socket that is not read between rounds would answer no ping, and be closed.
        let mut oracle = Oracle::new(SocketLink::start(&native).await?);
        wrongs.extend(oracle.check(&round.seen).await.err().map(|e| format!("{e:#}")));
        if !wrongs.is_empty() {
            failures += 1;
            println!("failure in round {rounds}: {wrongs:?}: {}", round.done.join(", "));
            page_again(&page, &site).await?;
        }
        if rounds % options.rounds == 0 {
            let (name, fault) = FAULTS[injected % FAULTS.len()];
            injected += 1;
            if let Err(error) = injector.inject(fault).await {
                failures += 1;
                println!("failure when {name}, after round {rounds}: {error:#}");
                page_again(&page, &site).await?;
            }
        }
        let due =
            start.elapsed().as_secs_f64() / duration.as_secs_f64() * f64::from(SAMPLES);
        while memory.len() < due.min(f64::from(SAMPLES)) as usize {
            // What nobody holds any more is not what grows: workers that a fault has ended, too.
            browser.collect_garbage().await?;
            tokio::time::sleep(SETTLE).await;
            let resident =
                browser.memory().context("this system does not report memory")? >> 20;
            memory.push(resident);
            let minute = start.elapsed().as_secs_f64() / 60.0;
            println!(
                "{minute:7.1} {resident:10} {rounds:9} {bars:9} {injected:9} {failures:9}"
            );
        }
    }
    browser.quit_after_faults().await?;
    check_growth(&memory, SLACK_MB)?;
    check_failures(failures)
}

/// Opens a fresh page after a failure, so that it is counted once.
async fn page_again(page: &Page<'_>, site: &Site) -> Result<()> {
    // The page stores what it has when it is left.
    page.browser.goto(site.url("blank.html")).await?;
    let clear = "sessionStorage.clear(); localStorage.clear();";
    page.browser.script(clear, vec![]).await?;
    Page::open(page.browser, &site.url("")).await.map(drop)
}

fn check_failures(failures: u32) -> Result<()> {
    match failures {
        0 => Ok(()),
        count => bail!("{count} failures"),
    }
}
