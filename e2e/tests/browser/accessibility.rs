//! Every view and dialog without a violation that axe-core finds, in light and dark, wide and
//! narrow; and the contrast of what is no text.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use serde_json::Value;

use crate::axe;

/// Looks for violations in what is open, and adds them with the name of the view.
async fn check(
    page: &Page<'_>,
    axe: &str,
    view: &str,
    all: &mut Vec<String>,
) -> Result<()> {
    let found = axe::violations(page, axe).await?;
    all.extend(found.into_iter().map(|violation| format!("{view}: {violation}")));
    Ok(())
}

#[tokio::test]
async fn no_view_and_no_dialog_has_a_violation() -> Result<()> {
    let Some(axe) = axe::source() else { return Ok(()) };
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let mut all = Vec::new();
    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme).await?;
        for (width, height) in [(1280, 800), (360, 740)] {
            browser.resize(width, height).await?;
            let page = Page::open(&browser, &site.url("")).await?;
            let at = |view: &str| format!("{view}, {scheme}, {width}");
            page.click("#tab-explorer").await?;
            page.start("Once upon a time, there was a little").await?;
            page.click("#sample").await?;
            page.settled().await?;
            check(&page, &axe, &at("explorer"), &mut all).await?;
            let tools =
                "[...document.querySelectorAll('[id^=tool-open-]')].map((b) => b.id)";
            let tools: Vec<String> = serde_json::from_value(page.value(tools).await?)?;
            for tool in tools {
                page.value(&format!("document.getElementById('{tool}').click()")).await?;
                page.settled().await?;
                check(&page, &axe, &at(&tool), &mut all).await?;
                page.value(&format!("document.getElementById('{tool}').click()")).await?;
            }
            page.open_menu().await?;
            check(&page, &axe, &at("model menu"), &mut all).await?;
            page.click("#models-open").await?;
            check(&page, &axe, &at("models"), &mut all).await?;
            page.click("[data-action='close-models']").await?;
            page.click("#help-open").await?;
            check(&page, &axe, &at("help"), &mut all).await?;
            page.click("[data-action='close-help']").await?;
            page.click("#examples-open").await?;
            check(&page, &axe, &at("examples"), &mut all).await?;
            page.keys(thirtyfour::Key::Escape).await?;

            page.click("#tab-chat").await?;
            check(&page, &axe, &at("chat"), &mut all).await?;
            page.say("Tell me a story about a cat.").await?;
            page.click(".regenerate").await?;
            page.settled().await?;
            check(&page, &axe, &at("chat with a reply"), &mut all).await?;
            page.click("#show-tokens").await?;
            page.click("#chat-system-box summary").await?;
            page.click("#chat-settings summary").await?;
            page.settled().await?;
            check(&page, &axe, &at("chat with tokens"), &mut all).await?;
            page.click("#chat-settings summary").await?;
            page.click("#chat-system-box summary").await?;
            page.click(".asked .edit-message").await?;
            check(&page, &axe, &at("chat with an edit"), &mut all).await?;
            page.click("[data-action='chat-cancel-edit']").await?;
            page.click("#show-tokens").await?;
            page.click("#chat-clear").await?;
            page.settled().await?;
            let link = site.url("?hub=https://hub.example&model=owner/name");
            let page = Page::visit(&browser, &link).await?;
            page.until("document.querySelector('#hub-question').open").await?;
            check(&page, &axe, &at("question"), &mut all).await?;
        }
    }
    ensure!(all.is_empty(), "{} violations:\n{}", all.len(), all.join("\n"));
    browser.quit().await
}

/// The contrast of two colours by WCAG 2.2, of custom properties of the page.
const CONTRAST: &str = "((one, other) => {
    const canvas = document.createElement('canvas').getContext('2d');
    const light = (name) => {
        canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
            .map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
})";

