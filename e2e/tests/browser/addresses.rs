//! Models of an address: stored like those of a hub, and checked again at each visit.

use std::fs;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use e2e::{Browser, Headers, Link, Page, Site, WorkerLink};
use protocol::{
    Command, Event, FinishReason, ModelSource, Phase, Precision, Progress, RequestId,
};
use random_model::{Kind, Shape};
use stand_in_hub::{Behaviour, StandInHub};

use crate::hub_pages::{NAME, wanted};
use crate::models::larger;
use crate::offline::kept;

/// The names of all stored files, and the contents of the small ones.
const STORED: &str = "const done = arguments[0];
    (async () => {
        const stored = [];
        const root = await navigator.storage.getDirectory();
        const models = await root.getDirectoryHandle('models', { create: true });
        for await (const [model, folder] of models.entries()) {
            if (folder.kind !== 'directory') { stored.push(model); continue; }
            for await (const [name, handle] of folder.entries()) {
                const file = await handle.getFile();
                stored.push(`${model}/${name}`, file.size < 2000 ? await file.text() : '');
            }
        }
        done(stored.join('\\n') + JSON.stringify({ ...localStorage }));
    })();";

async fn stored(browser: &Browser) -> Result<String> {
    browser.needs_stored_files()?;
    Ok(browser.execute_async(STORED, vec![]).await?.json().to_string())
}

fn write(folder: &std::path::Path, seed: u64) -> Result<()> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, seed);
    fs::create_dir_all(folder.join("m"))?;
    files.write_to(&folder.join("m"))?;
    Ok(())
}

#[tokio::test]
async fn a_model_of_an_address_is_fetched_once_and_again_when_it_has_changed()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    write(folder.path(), 1)?;
    let weights = folder.path().join("m/model.safetensors");
    let folders = [("f", folder.path())];
    let site = Site::start("/", Headers::Plain, &folders).await;
    let browser = Browser::start().await?;
    let url = site.url("?model=./f/m/");
    let page = Page::open(&browser, &url).await?;
    page.start("Hello").await?;
    let first = page.rows().await?;
    let there = stored(&browser).await?;
    ensure!(
        there.contains("weights.packed") && there.contains("address.json"),
        "{there}"
    );
    let sent = site.bodies_of("model.safetensors");
    ensure!(sent == 1, "{sent}");
    // The next visit only asks whether it is the same.
    let page = Page::open(&browser, &url).await?;
    page.start("Hello").await?;
    ensure!(page.rows().await? == first);
    ensure!(site.bodies_of("model.safetensors") == sent);
    // It is listed by its whole address, with its size.
    page.open_models().await?;
    let listed = format!("#stored [data-model='{}']", site.url("f/m/"));
    page.until(&format!("document.querySelector(\"{listed} .facts\")")).await?;
    let facts = format!("document.querySelector(\"{listed}\").textContent");
    ensure!(page.value(&facts).await?.to_string().contains("kB"));
    browser.script("document.querySelector('dialog[open]')?.close();", vec![]).await?;
    // Another file takes its place, with a later time. It becomes the model of this visit.
    write(folder.path(), 2)?;
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    fs::File::options().write(true).open(&weights)?.set_modified(later)?;
    let page = Page::open(&browser, &url).await?;
    page.start("Hello").await?;
    let second = page.rows().await?;
    ensure!(second != first && site.bodies_of("model.safetensors") == sent + 1);
    // It is also there without a network.
    kept(&page).await?;
    site.stop();
    let page = Page::open(&browser, &url).await?;
    page.start("Hello").await?;
    ensure!(page.rows().await? == second);
    // Once deleted, it is gone.
    page.open_models().await?;
    page.until(&format!("document.querySelector(\"{listed} .delete\")")).await?;
    page.click(&format!("{listed} .delete")).await?;
    page.until("document.querySelectorAll('#stored .offer').length === 0").await?;
    ensure!(!stored(&browser).await?.contains("weights.packed"));
    browser.quit().await
}

