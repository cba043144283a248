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
    // What the browser itself finds in the way.
    let faults = browser.installability_errors().await?;
    ensure!(faults.is_empty(), "{faults:?}");
    browser.quit().await
}

/// What another app's text needs to get here: an address of the app itself, and fields that the page
/// knows; and icons that are safe to cut and large enough.
const SHARES: &str = "const done = arguments[0];
    (async () => {
        const link = document.querySelector('link[rel=manifest]');
        const manifest = await (await fetch(link.href)).json();
        const at = (address) => new URL(address, link.href).href;
        const share = manifest.share_target;
        const faults = [];
        if (!at(share.action).startsWith(at(manifest.scope))) faults.push('it shares with another site');
        if (!at(manifest.start_url).startsWith(at(manifest.scope))) faults.push('it begins elsewhere');
        if (share.method !== 'GET') faults.push('a page without a server cannot take a POST');
        if (Object.values(share.params).sort().join() !== 'text,title,url') faults.push('other fields');
        const of = (purpose) => manifest.icons.filter((icon) => (icon.purpose ?? 'any') === purpose);
        for (const size of ['192x192', '512x512'])
            if (!of('any').some((icon) => icon.sizes === size)) faults.push(`no icon of ${size}`);
        // The corners of a maskable icon may be cut off, so they are filled, and its middle is not plain.
        const icon = new Image();
        icon.src = at(of('maskable')[0].src);
        await icon.decode();
        const context = Object.assign(document.createElement('canvas'), { width: 512, height: 512 }).getContext('2d');
        context.drawImage(icon, 0, 0);
        const alpha = (x, y) => context.getImageData(x, y, 1, 1).data[3];
        if (![[0, 0], [511, 0], [0, 511], [511, 511]].every(([x, y]) => alpha(x, y) === 255))
            faults.push('the maskable icon has holes in its corners');
        const colours = new Set();
        const { data } = context.getImageData(51, 51, 410, 410);
        for (let i = 0; i < data.length; i += 4) colours.add(data.slice(i, i + 3).join());
        if (colours.size < 3) faults.push('there is nothing on the maskable icon');
        for (const scheme of ['light', 'dark'])
            if (!document.querySelector(`meta[name=theme-color][media*=${scheme}]`)) faults.push(`no colour for ${scheme}`);
        done(faults.join(', '));
    })().catch((error) => done(String(error)));";

#[tokio::test]
async fn what_the_app_says_of_itself_holds() -> Result<()> {
    let site = Site::start("/some/folder/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let faults = page.browser.execute_async(SHARES, vec![]).await?;
    ensure!(faults.json() == "", "{}", faults.json());
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
