//! The Token Explorer as a person uses it, by mouse and by keyboard, on the shipped
//! demo model.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};
use thirtyfour::prelude::*;

async fn site() -> Site {
    Site::start("/", Headers::Isolating, &[]).await
}

#[tokio::test]
async fn a_first_visit_shows_a_distribution_without_a_click() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    page.until("document.querySelectorAll('#distribution [data-rank]').length > 0")
        .await?;
    page.settled().await?;
    let rows = page.rows().await?;
    ensure!(rows.len() == 10, "{} rows", rows.len());
    let listed: f64 = rows.iter().map(|row| row.p).sum();
    ensure!(listed > 0.1 && listed < 1.0, "{listed}");
    ensure!(rows.windows(2).all(|pair| pair[0].p >= pair[1].p));
    // Prompt, text, controls and rows are on screen together.
    for part in
        ["#prompt", "#strip", "#temperature", "#top-k", "#distribution [data-rank='10']"]
    {
        let on_screen = format!(
            "(() => {{ const r = document.querySelector(\"{part}\").getBoundingClientRect();
                return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight; }})()"
        );
        ensure!(page.value(&on_screen).await? == true, "{part} is not on screen");
    }
    browser.quit().await
}

#[tokio::test]
async fn picking_undoing_and_redoing_walk_the_text_token_by_token() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Lily and Ben went to the").await?;
    let prompt = page.ids().await?;
    let forward = page.forward_tokens().await?;
    let third = page.rows().await?[2].id;
    page.click("#distribution [data-rank='3']").await?;
    page.settled().await?;
    let picked = page.ids().await?;
    ensure!(picked.len() == prompt.len() + 1 && picked.last() == Some(&third));
    // The click cost one token: nothing was tokenised or read again.
    ensure!(page.forward_tokens().await? == forward + 1);

    page.click("#undo").await?;
    page.settled().await?;
    ensure!(page.ids().await? == prompt);
    page.click("#redo").await?;
    page.settled().await?;
    ensure!(page.ids().await? == picked);

    page.click("#reset").await?;
    page.settled().await?;
    ensure!(page.ids().await?.is_empty() && page.rows().await?.is_empty());
    let kept = page.value("document.querySelector('#prompt').value").await?;
    ensure!(kept == "Lily and Ben went to the");
    browser.quit().await
}

#[tokio::test]
async fn greedy_works_with_a_single_row_and_takes_the_top_token() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a").await?;
    page.set("#top-k", 1.0).await?;
    page.settled().await?;
    let rows = page.rows().await?;
    ensure!(rows.len() == 1, "{} rows", rows.len());
    page.click("#greedy").await?;
    page.settled().await?;
    ensure!(page.ids().await?.last() == Some(&rows[0].id));
    page.set("#top-k", 50.0).await?;
    page.settled().await?;
    ensure!(page.rows().await?.len() == 50);
    browser.quit().await
}

#[tokio::test]
async fn knobs_change_what_is_drawn_from_and_run_no_forward_pass() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("One day, a little").await?;
    let (before, forward) = (page.rows().await?, page.forward_tokens().await?);
    let p = |rows: &[e2e::Row]| -> Vec<f64> { rows.iter().map(|row| row.p).collect() };

    let changed =
        |step: u64| format!("Number(document.documentElement.dataset.step) > {step}");
    for temperature in [0.0, 2.0, 0.5] {
        let step = page.step().await?;
        page.set("#temperature", temperature).await?;
        page.until(&changed(step)).await?;
        page.settled().await?;
        let rows = page.rows().await?;
        ensure!(p(&rows) == p(&before), "p moved with the temperature");
        match temperature {
            0.0 => ensure!(rows[0].q == 1.0 && rows[1].q == 0.0, "{rows:?}"),
            2.0 => ensure!(rows[0].q < rows[0].p, "{rows:?}"),
            _ => ensure!(rows[0].q > rows[0].p, "{rows:?}"),
        }
    }
    let step = page.step().await?;
    page.click("#sampler summary").await?;
    page.set("#sampler-top-k", 3.0).await?;
    page.until(&changed(step)).await?;
    page.settled().await?;
    let rows = page.rows().await?;
    ensure!(rows[2].q > 0.0 && rows[3].q == 0.0, "{rows:?}");
    let kept: f64 = rows.iter().map(|row| row.q).sum();
    ensure!((kept - 1.0).abs() < 1e-5, "{kept}");
    ensure!(page.forward_tokens().await? == forward, "a knob ran a forward pass");
    browser.quit().await
}

