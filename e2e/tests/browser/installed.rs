//! The page as an app and before a class: what an installation needs, texts that others share, and
//! projector mode.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};

/// What is missing for an installation, from the manifest that the page names.
const LACKS: &str = "const done = arguments[0];
    (async () => {
        const link = document.querySelector('link[rel=manifest]');
        const manifest = await (await fetch(link.href)).json();
        const lacks = ['name', 'short_name', 'start_url', 'scope', 'display', 'share_target']
            .filter((name) => !manifest[name]);
        for (const icon of manifest.icons) {
            const picture = new Image();
            picture.src = new URL(icon.src, link.href);
            await picture.decode();
            const size = `${picture.naturalWidth}x${picture.naturalHeight}`;
            if (size !== icon.sizes) lacks.push(`${icon.src} is ${size}`);
        }
        if (!manifest.icons.some((icon) => icon.purpose === 'maskable')) lacks.push('maskable');
        const card = document.querySelector('meta[property=\"og:image\"]').content;
        const answer = await fetch(new URL(card, location.href));
        if (!answer.ok) lacks.push(card);
        done(lacks.join(', '));
    })().catch((error) => done(String(error)));";

#[tokio::test]
async fn the_page_can_be_installed_and_links_to_it_have_a_picture() -> Result<()> {
    let site = Site::start("/some/folder/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let lacks = page.browser.execute_async(LACKS, vec![]).await?;
    ensure!(lacks.json() == "", "{}", lacks.json());
    browser.quit().await
}

#[tokio::test]
async fn a_text_that_is_shared_becomes_the_prompt_and_leaves_the_address() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let address = site.url("?lang=en&title=A%20page&text=The%20%3Cb%3Edog%3C%2Fb%3E&url=https%3A%2F%2Fa.example");
    let page = Page::open(&browser, &address).await?;
    let prompt = "document.querySelector('#prompt').value";
    ensure!(page.value(prompt).await? == "The <b>dog</b>");
    page.until("document.querySelectorAll('#distribution [data-p]').length > 0").await?;
    ensure!(page.value("location.search").await? == "?lang=en");
    browser.quit().await
}

#[tokio::test]
async fn projector_mode_is_large_and_light_without_ids_and_fills_the_screen() -> Result<()>
{
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.prefer("prefers-color-scheme", "dark").await?;
    let page = Page::open(&browser, &site.url("?projector")).await?;
    page.start("Once upon a time, there was a little").await?;
    let style = |of: &str, name: &str| {
        format!("getComputedStyle(document.querySelector('{of}')).{name}")
    };
    ensure!(page.value(&style("html", "fontSize")).await? == "20px");
    ensure!(page.value(&style(".row .id", "display")).await? == "none");
    ensure!(page.value(&style("body", "backgroundColor")).await? == "rgb(246, 245, 241)");
    browser.picture("projector").await?;
    page.click(".panel-head .full-screen").await?;
    page.until("document.fullscreenElement?.id === 'sheet'").await?;
    browser.picture("projector-panel").await?;
    page.click(".panel-head .full-screen").await?;
    page.until("document.fullscreenElement === null").await?;
    // The box in the help switches it off, for later visits, too.
    page.value("document.querySelector('#help-open').click()").await?;
    page.click("#projector").await?;
    page.until("!('projector' in document.documentElement.dataset)").await?;
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(&style("html", "fontSize")).await? == "16px");
    browser.quit().await
}