#[tokio::test]
async fn bars_and_marks_have_three_to_one_and_text_four_and_a_half() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme).await?;
        let page = Page::open(&browser, &site.url("")).await?;
        for (one, other, least) in [
            ("--bar-p", "--surface", 3.0),
            ("--bar-p", "--track", 3.0),
            ("--bar-q", "--surface", 3.0),
            ("--amber", "--surface", 3.0),
            ("--doubt", "--surface", 3.0),
            ("--line-strong", "--surface", 3.0),
            ("--focus", "--ground", 3.0),
            ("--ink", "--ground", 4.5),
            ("--muted", "--ground", 4.5),
            ("--muted", "--surface", 4.5),
            ("--ink", "--accent-pale", 4.5),
            ("--amber-ink", "--amber-pale", 4.5),
            ("--accent-ink", "--accent", 4.5),
            ("--alarm-ink", "--alarm-pale", 4.5),
        ] {
            let value = page.value(&format!("{CONTRAST}('{one}', '{other}')")).await?;
            let Value::Number(contrast) = &value else { anyhow::bail!("{value}") };
            let contrast = contrast.as_f64().unwrap_or_default();
            println!("{scheme}: {one} on {other} {contrast:.2}");
            ensure!(contrast >= least, "{scheme}: {one} on {other} has {contrast:.2}");
        }
    }
    browser.quit().await
}

/// The ids of the elements that the Tab key reaches, in order, from one of them on.
async fn stops(page: &Page<'_>, from: &str, count: usize) -> Result<Vec<String>> {
    page.value(&format!("document.querySelector('{from}').focus()")).await?;
    let mut ids = Vec::new();
    for _ in 0..count {
        page.keys(thirtyfour::Key::Tab).await?;
        let id = page.value("document.activeElement.id").await?;
        ids.extend(id.as_str().filter(|id| !id.is_empty()).map(str::to_owned));
    }
    Ok(ids)
}

#[tokio::test]
async fn the_tab_key_follows_the_page_from_the_text_to_the_bars() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let in_order = |stops: &[String], wanted: &[&str]| {
        let mut at = stops.iter();
        wanted.iter().all(|id| at.any(|stop| stop == id))
    };
    page.click("#tab-explorer").await?;
    page.start("Once upon a time, there was a little").await?;
    let explorer = stops(&page, "#tab-explorer", 40).await?;
    let wanted = ["prompt", "greedy", "sample", "undo", "top-k", "seed"];
    ensure!(in_order(&explorer, &wanted), "{explorer:?}");
    page.click("#tab-chat").await?;
    page.say("Hello!").await?;
    let chat = stops(&page, "#tab-chat", 40).await?;
    let wanted = ["show-tokens", "chat-clear", "chat-log", "chat-input", "top-k", "seed"];
    ensure!(in_order(&chat, &wanted), "{chat:?}");
    browser.quit().await
}

#[tokio::test]
async fn in_forced_colours_everything_that_has_a_meaning_is_still_told_apart()
-> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    page.click("#sample").await?;
    page.settled().await?;
    page.click("#strip [data-token-index='4']").await?;
    page.click("#tool-open-compare").await?;
    page.set("#other-temperature", 1.5).await?;
    page.click("#compare").await?;
    page.until("document.querySelectorAll('#comparison-rows .pair').length > 3").await?;
    browser.prefer("forced-colors", "active").await?;
    ensure!(page.value("matchMedia('(forced-colors: active)').matches").await? == true);
    let style = |selector: &str, property: &str| {
        format!("getComputedStyle(document.querySelector({selector:?})).{property}")
    };
    for (one, other, property) in [
        // Bars keep their colours, each other and against what they lie on.
        ("#distribution .bar .p", "#distribution .bar .q", "backgroundColor"),
        ("#distribution .bar .p", "#distribution .bar", "backgroundColor"),
        (
            "#distribution [data-marked] .q",
            "#distribution .row:not([data-marked]) .q",
            "backgroundColor",
        ),
        (
            "#comparison-rows .share-bar .p",
            "#comparison-rows .share-bar .q",
            "backgroundColor",
        ),
        (
            "#comparison-rows .share-bar .p",
            "#comparison-rows .share-bar",
            "backgroundColor",
        ),
        // What is chosen, pressed or looked at has a border that others lack.
        ("#tab-explorer", "#tab-chat", "borderBottomWidth"),
        ("#tool-open-compare", "#tool-open-words", "borderTopWidth"),
        ("#scale-linear", "#scale-log", "borderTopWidth"),
        (
            "#strip [data-token-index='4']",
            "#strip [data-token-index='5']",
            "outlineStyle",
        ),
        // Added tokens are told from those of the prompt.
        ("#strip [data-origin='added']", "#strip [data-origin='prompt']", "fontStyle"),
    ] {
        let same = format!("{} === {}", style(one, property), style(other, property));
        let said = page.value(&style(one, property)).await?;
        ensure!(
            page.value(&same).await? == false,
            "{one} and {other}: {property} is {said}"
        );
    }
    browser.quit().await
}