#[tokio::test]
async fn everything_can_be_done_from_the_keyboard() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    page.fill("#prompt", "The dog was very").await?;
    let step = page.step().await?;
    page.keys(Key::Control + Key::Enter).await?;
    page.until(&format!("Number(document.documentElement.dataset.step) > {step}"))
        .await?;
    page.settled().await?;
    let prompt = page.ids().await?;
    // Where nothing announces them, keys do nothing.
    page.value("document.activeElement.blur()").await?;
    page.keys("2").await?;
    page.value("document.querySelector('#temperature').focus()").await?;
    page.keys("g").await?;
    page.settled().await?;
    ensure!(page.ids().await? == prompt, "a key acted outside of its region");

    page.value("document.querySelector('#panel').focus()").await?;
    let rows = page.rows().await?;
    page.keys("2").await?;
    page.settled().await?;
    ensure!(page.ids().await?.last() == Some(&rows[1].id), "2 picks rank 2");
    let rows = page.rows().await?;
    page.keys("g").await?;
    page.settled().await?;
    ensure!(page.ids().await?.last() == Some(&rows[0].id), "g picks the top token");
    page.keys("s").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 3, "s appends the sampled token");
    page.keys(Key::Control + "z").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 2, "control z undoes");
    page.keys(Key::Control + "y").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 3, "control y does it again");
    page.keys(Key::Backspace).await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 2, "backspace undoes");

    // Walking the rows, and appending the one that has the focus.
    let rows = page.rows().await?;
    page.keys(Key::Down).await?;
    page.until("document.activeElement.dataset.rank === '1'").await?;
    page.keys(Key::Down).await?;
    page.until("document.activeElement.dataset.rank === '2'").await?;
    page.keys(Key::Right).await?;
    page.settled().await?;
    ensure!(page.ids().await?.last() == Some(&rows[1].id), "→ appends the row");
    page.until("document.activeElement.dataset.rank === '2'").await?;

    page.keys("/").await?;
    page.until("document.activeElement.id === 'prompt'").await?;
    page.keys("g/1").await?;
    page.until("document.querySelector('#prompt').value.includes('g/1')").await?;
    page.value("document.querySelector('#panel').focus()").await?;
    page.keys("?").await?;
    page.until("document.querySelector('#help').open").await?;
    page.keys(Key::Escape).await?;
    page.until("!document.querySelector('#help').open").await?;
    browser.quit().await
}

#[tokio::test]
async fn any_token_of_the_text_can_be_looked_back_at() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Tim had a red ball").await?;
    let ids = page.ids().await?;
    let forward = page.forward_tokens().await?;
    let title = page.text("#panel-title").await?;
    page.click("#strip [data-token-index='3']").await?;
    page.settled().await?;
    ensure!(
        page.text("#panel-title").await? != title,
        "the panel says that it looks back"
    );
    ensure!(page.ids().await? == ids, "looking back changes nothing");
    ensure!(page.forward_tokens().await? == forward, "looking back ran a forward pass");

    // Another token there makes another text; the first is one undo away.
    let other =
        page.rows().await?.iter().find(|row| row.id != ids[3]).map(|row| row.rank);
    page.click(&format!("#distribution [data-rank='{}']", other.unwrap_or(1))).await?;
    page.settled().await?;
    let branch = page.ids().await?;
    ensure!(branch.len() == 4 && branch[..3] == ids[..3] && branch[3] != ids[3]);
    page.click("#undo").await?;
    page.settled().await?;
    ensure!(page.ids().await? == ids);
    browser.quit().await
}

