//! One region of the page within another page.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Page, Site};

use crate::sharing::link;

#[tokio::test]
async fn a_region_stands_alone_in_another_page_and_begins_with_a_click() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("The cat sat on the").await?;
    let made = link(&page).await?;
    let fragment = made.split_once('#').context("a link has a fragment")?.1;
    for (kind, seen, unseen) in [
        ("bars", "#distribution [data-rank]", "#strip"),
        ("text", "#strip [data-token-index]", "#panel"),
        ("lens", "#inside-table tbody tr", "#panel"),
        ("game", "#guess-rows .bet", ".text .actions"),
    ] {
        browser.goto(site.url("blank.html")).await?;
        let frame = format!(
            "window.heights = [];
            addEventListener('message', ({{ data }}) => {{
                const height = data?.['next-token-visualizer']?.height;
                if (height) {{ heights.push(height); frame.style.height = height + 'px'; }}
            }});
            const frame = document.createElement('iframe');
            frame.style.width = '600px';
            frame.src = {:?};
            document.body.append(frame);",
            site.url(&format!("?embed={kind}#{fragment}"))
        );
        browser.script(&frame, vec![]).await?;
        let outside = Page { browser: &browser };
        outside.until("heights.length > 0").await?;
        browser.enter_frame(0).await?;
        let inside = Page { browser: &browser };
        inside.until("document.querySelector('#poster')?.offsetParent").await?;
        let asked = site.bodies_of("/demo-model/model.gguf");
        inside.click("#poster").await?;
        inside.until(&format!("document.querySelector({seen:?})?.offsetParent")).await?;
        let hidden = format!("document.querySelector({unseen:?}).offsetParent");
        ensure!(inside.value(&hidden).await?.is_null(), "{kind} shows {unseen}");
        ensure!(site.bodies_of("/demo-model/model.gguf") >= asked);
        browser.enter_default_frame().await?;
        outside
            .until("frame = document.querySelector('iframe'), heights.at(-1) > 100")
            .await?;
        browser.picture(&format!("embed-{kind}")).await?;
    }
    browser.quit().await
}

#[tokio::test]
async fn a_region_that_is_clicked_before_its_program_is_there_begins() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let late = "const compile = WebAssembly.instantiateStreaming;
        WebAssembly.instantiateStreaming = async (...given) => {
            await new Promise((done) => setTimeout(done, 2000));
            return compile(...given);
        };";
    browser.before_pages(late).await?;
    let page = Page::visit(&browser, &site.url("?embed=bars")).await?;
    page.until("document.querySelector('#poster')?.offsetParent").await?;
    page.click("#poster").await?;
    page.until("document.documentElement.dataset.state === 'ready'").await?;
    browser.quit().await
}
