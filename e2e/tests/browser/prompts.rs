//! Prompts of every kind: markup, long ones, and none.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};

#[tokio::test]
async fn texts_of_every_kind_are_shown_as_data() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let texts = [
        "<img src=x onerror=\"document.title='broken'\"> and <script>document.title='broken'</script>",
        "A family: 👩‍👩‍👧 and a flag 🇫🇷",
        "שלום עולם, and مرحبا بالعالم",
        "tabs\tand\n\nnew lines   and spaces",
    ];
    for text in texts {
        page.start(text).await?;
        ensure!(!page.rows().await?.is_empty(), "{text}");
    }
    ensure!(page.value("document.title").await? == "Next-Token Visualizer");
    ensure!(
        page.value("document.querySelectorAll('main img, main script').length").await?
            == 0
    );
    browser.quit().await
}

#[tokio::test]
async fn markup_in_a_models_vocabulary_is_shown_as_data() -> Result<()> {
    let mut files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let tokenizer = String::from_utf8(files.tokenizer)?;
    let evil = "<img src=x onerror=document.title=1>";
    files.tokenizer = tokenizer.replace("<|im_start|>", evil).into_bytes();
    files.tokenizer_config = b"{}".to_vec();
    let model = ModelFolder::new(&files);
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    page.start("abc").await?;
    page.set("#top-k", 50.0).await?;
    // The token is one of 259: sample until it is listed, but not for ever.
    for _ in 0..40 {
        page.settled().await?;
        let shown = page
            .value(
                "[...document.querySelectorAll('#distribution [data-id=\"1\"]')].length",
            )
            .await?;
        if shown == 1 {
            page.click("#distribution [data-id='1']").await?;
            page.settled().await?;
            break;
        }
        page.click("#sample").await?;
    }
    ensure!(page.ids().await?.contains(&1), "the token never came up");
    ensure!(page.value("document.title").await? == "Next-Token Visualizer");
    ensure!(page.value("document.querySelectorAll('main img').length").await? == 0);
    browser.quit().await
}

#[tokio::test]
async fn a_prompt_of_3000_words_is_read_and_can_be_stopped() -> Result<()> {
    // The demo model's words, in a model that has room for them.
    let shape = Shape { vocab_size: 4096, ..Shape::slow() };
    let mut files = random_model::files(&shape, Kind::Instruct, 1);
    files.tokenizer = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../demo-model/tokenizer.json"
    ))?;
    let model = ModelFolder::new(&files);
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    let words = "little ".repeat(3000);
    page.fill("#prompt", &words).await?;
    page.click("#start").await?;
    let prefill = "/Reading: /.test(document.querySelector('#status-text').textContent)";
    page.click_once("#stop", prefill).await?;
    let stopped = std::time::Instant::now();
    page.settled().await?;
    println!("a prefill of 3,000 tokens was stopped within {:?}", stopped.elapsed());
    let kept = page.value("document.querySelector('#prompt').value.length").await?;
    ensure!(kept == words.len(), "the prompt is kept");

    page.start(words.trim_end()).await?;
    // Of a long text its end is drawn; all of it is counted.
    ensure!(page.ids().await?.len() == 2048);
    let facts = page.text("#text-facts").await?;
    ensure!(facts.starts_with("3,00"), "{facts}");
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}

#[tokio::test]
async fn a_prompt_longer_than_the_context_is_explained_and_kept() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let words = "word ".repeat(3000);
    page.fill("#prompt", &words).await?;
    page.click("#start").await?;
    page.until("!document.querySelector('#error').hidden").await?;
    let error = page.text("#error").await?;
    ensure!(error.contains("512"), "{error}");
    let kept = page.value("document.querySelector('#prompt').value.length").await?;
    ensure!(kept == words.len());
    // The page goes on.
    page.start("The dog").await?;
    browser.quit().await
}

#[tokio::test]
async fn an_empty_prompt_is_told_and_nothing_is_asked() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let step = page.step().await?;
    page.fill("#prompt", "").await?;
    page.click("#start").await?;
    page.until("!document.querySelector('#error').hidden").await?;
    ensure!(page.step().await? == step);
    browser.quit().await
}
