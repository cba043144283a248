//! Pictures of the page, for the README and for those who change how it looks. They end
//! up in `target/screenshots`.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, MovingPicture, Page, Site};
use random_model::{Kind, Shape};
use stand_in_hub::{Behaviour, HubModel, StandInHub};

use crate::hub_pages::open_with;

#[tokio::test]
async fn pictures_of_both_tabs_in_light_and_dark_wide_and_narrow() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme).await?;
        for (name, width, height) in [("wide", 1280, 800), ("narrow", 360, 740)] {
            browser.resize(width, height).await?;
            let page = Page::open(&browser, &site.url("")).await?;
            page.click("#tab-explorer").await?;
            page.start("Once upon a time, there was a little").await?;
            for _ in 0..6 {
                page.click("#sample").await?;
                page.settled().await?;
            }
            browser.picture(&format!("explorer-{scheme}-{name}")).await?;
            page.click("#tab-chat").await?;
            page.fill("#chat-input", "Tell me a story about a cat.").await?;
            page.click("#chat-send").await?;
            page.until("document.querySelector('#chat-log .reply-text')?.textContent")
                .await?;
            page.settled().await?;
            browser.picture(&format!("chat-{scheme}-{name}")).await?;
            ensure!(!page.is_too_wide().await?, "{name} scrolls sideways");
            let beside = "document.querySelector('#help-open').offsetTop
                < document.querySelector('.brand').getBoundingClientRect().bottom + scrollY";
            ensure!(
                page.value(beside).await? == true,
                "{name}: Help has a row of its own"
            );
            browser
                .script("sessionStorage.clear(); location.href = 'about:blank';", vec![])
                .await?;
        }
    }
    browser.quit().await
}

#[tokio::test]
async fn pictures_of_the_picker_of_models_in_light_and_dark_wide_and_narrow() -> Result<()>
{
    let site = Site::start("/", Headers::Plain, &[]).await;
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let model = HubModel::of("owner/a-model-that-is-kept", &files);
    let hub = StandInHub::start(vec![model], Behaviour::default()).await;
    let browser = Browser::start().await?;
    open_with(&browser, &site, &hub, "owner/a-model-that-is-kept").await?;
    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme).await?;
        for (name, width, height) in [("wide", 1280, 800), ("narrow", 360, 740)] {
            browser.resize(width, height).await?;
            let page = Page::open(&browser, &site.url("")).await?;
            page.open_models().await?;
            page.until("document.querySelectorAll('#stored .offer').length === 1")
                .await?;
            page.until("document.querySelectorAll('#offered .offer').length > 5").await?;
            browser.picture(&format!("models-{scheme}-{name}")).await?;
            page.click(".model-access summary").await?;
            let down = "const box = document.querySelector('#models');
                box.scrollTop = box.scrollHeight;";
            browser.script(down, vec![]).await?;
            browser.picture(&format!("models-{scheme}-{name}-end")).await?;
            let overflow = "document.querySelector('#models').scrollWidth
                > document.querySelector('#models').clientWidth";
            ensure!(page.value(overflow).await? == false, "{name} scrolls sideways");
        }
    }
    browser.quit().await
}

#[tokio::test]
async fn a_moving_picture_of_how_a_text_is_continued() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.prefer("prefers-color-scheme", "light").await?;
    browser.prefer("prefers-reduced-motion", "reduce").await?;
    browser.resize(1280, 720).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#tab-explorer").await?;
    let mut picture = MovingPicture::default();
    let prompt = "Once upon a time, there was a little";
    for typed in ["", "Once upon a time,", prompt] {
        page.fill("#prompt", typed).await?;
        picture.add(&browser, 60).await?;
    }
    page.start(prompt).await?;
    picture.add(&browser, 200).await?;
    for row in [1, 0, 2, 0] {
        page.click(&format!("#distribution [data-rank='{}']", row + 1)).await?;
        page.settled().await?;
        picture.add(&browser, 150).await?;
    }
    let file = e2e::screenshots().join("moving.png");
    picture.write(&file)?;
    let bytes = std::fs::metadata(&file)?.len();
    ensure!((20_000..900_000).contains(&bytes), "{bytes} bytes");
    browser.quit().await
}