#[tokio::test]
async fn play_goes_on_until_it_is_stopped() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::slow(), Kind::Instruct, 1));
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    page.start("abc").await?;
    page.click("#play").await?;
    let some = "document.querySelectorAll('#strip [data-token-index]').length > 6";
    page.click_once("#stop", some).await?;
    page.settled().await?;
    let stopped = page.ids().await?;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    ensure!(page.ids().await? == stopped, "tokens came after the stop");
    browser.quit().await
}

#[tokio::test]
async fn texts_of_every_kind_are_shown_as_data() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
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
    // Also where the markup is a token of the model's vocabulary.
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
    // The token is somewhere among the 259: pick until it is listed, at most a while.
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
    let prefill = "/Prefill/.test(document.querySelector('#status-text').textContent)";
    page.click_once("#stop", prefill).await?;
    let stopped = std::time::Instant::now();
    page.settled().await?;
    ensure!(stopped.elapsed().as_secs() < 5, "stopped after {:?}", stopped.elapsed());
    let kept = page.value("document.querySelector('#prompt').value.length").await?;
    ensure!(kept == words.len(), "the prompt is kept");

    page.start(words.trim_end()).await?;
    let count = page.ids().await?.len();
    ensure!((3000..3010).contains(&count), "{count} tokens");
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}

#[tokio::test]
async fn a_prompt_longer_than_the_context_is_explained_and_kept() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    let words = "word ".repeat(3000);
    page.fill("#prompt", &words).await?;
    page.click("#start").await?;
    page.until("!document.querySelector('#error').hidden").await?;
    let error = page.text("#error").await?;
    ensure!(error.contains("512"), "{error}");
    let kept = page.value("document.querySelector('#prompt').value.length").await?;
    ensure!(kept == words.len());
    // And the page goes on.
    page.start("The dog").await?;
    browser.quit().await
}

#[tokio::test]
async fn an_empty_prompt_is_told_and_nothing_is_asked() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    let step = page.step().await?;
    page.fill("#prompt", "").await?;
    page.click("#start").await?;
    page.until("!document.querySelector('#error').hidden").await?;
    ensure!(page.step().await? == step);
    browser.quit().await
}

#[tokio::test]
async fn a_reset_while_the_model_works_draws_nothing_late() -> Result<()> {
    let shape = Shape { max_position_embeddings: 32_768, ..Shape::tiny() };
    let model = ModelFolder::new(&random_model::files(&shape, Kind::Instruct, 1));
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    page.fill("#prompt", &"word ".repeat(2000)).await?;
    page.click("#start").await?;
    page.until("document.querySelectorAll('#strip [data-token-index]').length > 9000")
        .await?;
    page.click("#reset").await?;
    let step = page.step().await?;
    page.settled().await?;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    ensure!(page.step().await? == step, "something was drawn after the reset");
    ensure!(page.ids().await?.is_empty() && page.rows().await?.is_empty());
    browser.quit().await
}

#[tokio::test]
async fn a_reload_brings_back_prompt_settings_and_text() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Ben has a big").await?;
    page.set("#temperature", 1.3).await?;
    page.settled().await?;
    page.click("#distribution [data-rank='2']").await?;
    page.settled().await?;
    let (ids, rows) = (page.ids().await?, page.rows().await?);
    browser.refresh().await?;
    page.settled().await?;
    page.until("document.querySelectorAll('#distribution [data-rank]').length > 0")
        .await?;
    page.settled().await?;
    ensure!(page.ids().await? == ids);
    let again = page.rows().await?;
    ensure!(!rows.is_empty() && rows.len() == again.len(), "{rows:?} {again:?}");
    ensure!(
        rows.iter().zip(&again).all(|(a, b)| a.id == b.id && (a.q - b.q).abs() < 1e-4)
    );
    ensure!(
        page.value("document.querySelector('#prompt').value").await? == "Ben has a big"
    );
    ensure!(page.value("document.querySelector('#temperature').value").await? == "1.3");
    browser.quit().await
}
