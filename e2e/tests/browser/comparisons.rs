//! Two engines side by side on the page: precisions, models, and the browser against a server.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Link, ModelFolder, Native, Page, Site, WorkerLink};
use protocol::{Command, Event, ModelSource, Precision};
use random_model::{Kind, Shape};

const RESULT: &str = "!document.querySelector('#comparison-result').hidden";

/// Chooses what to compare with, as by the list.
async fn compare_with(page: &Page<'_>, other: &str) -> Result<()> {
    page.set("#compared-with", other).await?;
    page.until(&format!("document.querySelector('#compared-with').value === '{other}'"))
        .await?;
    page.settled().await
}

/// The rows: token, p here and p there.
async fn rows(page: &Page<'_>) -> Result<Vec<(String, String, String)>> {
    let rows = "[...document.querySelectorAll('#comparison-rows .pair')].map((row) =>
        ['.token', '.value.here', '.value.there'].map((s) => row.querySelector(s).textContent))";
    Ok(serde_json::from_value(page.value(rows).await?)?)
}

/// ln p of every token after ids, by an engine of its own.
async fn whole(
    link: &mut WorkerLink<'_>,
    precision: Precision,
    ids: Vec<u32>,
) -> Result<Vec<f32>> {
    let load = Command::Load { source: ModelSource::Demo, precision };
    ensure!(matches!(link.answer(1, load).await?, Event::Ready(_)));
    match link.answer(2, Command::LogProbabilities { ids }).await? {
        Event::LogProbabilities(packed) => Ok(packed.values().unwrap_or_default()),
        other => anyhow::bail!("{other:?}"),
    }
}

#[tokio::test]
async fn precisions_of_a_model_are_compared_over_the_whole_vocabulary() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let before = page.forward_tokens().await?;
    page.click("#tool-open-compare").await?;
    compare_with(&page, "f32").await?;
    let cost = page.text("#comparison-cost").await?;
    ensure!(cost.contains("MB more memory"), "{cost}");
    page.click("#compare").await?;
    page.until(RESULT).await?;
    ensure!(page.forward_tokens().await? == before, "this model had its numbers at hand");
    let sides = page.text("#comparison-sides").await?;
    ensure!(sides.contains("Q8_0") && sides.contains("F32"), "{sides}");
    let shown = rows(&page).await?;
    ensure!(shown.len() >= 10, "{shown:?}");
    let said = page.text("#divergence-p").await?;

    // The sampler keeps all tokens, and draws nearly alike from both.
    let drawn = page.text("#divergence-q").await?;
    ensure!(drawn.starts_with("q: KL(this ‖ other) ") && drawn != said, "{drawn}");

    // A row is a step of both.
    let ids = page.ids().await?;
    page.click("#comparison-rows li:first-child .pair").await?;
    page.settled().await?;
    page.until(RESULT).await?;
    ensure!(page.ids().await?.len() == ids.len() + 1);

    // It gives way when it is unloaded, and the model is as it was.
    page.click("#close-side").await?;
    page.until(&format!("!({RESULT})")).await?;
    page.click("#undo").await?;
    page.settled().await?;

    // The divergence is that of engines that were asked apart from the page.
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let ids: Vec<u32> = ids.into_iter().map(|id| id as u32).collect();
    let fast = whole(&mut link, Precision::Auto, ids.clone()).await?;
    let exact = whole(&mut link, Precision::F32, ids).await?;
    let ln = fast.iter().zip(&exact).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let kl: f64 =
        ln.map(|(a, b)| a.exp() * (a - b)).sum::<f64>() / std::f64::consts::LN_2;
    println!("KL from 32 bits is {kl:.3e} bits; the page says {said}");
    let first = said.split("KL(this ‖ other) ").nth(1).and_then(|s| s.split(' ').next());
    let first: f64 = first.unwrap_or_default().parse().unwrap_or(f64::NAN);
    ensure!((first - kl).abs() <= kl * 0.01 + 1e-6, "{said} is not {kl}");
    browser.quit().await
}

#[tokio::test]
async fn a_model_with_other_tokens_is_compared_by_their_text_and_says_so() -> Result<()> {
    let files = random_model::files(&Shape::tiny(), Kind::Base, 2);
    let model = ModelFolder::new(&files);
    let site = Site::start("/", Headers::Isolating, &[("other", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    page.click("#tool-open-compare").await?;
    compare_with(&page, "model").await?;
    page.fill("#compared-model", "./other/").await?;
    page.click("#compare").await?;
    page.until(RESULT).await?;
    let note = page.text("#comparison-note").await?;
    ensure!(note.contains("different tokens"), "{note}");
    ensure!(page.text("#divergence-p").await?.is_empty());
    ensure!(
        rows(&page).await?.iter().any(|(_, here, there)| here == "–" || there == "–")
    );

    // What cannot be loaded is said, and the first model goes on.
    page.click("#close-side").await?;
    page.fill("#compared-model", "./nowhere/").await?;
    page.click("#compare").await?;
    page.until("document.querySelector('#comparison-note').textContent !== ''").await?;
    page.until("!document.querySelector('#compare').hidden").await?;
    page.click("#greedy").await?;
    page.settled().await?;
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}

#[tokio::test]
async fn the_browser_and_a_server_are_compared_with_the_same_model() -> Result<()> {
    let demo = e2e::dist().join("demo-model/model.gguf");
    let native = Native::start(&demo).await?;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &native.url("?model=demo")).await?;
    page.start("Once upon a time, there was a little").await?;
    page.click("#tool-open-compare").await?;
    compare_with(&page, "place").await?;
    page.click("#compare").await?;
    page.until(RESULT).await?;
    let sides = page.text("#comparison-sides").await?;
    ensure!(sides.contains("WebAssembly") && sides.contains("CPU"), "{sides}");
    for (token, here, there) in rows(&page).await? {
        let number = |p: &str| p.trim_end_matches('%').parse::<f64>().unwrap_or(f64::NAN);
        ensure!((number(&here) - number(&there)).abs() < 1.0, "{token}: {here}, {there}");
    }
    ensure!(page.text("#divergence-p").await?.contains("JS"));
    browser.quit().await
}
