//! Where things are on the page: nothing jumps, and what belongs together is in view together.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use thirtyfour::prelude::*;

const PROMPT: &str = "Once upon a time, there was a little";

/// The top and bottom of the parts whose places must not change, in pixels.
const PLACES: &str = "JSON.stringify(['#prompt', '#strip', '.actions', '#panel', '#panel-title',
    '#distribution li:nth-child(1)', '#distribution li:nth-child(10)', '#other-row', '#draw',
    '#sampler', '#status'].map((selector) => {
        const box = document.querySelector(selector).getBoundingClientRect();
        return [selector, Math.round(box.top), Math.round(box.bottom)];
    }))";

/// Whether all of an element is in view.
fn in_view(selector: &str) -> String {
    format!(
        "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect();
            return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight + 0.5; }})()"
    )
}

#[tokio::test]
async fn nothing_moves_while_a_person_looks_around() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 720).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    let before = page.value(PLACES).await?;
    let unmoved = async |when: &str| -> Result<()> {
        let now = page.value(PLACES).await?;
        ensure!(now == before, "{when}: {before} became {now}");
        Ok(())
    };
    let hover = browser.find(By::Css("#distribution [data-rank='3']")).await?;
    browser.action_chain().move_to_element_center(&hover).perform().await?;
    page.until("document.querySelector('#exact').textContent !== ''").await?;
    unmoved("over a row").await?;
    for (knob, value) in [
        ("#temperature", 0.0),
        ("#temperature", 2.0),
        ("#sampler-top-k", 3.0),
        ("#sampler-top-k", 0.0),
    ] {
        page.set(knob, value).await?;
        page.settled().await?;
        unmoved(&format!("{knob} at {value}")).await?;
    }
    page.click("#sample").await?;
    page.settled().await?;
    unmoved("after a token").await?;
    page.click("#strip [data-token-index='3']").await?;
    page.settled().await?;
    unmoved("looking back").await?;
    page.click("#return").await?;
    page.fill("#prompt", "").await?;
    page.click("#start").await?;
    page.until("!document.querySelector('#error').hidden").await?;
    unmoved("with an error").await?;
    browser.quit().await
}

#[tokio::test]
async fn ten_rows_are_in_view_on_every_common_screen() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    for (width, height) in [(1280, 720), (1280, 800), (1366, 768), (1920, 1080)] {
        browser.resize(width, height).await?;
        for selector in
            ["#prompt", "#strip", "#distribution li:nth-child(10)", "#sampler"]
        {
            ensure!(
                page.value(&in_view(selector)).await? == true,
                "{selector} at {width}"
            );
        }
        let scrolls = "document.querySelector('#distribution').scrollHeight
            > document.querySelector('#distribution').clientHeight + 1";
        ensure!(
            page.value(scrolls).await? == false,
            "the rows scroll at {width}×{height}"
        );
    }
    browser.quit().await
}

#[tokio::test]
async fn the_further_steps_of_the_sampler_leave_all_rows_and_the_text_in_view()
-> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 720).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    page.click("#sampler-more summary").await?;
    for selector in [
        "#distribution li:nth-child(10)",
        "#strip .tok:last-child",
        "#greedy",
        "#tool-open-words",
        "#typical-p",
        "#allowed-kind",
    ] {
        ensure!(page.value(&in_view(selector)).await? == true, "{selector}");
    }
    // The steps are over nothing that can be pressed.
    for selector in ["#greedy", "#tool-open-verify", "#start"] {
        page.center(selector).await?;
    }
    browser.quit().await
}

#[tokio::test]
async fn the_text_is_resized_by_mouse_and_by_keyboard() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 900).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    page.click("#tool-open-draws").await?;
    let height = async || -> Result<f64> {
        page.settled().await?;
        let height = "document.querySelector('#strip').getBoundingClientRect().height";
        Ok(page.value(height).await?.as_f64().unwrap_or_default())
    };
    let usual = height().await?;
    page.value("document.querySelector('#text-divider').focus()").await?;
    page.keys(Key::End).await?;
    let most = height().await?;
    ensure!(most > usual + 60.0, "End: {usual} became {most}");
    page.keys(Key::Up + Key::Up).await?;
    let less = height().await?;
    ensure!(less < most, "the arrow: {most} became {less}");
    let (x, y) = page.center("#text-divider").await?;
    let divider = browser.find(By::Css("#text-divider")).await?;
    let drag = browser.action_chain().move_to_element_center(&divider).click_and_hold();
    drag.move_to(x as i64, y as i64 - 60).release().perform().await?;
    let dragged = height().await?;
    ensure!((less - dragged - 60.0).abs() < 12.0, "dragged: {less} became {dragged}");
    let now = "document.querySelector('#text-divider').getAttribute('aria-valuenow')";
    ensure!(page.value(now).await? != "33");
    browser.quit().await
}

