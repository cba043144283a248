//! The page in every language: it is complete, nothing is cut on a phone, and the browser writes
//! numbers and plurals as the tables say.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Hosting, Page, Site};
use languages::{Language, plural_categories};
use serde_json::{Value, json};

use crate::axe;
use crate::offline::kept;

const PROMPT: &str = "Once upon a time, there was a little";

/// Everything short whose text is wider than its box, or that sticks out of the page.
const CUT: &str = "(() => {
    const found = [], width = document.documentElement.clientWidth;
    const short = 'button, label, [role=tab], h1, h2, h3, summary, caption, dt, output, select';
    for (const element of document.querySelectorAll(short)) {
        const box = element.getBoundingClientRect();
        if (!element.checkVisibility() || box.width <= 1 || box.height <= 1) continue;
        const said = `${element.localName}#${element.id} “${element.textContent.trim().slice(0, 60)}”`;
        const inline = getComputedStyle(element).display === 'inline';
        if (!inline && element.scrollWidth > element.clientWidth + 1 && element.localName !== 'select')
            found.push(`${said}: ${element.scrollWidth} in ${element.clientWidth}`);
        const scrolls = (e) => e && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)
            || getComputedStyle(e).position === 'fixed' || scrolls(e.parentElement));
        if (!scrolls(element) && (box.left < -1 || box.right > width + 1))
            found.push(`${said}: from ${box.left} to ${box.right}`);
    }
    if (document.documentElement.scrollWidth > width) found.push('the page is too wide');
    return found;
})()";

/// English words that stand in the page and are not names or code.
const ENGLISH: &str =
    "['Token Explorer', 'Running text', 'Temperature', 'Greedy', 'Prompt']
    .filter((word) => [...document.querySelectorAll('button, label, h2')]
        .some((element) => element.textContent.trim() === word))";

pub(crate) fn all() -> Result<Vec<Language>> {
    languages::all().map_err(anyhow::Error::msg)
}

/// Opens the page in a language, with a text that has a token.
async fn open<'a>(browser: &'a Browser, site: &Site, code: &str) -> Result<Page<'a>> {
    let page = Page::open(browser, &site.url(&format!("?lang={code}"))).await?;
    // The last page may have ended in the chat.
    page.click("#tab-explorer").await?;
    page.start(PROMPT).await?;
    page.click("#sample").await?;
    page.settled().await?;
    Ok(page)
}

pub(crate) async fn cut(
    page: &Page<'_>,
    view: &str,
    all: &mut Vec<String>,
) -> Result<()> {
    let found: Vec<String> = serde_json::from_value(page.value(CUT).await?)?;
    all.extend(found.into_iter().map(|found| format!("{view}: {found}")));
    Ok(())
}

#[tokio::test]
async fn no_text_is_cut_on_a_phone_in_any_language() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    let mut found = Vec::new();
    for Language { code, .. } in all()? {
        let page = open(&browser, &site, &code).await?;
        let at = |view: &str| format!("{code}, {view}");
        cut(&page, &at("explorer"), &mut found).await?;
        page.click("#sheet-size").await?;
        page.settled().await?;
        cut(&page, &at("the open sheet"), &mut found).await?;
        page.click("#sheet-size").await?;
        let tools = "[...document.querySelectorAll('[id^=tool-open-]')].map((b) => b.id)";
        let tools: Vec<String> = serde_json::from_value(page.value(tools).await?)?;
        for tool in tools {
            page.value(&format!("document.getElementById('{tool}').click()")).await?;
            page.settled().await?;
            cut(&page, &at(&tool), &mut found).await?;
            page.value(&format!("document.getElementById('{tool}').click()")).await?;
        }
        page.value("document.querySelector('#help-open').click()").await?;
        cut(&page, &at("help"), &mut found).await?;
        page.click("[data-action='close-help']").await?;
        page.open_models().await?;
        cut(&page, &at("models"), &mut found).await?;
        page.click("[data-action='close-models']").await?;
        page.click("#tab-chat").await?;
        cut(&page, &at("chat"), &mut found).await?;
        page.say("Tell me a story about a cat.").await?;
        page.settled().await?;
        cut(&page, &at("chat with a reply"), &mut found).await?;
        page.click("#chat-clear").await?;
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    browser.quit().await
}

