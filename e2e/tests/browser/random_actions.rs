//! Random sequences of a person's actions on the real page: in any order, each number is of the
//! text that is shown with it, no text is lost, every enabled control does something, and all
//! work ends.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Native, Oracle, Page, Person, Site, SocketLink};

/// The number of sequences, unless `NEXTTOKEN_TEST_SEQUENCES` sets another.
const SEQUENCES: u64 = 40;
const ACTIONS: u32 = 20;
/// The page is loaded again after this many of them.
const VISIT: u64 = 12;

fn sequences() -> u64 {
    let wanted = std::env::var("NEXTTOKEN_TEST_SEQUENCES");
    wanted.ok().and_then(|count| count.parse().ok()).unwrap_or(SEQUENCES)
}

#[tokio::test]
async fn whatever_is_done_in_whatever_order_the_page_shows_what_is_true() -> Result<()> {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo-model");
    let native = Native::start(&demo).await?;
    let mut oracle = Oracle::new(SocketLink::start(&native).await?);
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let person = Person::at(&browser).await?;
    let mut bars = 0;
    for seed in 0..sequences() {
        if seed % VISIT == 0 {
            // What was written and shown is there again, and the rules hold for it, too.
            let page = Page::open(&browser, &site.url("")).await?;
            page.settled().await?;
        }
        let round = person.act(seed, ACTIONS).await?;
        let done =
            || format!("sequence {seed}: {}: {:?}", round.done.join(", "), round.seen);
        ensure!(round.wrongs.is_empty(), "{:?} after {}", round.wrongs, done());
        oracle.check(&round.seen).await.with_context(done)?;
        ensure!(
            round.seen.progress.is_none(),
            "{:?} after {}",
            round.seen.progress,
            done()
        );
        bars += round.seen.rows.len();
    }
    ensure!(bars > 0, "no bars were ever shown");
    browser.quit().await
}
