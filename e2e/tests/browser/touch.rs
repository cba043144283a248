//! The page under fingers: real touch input, on a screen that has no other pointer.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use serde_json::Value;

/// A phone with the page, started from the prompt.
async fn phone<'a>(browser: &'a Browser, site: &Site) -> Result<Page<'a>> {
    browser.resize(360, 740).await?;
    browser.touch_screen().await?;
    let page = Page::open(browser, &site.url("")).await?;
    ensure!(page.value("matchMedia('(pointer: coarse)').matches").await? == true);
    page.tap("#start").await?;
    page.settled().await?;
    page.until("document.querySelectorAll('#distribution .row').length === 10").await?;
    Ok(page)
}

/// The top of the distribution's sheet, in pixels.
async fn sheet_top(page: &Page<'_>) -> Result<f64> {
    page.settled().await?;
    let still = "document.querySelector('#sheet').getAnimations().length === 0";
    page.until(still).await?;
    let top = page
        .value("document.querySelector('#sheet').getBoundingClientRect().top")
        .await?;
    Ok(top.as_f64().unwrap_or_default())
}

#[tokio::test]
async fn a_finger_chooses_tokens_and_walks_back() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = phone(&browser, &site).await?;
    let rows = page.rows().await?;
    page.tap("#distribution [data-rank='2']").await?;
    page.settled().await?;
    let ids = page.ids().await?;
    ensure!(ids.last() == Some(&rows[1].id), "{ids:?}");
    for button in ["#sample", "#greedy", "#undo", "#undo", "#redo"] {
        page.tap(button).await?;
        page.settled().await?;
    }
    ensure!(page.ids().await?.len() == ids.len() + 1);
    page.tap("#strip [data-token-index='4']").await?;
    page.until("!document.querySelector('#return').hidden").await?;
    page.tap("#return").await?;
    page.until("document.querySelector('#return').hidden").await?;
    // Leaving the prompt moves nothing away from under the finger.
    page.tap("#special-tokens").await?;
    page.tap("#copy").await?;
    page.until("document.querySelector('#short-notice').textContent").await?;
    browser.quit().await
}

#[tokio::test]
async fn a_finger_drags_the_sheet_and_a_knob() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = phone(&browser, &site).await?;
    let half = sheet_top(&page).await?;
    let title = page.center("#panel-title").await?;
    page.finger(&[title, (title.0, 300.0), (title.0, 120.0)]).await?;
    let full = sheet_top(&page).await?;
    ensure!(full < 160.0, "dragged up, the sheet is at {full}");
    let title = page.center("#panel-title").await?;
    page.finger(&[title, (title.0, 400.0), (title.0, 690.0)]).await?;
    let low = sheet_top(&page).await?;
    ensure!(low > half, "dragged down, the sheet is at {low}, it was at {half}");
    page.tap("#sheet-size").await?;
    ensure!((sheet_top(&page).await? - full).abs() < 1.0, "the button opens it, too");

    let before = page.value("document.querySelector('#temperature').value").await?;
    let knob = page.center("#temperature").await?;
    page.finger(&[knob, (knob.0 + 20.0, knob.1), (knob.0 + 60.0, knob.1)]).await?;
    page.settled().await?;
    let after = page.value("document.querySelector('#temperature').value").await?;
    ensure!(after != before, "the knob is still at {after}");
    let shown = page.text("#temperature-value").await?;
    ensure!(after.as_str() == Some(&shown), "{after} and {shown}");
    browser.quit().await
}

