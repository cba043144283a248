//! How smoothly the page follows a hand: a knob that is turned once a frame, with 50 rows and a
//! long text, and a long text that is scrolled.

use anyhow::Result;
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Tokens of the text
    #[arg(long, default_value_t = 2000)]
    tokens: usize,
    /// Rows of the distribution
    #[arg(long, default_value_t = 50)]
    rows: u32,
    /// Frames of each measurement
    #[arg(long, default_value_t = 240)]
    frames: u32,
}

/// Measures and prints.
///
/// # Errors
/// If the site is not built, or there is no browser.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<()> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let model = ModelFolder::new(&files);
    let site = Site::start("/", Headers::Isolating, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=./model/")).await?;
    // To this model, each letter is a token.
    page.start(&"abcdefghi ".repeat(options.tokens / 10)).await?;
    page.set("#top-k", options.rows).await?;
    page.settled().await?;
    println!(
        "{} tokens, {} rows, {} frames",
        options.tokens, options.rows, options.frames
    );
    for knob in ["#temperature", "#top-p", "#min-p"] {
        let before = page.forward_tokens().await?;
        let frames = page.turn_every_frame(knob, options.frames).await?;
        page.settled().await?;
        let read = page.forward_tokens().await? - before;
        println!("turning {knob}: {}; {read} tokens read", frames.summary());
    }
    let frames = page.scroll_every_frame("#strip", options.frames).await?;
    println!("scrolling the text: {}", frames.summary());
    browser.quit().await
}
