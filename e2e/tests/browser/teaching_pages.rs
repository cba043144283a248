//! What is for teaching, in every language on a phone: lessons with their editor, the page of one who
//! takes part in a class, and regions within other pages. No text is cut, and axe-core finds
//! nothing.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use languages::Language;

use crate::axe;
use crate::languages::{all, cut};

/// Collects what is cut, and what axe-core finds, in a view of the page.
async fn look(
    page: &Page<'_>,
    view: &str,
    axe: Option<&str>,
    found: &mut Vec<String>,
) -> Result<()> {
    cut(page, view, found).await?;
    if let Some(axe) = axe {
        let violations = axe::violations(page, axe).await?;
        found.extend(violations.into_iter().map(|one| format!("{view}: {one}")));
    }
    Ok(())
}

#[tokio::test]
async fn lessons_and_their_editor_are_whole_and_accessible_in_every_language()
-> Result<()> {
    let axe = axe::source();
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    let mut found = Vec::new();
    for Language { code, .. } in all()? {
        let page = Page::open(&browser, &site.url(&format!("?lang={code}"))).await?;
        let at = |view: &str| format!("{code}, {view}");
        page.value("document.querySelector('#lessons-open').click()").await?;
        look(&page, &at("the list"), axe.as_deref(), &mut found).await?;
        page.click("[data-lesson='03-top-p']").await?;
        page.until("document.querySelector('#lesson').checkVisibility()").await?;
        page.settled().await?;
        look(&page, &at("a question"), axe.as_deref(), &mut found).await?;
        page.click("#lesson-choices li:nth-child(1) button").await?;
        page.until("document.querySelector('#lesson-answer').checkVisibility()").await?;
        look(&page, &at("an answer"), axe.as_deref(), &mut found).await?;
        page.value("document.querySelector('#lessons-open').click()").await?;
        page.click("#lesson-make").await?;
        page.until("document.querySelector('#lesson-editor').matches(':popover-open')")
            .await?;
        look(&page, &at("the editor"), axe.as_deref(), &mut found).await?;
        page.value("document.querySelector('#lesson-editor').hidePopover()").await?;
        page.click("#lesson-close").await?;
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    browser.quit().await
}

/// A class's server: it answers whoever joins with a round, and then with how it ended.
const CLASS: &str = "window.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() {
        window.classSocket = this;
        setTimeout(() => this.onopen());
    }
    send(text) {
        if ('join' in JSON.parse(text)) this.tell(null);
    }
    close() {}
    tell(revealed) {
        const score = { rounds: 12, bits: 34.5 };
        const rows = [' princess', ' little', '�', ' ' + 'long'.repeat(20), null];
        this.onmessage({ data: JSON.stringify({ view: {
            round: 1, text: 'Once upon a time there was a ' + 'very '.repeat(40), rows,
            chips: null, players: 30, voted: 20, votes: revealed && [1, 2, 3, 4, 5], revealed,
            score, model: score,
            best: revealed ? [{ name: 'A name of thirty letters, so ok', score }] : [],
        } }) });
    }
    refuse(why) {
        this.onmessage({ data: JSON.stringify({ refused: { why, sentence: 'untranslated' } }) });
    }
};";

const REFUSALS: [&str; 6] =
    ["no_class", "full", "over", "too_much", "one_class", "wrong"];

#[tokio::test]
async fn the_page_of_a_class_is_whole_and_accessible_in_every_language() -> Result<()> {
    let axe = axe::source();
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    browser.before_pages(CLASS).await?;
    let mut found = Vec::new();
    for Language { code, .. } in all()? {
        browser.goto(site.url(&format!("class.html?lang={code}#ABCDE"))).await?;
        let page = Page { browser: &browser };
        page.until(&format!("location.search === '?lang={code}' && self.ready")).await?;
        let at = |view: &str| format!("{code}, {view}");
        look(&page, &at("before"), axe.as_deref(), &mut found).await?;
        page.click("#join button").await?;
        page.until("document.querySelectorAll('#rows li').length === 5").await?;
        page.click("#rows li:nth-child(2) .add").await?;
        look(&page, &at("a bet"), axe.as_deref(), &mut found).await?;
        for why in REFUSALS {
            page.value(&format!("classSocket.refuse('{why}')")).await?;
            let said = page.text("#said").await?;
            ensure!(!said.is_empty() && said != "untranslated", "{code}: {why}");
            let english = [
                "There is no",
                "This class",
                "This round",
                "This page",
                "This link",
                "Page and",
            ];
            let is_english = english.iter().any(|begin| said.starts_with(begin));
            ensure!(is_english == (code == "en"), "{code}, {why}: {said}");
        }
        look(&page, &at("a refusal"), axe.as_deref(), &mut found).await?;
        page.value("classSocket.tell({ drawn: 3, q: [0.1, 0.2, 0.3, 0.3, 0.1] })")
            .await?;
        page.until("document.querySelector('#scores').checkVisibility()").await?;
        look(&page, &at("the end of a round"), axe.as_deref(), &mut found).await?;
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    browser.quit().await
}

#[tokio::test]
async fn regions_in_other_pages_are_whole_and_accessible_in_every_language() -> Result<()>
{
    let axe = axe::source();
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    let mut found = Vec::new();
    for Language { code, .. } in all()? {
        browser.goto("about:blank").await?;
        let address = site.url(&format!("?embed=bars&lang={code}"));
        let page = Page::visit(&browser, &address).await?;
        page.until("document.querySelector('#poster')?.offsetParent").await?;
        page.until("!document.documentElement.hasAttribute('data-language')").await?;
        let at = |view: &str| format!("{code}, {view}");
        look(&page, &at("the poster"), axe.as_deref(), &mut found).await?;
        page.click("#poster").await?;
        page.settled().await?;
        // The address decides which region is seen, and the styles hide the others; so one visit is
        // enough. A tool is one that stands open.
        for (kind, tool) in [
            ("bars", None),
            ("text", None),
            ("lens", Some("inside")),
            ("game", Some("guess")),
        ] {
            let show = format!("document.documentElement.dataset.embed = {kind:?}");
            page.value(&format!("({show}) && true")).await?;
            if let Some(tool) = tool {
                let open = format!("document.querySelector('#tool-open-{tool}').click()");
                page.value(&open).await?;
                page.settled().await?;
            }
            look(&page, &at(kind), axe.as_deref(), &mut found).await?;
        }
    }
    // In another page, heading and landmark are that page's: axe-core asks this of whole pages only.
    found.retain(|one| {
        !one.contains("page-has-heading-one") && !one.contains("landmark-one-main")
    });
    ensure!(found.is_empty(), "{}", found.join("\n"));
    browser.quit().await
}