#[tokio::test]
async fn every_language_is_declared_and_accessible() -> Result<()> {
    let Some(axe) = axe::source() else { return Ok(()) };
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let mut found = Vec::new();
    for Language { code, right_to_left, .. } in all()? {
        for (width, height) in [(1280, 800), (360, 740)] {
            browser.resize(width, height).await?;
            let page = open(&browser, &site, &code).await?;
            let root = "[document.documentElement.lang, document.documentElement.dir]";
            let direction = if right_to_left { "rtl" } else { "ltr" };
            ensure!(page.value(root).await? == json!([code, direction]));
            let english = page.value(ENGLISH).await?;
            // The word is the same in some languages.
            let is_english = english.as_array().is_some_and(|words| words.len() > 2);
            ensure!(is_english == (code == "en"), "{code}: {english}");
            browser.picture(&format!("language-{code}-{width}")).await?;
            let violations = axe::violations(&page, &axe).await?;
            found.extend(violations.into_iter().map(|v| format!("{code}, {width}: {v}")));
            page.click("#help-open").await?;
            let violations = axe::violations(&page, &axe).await?;
            found.extend(violations.into_iter().map(|v| format!("{code}, help: {v}")));
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    browser.quit().await
}

#[tokio::test]
async fn numbers_and_plurals_are_those_of_the_browser() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    for language in all()? {
        let code = &language.code;
        let categories = format!(
            "new Intl.PluralRules('{code}').resolvedOptions().pluralCategories.sort()"
        );
        let mut expected = plural_categories(code).to_vec();
        expected.sort_unstable();
        ensure!(page.value(&categories).await? == json!(expected), "{code}");
        let sign = |name: &str| {
            let text = language.text("numbers", name);
            text.map_or(String::new(), |text| text.forms().concat())
        };
        // Digits are Latin everywhere, as in code.
        let format = format!("Intl.NumberFormat('{code}-u-nu-latn'");
        let number = page.value(&format!("new {format}).format(12345.6)")).await?;
        let written = format!("12{}345{}6", sign("group"), sign("decimal"));
        ensure!(number == written, "{code}: {number}, not {written}");
        let script = format!("new {format}, {{style: 'percent'}}).format(0.5)");
        let percent = page.value(&script).await?;
        let percent = percent.as_str().unwrap_or_default().replace('\u{200e}', "");
        let written = sign("percent").replace("{number}", "50");
        ensure!(percent == written, "{code}: {percent}, not {written}");
    }
    browser.quit().await
}

#[tokio::test]
async fn the_browser_s_language_is_taken_unless_another_is_chosen_or_linked() -> Result<()>
{
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser
        .before_pages(
            "Object.defineProperty(navigator, 'languages', { value: ['nl', 'fr-CA', 'en'] });",
        )
        .await?;
    let language = "document.documentElement.lang";
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(language).await? == "fr");
    page.start(PROMPT).await?;
    let facts = page.text("#text-facts").await?;
    ensure!(facts.contains("tokens ·") && facts.contains("perplexité"), "{facts}");
    let choose = "(() => { const list = document.querySelector('#help select.languages');
        list.value = 'de'; list.dispatchEvent(new Event('change')); })()";
    page.value(choose).await?;
    page.until(&format!("{language} === 'de'")).await?;
    page.settled().await?;
    ensure!(page.value("document.querySelector('#prompt').value").await? == PROMPT);
    let title = page.text("#panel-title").await?;
    ensure!(title.starts_with("Nächstes Token"), "{title}");
    let page = Page::open(&browser, &site.url("?lang=ja")).await?;
    ensure!(page.value(language).await? == "ja");
    let page = Page::open(&browser, &site.url("?lang=xx")).await?;
    ensure!(page.value(language).await? == "de", "an unknown language changes nothing");
    browser.quit().await
}

#[tokio::test]
async fn the_language_works_without_a_network_and_no_other_is_fetched() -> Result<()> {
    let site = Site::hosted(Hosting::default());
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?lang=ar")).await?;
    kept(&page).await?;
    let fetched = "performance.getEntriesByType('resource').map((entry) => entry.name)
        .filter((name) => name.includes('/languages-'))";
    let fetched = page.value(fetched).await?;
    let is_one = fetched.as_array().is_some_and(|tables| tables.len() == 1);
    ensure!(is_one, "{fetched}");
    let tables = "const done = arguments[0];
        caches.keys().then(async (names) => {
            const all = await Promise.all(names.map(async (n) => (await caches.open(n)).keys()));
            done(all.flat().map((request) => request.url)
                .filter((url) => url.includes('/languages-')).length);
        });";
    let kept = browser.execute_async(tables, vec![]).await?;
    ensure!(kept.json() == &Value::from(1), "{} tables are kept", kept.json());
    site.stop();
    let page = Page::open(&browser, &site.url("?lang=ar")).await?;
    let root = "[document.documentElement.lang, document.documentElement.dir]";
    ensure!(page.value(root).await? == json!(["ar", "rtl"]));
    browser.quit().await
}