#[tokio::test]
async fn a_finger_opens_every_tool_and_menu_and_walks_the_branches() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = phone(&browser, &site).await?;
    for tool in ["words", "score", "branches", "compare", "draws", "inside", "verify"] {
        page.tap(&format!("#tool-open-{tool}")).await?;
        page.until(&format!("!document.querySelector('#tool-{tool}').hidden")).await?;
        page.settled().await?;
        let room = format!(
            "(() => {{ const tool = document.querySelector('#tool-{tool}').getBoundingClientRect();
                const column = document.querySelector('.column').getBoundingClientRect();
                return Math.min(tool.bottom, column.bottom) - Math.max(tool.top, column.top); }})()"
        );
        let room = page.value(&room).await?.as_f64().unwrap_or_default();
        ensure!(room >= 370.0, "{tool} has {room} px above the sheet");
    }
    page.tap("#tool-open-branches").await?;
    page.tap("#grow").await?;
    page.until("document.querySelectorAll('#branch-rows li').length > 4").await?;
    page.settled().await?;
    let before = page.ids().await?;
    page.tap("#branch-rows li:nth-child(3) button").await?;
    page.settled().await?;
    let there = page.ids().await?;
    ensure!(there != before);
    page.tap("#fork [data-action='fork-later']").await?;
    page.settled().await?;
    ensure!(page.ids().await? != there, "› goes another way");
    page.tap("#tool-open-branches").await?;

    let open =
        |menu: &str| format!("document.querySelector('{menu}').matches(':popover-open')");
    page.tap("#model-chip").await?;
    page.until(&open("#model-menu")).await?;
    page.finger(&[(180.0, 80.0)]).await?;
    page.until(&format!("!{}", open("#model-menu"))).await?;
    page.tap("#examples-open").await?;
    page.until(&open("#examples")).await?;
    page.tap("#examples li:nth-child(4) button").await?;
    page.settled().await?;
    let prompt = page.value("document.querySelector('#prompt').value").await?;
    ensure!(prompt == "The dog ran and ran. The dog ran and");

    page.tap("#tab-chat").await?;
    page.tap("#chat-input").await?;
    page.keys("Hello!").await?;
    page.tap("#chat-send").await?;
    page.until("document.querySelector('#chat-log .reply-text')?.textContent").await?;
    page.settled().await?;
    page.tap("#show-tokens").await?;
    page.tap("#chat-log .reply [data-token-index='1']").await?;
    page.until("document.querySelectorAll('#distribution .row').length > 0").await?;
    browser.quit().await
}

/// What is pressed and is smaller than 44 px, among what is shown; tokens within a text, which
/// must be at least 24 px high.
const SMALL: &str = "[...document.querySelectorAll('button, select, summary, textarea, input, .tok[data-action]')]
    .filter((e) => e.offsetParent !== null && getComputedStyle(e).visibility === 'visible')
    .map((e) => {
        // A tick can be pressed on all of its label.
        const pressed = e.type === 'checkbox' ? e.closest('label') ?? e : e;
        const box = pressed.getBoundingClientRect();
        const line = parseFloat(getComputedStyle(e.parentElement).lineHeight);
        const small = e.matches('.tok') ? line < 24 : box.width < 43.5 || box.height < 43.5;
        return small ? `${e.id || e.className || e.tagName} ${box.width.toFixed()}×${box.height.toFixed()}` : '';
    }).filter((found) => found)";

#[tokio::test]
async fn everything_that_is_pressed_has_44_pixels() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = phone(&browser, &site).await?;
    let mut small = Vec::new();
    let mut check = async |at: &str| -> Result<()> {
        page.settled().await?;
        if let Value::Array(found) = page.value(SMALL).await? {
            small.extend(found.into_iter().map(|found| format!("{at}: {found}")));
        }
        Ok(())
    };
    check("explorer").await?;
    for tool in ["words", "score", "branches", "compare", "draws", "inside", "verify"] {
        page.tap(&format!("#tool-open-{tool}")).await?;
        match tool {
            "words" => page.fill("#words-query", "girl").await?,
            "score" => page.click("#score-running").await?,
            "branches" => page.click("#grow").await?,
            "compare" => page.click("#compare").await?,
            _ => {}
        }
        check(tool).await?;
    }
    page.tap("#tool-open-verify").await?;
    page.tap("#sheet-size").await?;
    page.tap("#sampler-more summary").await?;
    check("sheet").await?;
    page.tap("#sheet-size").await?;
    page.tap("#model-chip").await?;
    check("menu").await?;
    page.tap("#models-open").await?;
    page.until("document.querySelectorAll('#offered .offer').length > 5").await?;
    check("models").await?;
    page.tap("[data-action='close-models']").await?;
    page.tap("#help-open").await?;
    check("help").await?;
    page.tap("[data-action='close-help']").await?;
    page.tap("#tab-chat").await?;
    page.say("Hello!").await?;
    page.tap("#show-tokens").await?;
    page.tap("#chat-settings summary").await?;
    check("chat").await?;
    ensure!(small.is_empty(), "{} are small:\n{}", small.len(), small.join("\n"));
    browser.quit().await
}
