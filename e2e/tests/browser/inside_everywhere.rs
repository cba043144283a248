//! Looking into the model in the chat, on the native server and on a real model, one head for
//! every token, the token to compare with, and the accessibility tree.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, ModelFolder, Native, Page};
use random_model::{Kind, Shape};
use serde_json::Value;
use test_support::{data, real_model};
use thirtyfour::prelude::*;

use crate::hub_pages::NAME;
use crate::inside_pictures::{KEEP_FILES, LOOKED, click, occlude, saved};
use crate::looks::{LOOKS, begin};

/// All views answer about what is in view.
async fn looks_inside(page: &Page<'_>) -> Result<()> {
    page.click("#tool-open-inside").await?;
    page.until(LOOKED).await?;
    page.click("#inside-view-attention").await?;
    page.until("document.querySelector('#inside-text').textContent !== ''").await?;
    page.click("#inside-view-attribution").await?;
    page.until(
        "document.querySelector('#inside-note').textContent.startsWith('Together')",
    )
    .await?;
    occlude(page).await?;
    // The table of the view before is there for another frame.
    click(page, "#inside-view-lens").await?;
    page.until(LOOKED).await?;
    let problem = page.text("#inside-note").await?;
    ensure!(problem.is_empty(), "{problem}");
    Ok(())
}

#[tokio::test]
async fn a_token_of_a_reply_is_looked_into() -> Result<()> {
    let (site, browser) = begin().await?;
    for look in LOOKS {
        let page = look.open(&browser, &site).await?;
        page.click("#tab-chat").await?;
        page.say("Tell me a story about a cat.").await?;
        // What was chosen before is remembered.
        let tokens = "document.querySelectorAll('.reply .tok').length > 3";
        if page.value(tokens).await? == false {
            page.click("#show-tokens").await?;
        }
        page.until(tokens).await?;
        page.value("document.querySelector('.reply .tok:nth-of-type(3)').click()")
            .await?;
        let title = "document.querySelector('#panel-title').textContent";
        page.until(&format!("{title}.startsWith('Reply token 3')")).await?;
        looks_inside(&page).await?;
        // What is open is about that token: it was drawn, and is the one that is followed.
        let token =
            "document.querySelector('.reply .tok:nth-of-type(3)').textContent.trim()";
        let token = page.value(token).await?;
        let heads = "[...document.querySelectorAll('#inside-table thead th')].map((th) => th.textContent)";
        let heads: Vec<String> = serde_json::from_value(page.value(heads).await?)?;
        let token = token.as_str().context("a token has a text")?;
        ensure!(heads[5].contains(token), "{token} is not followed: {heads:?}");
        look.picture(&page, "inside-chat").await?;
    }
    browser.quit().await
}

#[tokio::test]
async fn on_the_native_server_the_same_is_found() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let native = Native::start(model.path()).await?;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &native.url("")).await?;
    let in_browser = page.text("#model-name").await?;
    page.open_menu().await?;
    page.click("#backend-native").await?;
    page.until(&format!("{NAME} !== {in_browser:?}")).await?;
    page.settled().await?;
    page.keys(Key::Escape).await?;
    page.start("Once upon a time").await?;
    looks_inside(&page).await?;
    browser.quit().await
}

#[tokio::test]
async fn one_head_is_shown_for_every_token_and_rivals_are_chosen() -> Result<()> {
    let (site, browser) = begin().await?;
    for look in LOOKS {
        let page = look.open(&browser, &site).await?;
        page.start("Once upon a time, there was a little").await?;
        page.click("#tool-open-inside").await?;
        page.click("#inside-view-attention").await?;
        page.click("#inside-matrix").await?;
        page.until("document.querySelector('#inside-table').dataset.shape === 'matrix'")
            .await?;
        let sums = "[...document.querySelectorAll('#inside-table tbody tr')].map((row) =>
            [...row.querySelectorAll('td')].reduce((sum, td) => sum + Number(td.textContent), 0))";
        let sums: Vec<f64> = serde_json::from_value(page.value(sums).await?)?;
        let tokens = page.ids().await?.len();
        ensure!(sums.len() == tokens, "{tokens} tokens: {sums:?}");
        // Rounded to whole percents.
        ensure!(sums.iter().all(|sum| (sum - 100.0).abs() < 8.0), "{sums:?}");
        look.picture(&page, "inside-head").await?;
        page.click("#inside-matrix").await?;

        page.click("#inside-view-attribution").await?;
        page.until("document.querySelectorAll('#inside-rival option').length > 5")
            .await?;
        let third = "document.querySelectorAll('#inside-rival option')[3].textContent";
        let third = page.value(third).await?;
        let choose = "(() => { const field = document.querySelector('#inside-rival');
            field.selectedIndex = 3;
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true })); })()";
        page.value(choose).await?;
        let head = "document.querySelectorAll('#inside-table thead th')[2]?.textContent";
        page.until(&format!("{head} === {third}")).await?;
        look.picture(&page, "inside-rival").await?;
        follow_one_more(&page).await?;
    }
    browser.quit().await
}

/// The lens follows what was chosen before and one more, until that is let go.
async fn follow_one_more(page: &Page<'_>) -> Result<()> {
    page.click("#inside-view-lens").await?;
    page.until("document.querySelectorAll('#inside-chosen button').length === 1").await?;
    let choose = "(() => { const field = document.querySelector('#inside-rival');
        field.selectedIndex = 4;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new Event('change', { bubbles: true })); })()";
    page.value(choose).await?;
    let ranks = "[...document.querySelectorAll('#inside-table thead th')]
        .filter((th) => th.textContent.startsWith('rank of')).length";
    page.until(&format!("{ranks} === 3")).await?;
    page.click("#inside-chosen button").await?;
    page.until(&format!("{ranks} === 2")).await
}