#[tokio::test]
async fn on_a_phone_the_prompt_the_text_and_the_bars_are_in_view_together() -> Result<()>
{
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    for selector in [
        "#start",
        "#prompt",
        "#strip .tok:last-child",
        "#greedy",
        "#undo",
        "#distribution li:nth-child(3)",
    ] {
        ensure!(page.value(&in_view(selector)).await? == true, "{selector}");
    }
    // The sheet opens over the text and closes again.
    page.click("#sheet-size").await?;
    page.until(&in_view("#distribution li:nth-child(8)")).await?;
    page.click("#sheet-size").await?;
    page.until(&in_view("#prompt")).await?;
    for width in [320, 360, 768, 1024] {
        browser.resize(width, 740).await?;
        for tab in ["#tab-chat", "#tab-explorer"] {
            page.click(tab).await?;
            ensure!(!page.is_too_wide().await?, "{tab} at {width}");
        }
    }
    browser.quit().await
}

#[tokio::test]
async fn the_prompt_is_shown_as_tokens_while_it_is_typed() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    page.fill("#prompt", "The cat sat").await?;
    let count = "document.querySelector('#prompt-count').textContent";
    page.until(&format!("{count} === '4 tokens'")).await?;
    let run = "document.querySelector('#prompt-tokens').textContent";
    ensure!(page.value(run).await? == "The cat sat");
    browser.quit().await
}

#[tokio::test]
async fn every_id_is_that_of_one_element() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let twice = "JSON.stringify([...document.querySelectorAll('[id]')].map((e) => e.id)
        .filter((id, index, all) => all.indexOf(id) !== index))";
    ensure!(page.value(twice).await? == "[]", "{}", page.value(twice).await?);
    browser.quit().await
}

#[tokio::test]
async fn the_menus_work_by_mouse_and_by_keyboard() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.settled().await?;
    let open =
        |menu: &str| format!("document.querySelector('{menu}').matches(':popover-open')");
    page.click("#model-chip").await?;
    page.until(&open("#model-menu")).await?;
    let facts = page.text("#model-facts").await?;
    ensure!(facts.contains("512 tokens") && facts.contains("WebAssembly"), "{facts}");
    page.keys(Key::Escape).await?;
    page.until(&format!("!{}", open("#model-menu"))).await?;

    page.value("document.querySelector('#examples-open').focus()").await?;
    page.keys(Key::Enter).await?;
    page.until(&open("#examples")).await?;
    page.keys(Key::Down).await?;
    page.keys(Key::Down).await?;
    page.keys(Key::Down).await?;
    page.keys(Key::Enter).await?;
    page.until(&format!("!{}", open("#examples"))).await?;
    page.settled().await?;
    let prompt = "document.querySelector('#prompt').value";
    ensure!(page.value(prompt).await? == "The dog ran and ran. The dog ran and");
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}

#[tokio::test]
async fn buttons_have_room_where_they_are_many_or_their_words_long() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    for (width, height) in [(360, 740), (1280, 800)] {
        let browser = Browser::start().await?;
        browser.resize(width, height).await?;
        let page = Page::open(&browser, &site.url("?lang=fr")).await?;
        page.start(PROMPT).await?;
        for row in [1, 3] {
            page.click(&format!("#distribution li:nth-child({row}) button")).await?;
            page.settled().await?;
            page.click("#undo").await?;
            page.settled().await?;
        }
        page.click("#redo").await?;
        page.settled().await?;
        page.click("#tool-open-words").await?;
        // Each button above the text is on the screen, and the rows beneath it lie apart.
        let wrong = "(() => { const box = (s) => document.querySelector(s).getBoundingClientRect();
            const heads = [...document.querySelectorAll('.text .region-head button')]
                .filter((button) => button.checkVisibility()).map((button) => button.getBoundingClientRect());
            return heads.length < 5 || heads.some((b) => b.left < 0 || b.right > document.documentElement.clientWidth)
                || box('.actions').bottom > box('#tool-open-words').top
                || innerWidth >= 960 && box('#tool-size').right > box('.tools').right + 4; })()";
        ensure!(page.value(wrong).await? == false, "at {width} pixels");
        browser.quit().await?;
    }
    Ok(())
}