#[tokio::test]
async fn a_signed_address_is_stored_without_its_signature() -> Result<()> {
    let folder = tempfile::tempdir()?;
    fs::copy(e2e::dist().join("demo-model/model.gguf"), folder.path().join("x.gguf"))?;
    let folders = [("f", folder.path())];
    let site = Site::start("/", Headers::Plain, &folders).await;
    let browser = Browser::start().await?;
    let signed = site.url("?model=./f/x.gguf%3Fsignature=a-secret");
    let page = Page::open(&browser, &signed).await?;
    ensure!(page.value(NAME).await?.to_string().contains("x.gguf"));
    let there = stored(&browser).await?;
    ensure!(there.contains("weights.packed") && !there.contains("a-secret"), "{there}");
    // With another signature, or none, it counts as another model.
    let before = site.bodies_of("x.gguf");
    Page::open(&browser, &site.url("?model=./f/x.gguf%3Fsignature=another")).await?;
    Page::open(&browser, &site.url("?model=./f/x.gguf")).await?;
    ensure!(site.bodies_of("x.gguf") == before + 2);
    let page = Page::open(&browser, &signed).await?;
    ensure!(site.bodies_of("x.gguf") == before + 2);
    // The list loads it without the rest of its address.
    page.open_models().await?;
    page.until("document.querySelectorAll('#stored .offer').length === 3").await?;
    let saved = "#stored [data-model*='#saved-'] .load";
    page.click(saved).await?;
    page.settled().await?;
    ensure!(page.value(NAME).await?.to_string().contains("x.gguf"));
    ensure!(site.bodies_of("x.gguf") == before + 2);
    browser.quit().await
}

#[tokio::test]
async fn a_download_from_an_address_goes_on_where_it_was_and_stays_in_32_bits()
-> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let pause = Some(Duration::from_millis(10));
    let behaviour = Behaviour { pause, ..Behaviour::default() };
    let size = wanted(&larger());
    let hub = StandInHub::start(vec![larger()], behaviour).await;
    let browser = Browser::start().await?;
    browser.needs_stored_files()?;
    let load = || Command::Load {
        source: ModelSource::Address {
            url: format!("{}/owner/larger/resolve/main/", hub.endpoint()),
        },
        precision: Precision::F32,
    };
    let blank = site.url("blank.html");
    let mut link = WorkerLink::start(&browser, &blank).await?;
    link.send(1, load()).await?;
    loop {
        match link.receive().await?.event {
            Event::Progress(Progress { phase: Phase::Download, done, .. })
                if done > size / 2 =>
            {
                break;
            }
            Event::Progress(_) => {}
            other => bail!("{other:?}"),
        }
    }
    link.send(2, Command::Cancel { request: RequestId(1) }).await?;
    let events = link.events(1).await?;
    let cancelled = Some(&FinishReason::Cancelled);
    let reason = events.last().and_then(|event| match event {
        Event::Finished { reason, .. } => Some(reason),
        _ => None,
    });
    ensure!(reason == cancelled, "{events:?}");
    // Another worker goes on with it: less a chunk, half of it is there.
    let sent = hub.bytes_sent();
    let mut link = WorkerLink::start(&browser, &blank).await?;
    let loaded = link.answer(1, load()).await?;
    ensure!(matches!(loaded, Event::Ready(_)), "{loaded:?}");
    let again = hub.bytes_sent() - sent;
    ensure!(again < size * 3 / 4, "{again} bytes were sent again of {size}");
    // Now all of it is.
    let sent = hub.bytes_sent();
    let mut link = WorkerLink::start(&browser, &blank).await?;
    let loaded = link.answer(1, load()).await?;
    ensure!(matches!(loaded, Event::Ready(_)), "{loaded:?}");
    ensure!(hub.bytes_sent() == sent, "{} bytes were sent", hub.bytes_sent() - sent);
    browser.quit().await
}