#[tokio::test]
async fn a_page_that_was_just_opened_is_one_click_from_the_worked_example() -> Result<()>
{
    let (site, browser) = begin().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.settled().await?;
    page.click("#see-lesson").await?;
    page.until("!document.querySelector('#inside-lesson').hidden").await?;
    page.until("document.querySelectorAll('#inside-table tbody tr').length > 1").await?;
    browser.quit().await
}

#[tokio::test]
async fn the_accessibility_tree_has_the_numbers_of_every_picture() -> Result<()> {
    let (site, browser) = begin().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    click(&page, "#tool-open-inside").await?;
    page.until(LOOKED).await?;
    let has = |tree: &[(String, String)], role: &str, name: &str| {
        let found = tree.iter().any(|(of, named)| of == role && named.contains(name));
        ensure!(found, "no {role} {name} in {tree:?}");
        Ok(())
    };
    let tree = browser.accessibility_tree().await?;
    for (role, name) in [
        ("button", "Layer by layer"),
        ("button", "What mattered"),
        ("button", "When does it know?"),
        ("button", "Save SVG"),
        ("combobox", "Compared with"),
        ("table", "What the model would say after each layer"),
        ("columnheader", "entropy"),
        ("rowheader", "embedding"),
    ] {
        has(&tree, role, name)?;
    }
    let cells = tree.iter().filter(|(role, _)| role == "cell" || role == "gridcell");
    ensure!(cells.filter(|(_, name)| name.contains('%')).count() > 8, "{tree:?}");
    page.click("#inside-view-attention").await?;
    page.until("document.querySelector('#inside-text').textContent !== ''").await?;
    let tree = browser.accessibility_tree().await?;
    has(&tree, "table", "The token that each head looks at most")?;
    has(&tree, "spinbutton", "Layer")?;
    has(&tree, "button", "Every token")?;
    // The shaded text says its numbers.
    has(&tree, "StaticText", "%)")?;
    occlude(&page).await?;
    let tree = browser.accessibility_tree().await?;
    has(&tree, "table", "is without each part")?;
    has(&tree, "rowheader", "without ")?;
    has(&tree, "cell", "bits")?;
    has(&tree, "status", "")?;
    browser.quit().await
}

#[tokio::test]
async fn the_lesson_shows_when_a_real_model_knows() -> Result<()> {
    let Some(reference) = data("smollm2/real-model-reference.json") else {
        return Ok(());
    };
    let Some(file) = real_model() else { return Ok(()) };
    let file = file.canonicalize()?;
    let reference: Value = serde_json::from_slice(&std::fs::read(reference)?)?;
    let (site, browser) = begin().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    browser.script(KEEP_FILES, vec![]).await?;
    let before = page.value(NAME).await?;
    page.open_models().await?;
    let input = browser.find(By::Css("#model-files")).await?;
    input.send_keys(file.display().to_string()).await?;
    page.until(&format!("{NAME} !== {before}")).await?;
    page.settled().await?;
    click(&page, "#tool-open-inside").await?;
    page.click("#inside-begin-lesson").await?;
    page.until("!document.querySelector('#inside-lesson').hidden").await?;
    page.until("document.querySelectorAll('#inside-table tbody tr').length === 31")
        .await?;
    page.settled().await?;
    let said = page.text("#inside-lesson").await?;
    ensure!(said.contains("Paris"), "{said}");
    browser.picture("inside-lesson-real").await?;
    let json = saved(&page, "#inside-json", "lens.json").await?;
    // Numbers of 32 bits have nine digits at most.
    let too_long = format!("/[1-9][0-9]{{10,}}/.exec(decodeURIComponent({json:?}))");
    ensure!(page.value(&too_long).await?.is_null(), "more digits than numbers have");
    let json = format!(
        "JSON.parse(decodeURIComponent({json:?}.slice({json:?}.indexOf(',') + 1)))[0]"
    );
    let found = page.value(&json).await?;
    let prompt = &reference["prompts"][0];
    ensure!(prompt["text"] == "The capital of France is", "{}", prompt["text"]);
    let expected = prompt["logit_lens_last_position"].as_array().context("a lens")?;
    let layers = found["layers"].as_array().context("layers")?;
    ensure!(layers.len() == expected.len(), "{} layers", layers.len());
    for (layer, expected) in layers.iter().zip(expected) {
        let top = &layer["top"][0];
        let known = expected["top"].as_array().context("tokens")?;
        let same = known.iter().find(|known| known[0] == top["token"]["id"]);
        let p = same.and_then(|known| known[1].as_f64()).context("its p is known")?;
        let own = top["probability"].as_f64().context("it has one")?;
        ensure!((own - p).abs() < 0.01, "{own}, not {p}: {top}");
    }
    // All four views of the last prediction, as pictures.
    page.click("#inside-view-attention").await?;
    page.until("document.querySelector('#inside-text').textContent !== ''").await?;
    browser.picture("inside-attention-real").await?;
    occlude(&page).await?;
    browser.picture("inside-occlusion-real").await?;
    page.click("#inside-view-attribution").await?;
    page.until(
        "document.querySelector('#inside-note').textContent.startsWith('Together')",
    )
    .await?;
    browser.picture("inside-attribution-real").await?;
    browser.quit().await
}
