//! The Token Explorer as a person uses it by mouse, on the shipped demo model.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};

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
    // The click cost one token: nothing was tokenized or read again.
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

    // Another token there makes another text. Undo brings the first one back.
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
async fn a_reset_while_the_model_works_draws_nothing_late() -> Result<()> {
    let shape = Shape { max_position_embeddings: 32_768, ..Shape::tiny() };
    let model = ModelFolder::new(&random_model::files(&shape, Kind::Instruct, 1));
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    page.fill("#prompt", &"word ".repeat(2000)).await?;
    page.click("#start").await?;
    page.until("document.querySelectorAll('#strip [data-token-index]').length > 2000")
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
