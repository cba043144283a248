//! A large file of an address is stored while its model is loaded, if there is room.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use e2e::{Browser, Headers, Link, ModelFolder, Site, WorkerLink};
use protocol::{Command, Event, ModelSource, Precision, SamplerSettings};
use random_model::{Kind, Shape};

use crate::worker_memory::before;

/// A model whose file of weights has 75 MB.
fn model() -> ModelFolder {
    ModelFolder::new(&random_model::files(&Shape::slow(), Kind::Instruct, 1))
}

fn load(site: &Site) -> Command {
    let source = ModelSource::Address { url: site.url("model/") };
    Command::Load { source, precision: Precision::Q8 }
}

/// Whether a file of weights lies in storage that is of no use once its model is made: one of an
/// address in the folder of its model, one of the device by itself.
async fn lies_there(browser: &Browser) -> Result<bool> {
    browser.needs_stored_files()?;
    let names = "const done = arguments[0];
        (async () => {
            const root = await navigator.storage.getDirectory();
            const models = await root.getDirectoryHandle('models', { create: true });
            const names = [];
            for await (const [name, folder] of models.entries()) {
                names.push(name);
                if (!name.startsWith('_address-')) continue;
                for await (const [file, handle] of folder.entries()) {
                    const isWeights = /^weights\\.[0-9]+$/.test(file);
                    if (isWeights && (await handle.getFile()).size > 0) names.push('weights');
                }
            }
            done(names);
        })();";
    let names = browser.execute_async(names, vec![]).await?.json().to_string();
    Ok(names.contains("_passing.") || names.contains("weights"))
}

#[tokio::test]
async fn a_large_file_lies_in_storage_while_its_model_is_made_and_no_longer() -> Result<()>
{
    let model = model();
    let site = Site::start("/", Headers::Isolating, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    passes_through(&browser, &mut link, load(&site)).await?;
    // So does one of the device.
    let choose = "const done = arguments[0];
        (async () => {
            const files = [];
            for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) {
                const contents = await (await fetch(`model/${name}`)).blob();
                files.push({ name, url: URL.createObjectURL(contents) });
            }
            done(files);
        })();";
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let files = browser.execute_async(choose, vec![]).await?.json().clone();
    let source = ModelSource::Files { files: serde_json::from_value(files)? };
    let command = Command::Load { source, precision: Precision::F32 };
    passes_through(&browser, &mut link, command).await?;
    browser.quit().await
}

async fn passes_through(
    browser: &Browser,
    link: &mut WorkerLink<'_>,
    load: Command,
) -> Result<()> {
    link.send(1, load).await?;
    let deadline = Instant::now() + Duration::from_secs(30);
    while !lies_there(browser).await? {
        ensure!(Instant::now() < deadline, "it never lay in storage");
    }
    let events = link.events(1).await?;
    ensure!(matches!(events.last(), Some(Event::Ready(_))), "{:?}", events.last());
    while lies_there(browser).await? {
        ensure!(Instant::now() < deadline, "it stayed in storage");
    }
    Ok(())
}

/// Gives the storage room for more than the first pieces, and for less than the file.
const FULL: &str = "
    const write = FileSystemSyncAccessHandle.prototype.write;
    let room = 48e6;
    FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
        room -= bytes.byteLength;
        if (room < 0) throw new DOMException('full', 'QuotaExceededError');
        return write.call(this, bytes, options);
    };";

/// Takes the storage away.
const NONE: &str = "
    StorageManager.prototype.getDirectory = () =>
        Promise.reject(new DOMException('no', 'SecurityError'));";

#[tokio::test]
async fn where_storage_is_full_or_switched_off_the_file_stays_in_memory() -> Result<()> {
    let model = model();
    let mut best = Vec::new();
    for script in ["", FULL, NONE] {
        let script = before(script)?;
        let folders = [("model", model.path()), ("before", script.path())];
        let site = Site::start("/", Headers::Isolating, &folders).await;
        let browser = Browser::start().await?;
        let (blank, script) = (site.url("blank.html"), "'before/worker.js'");
        let mut link = WorkerLink::start_by(&browser, &blank, script).await?;
        let loaded = link.answer(1, load(&site)).await?;
        ensure!(matches!(loaded, Event::Ready(_)), "{loaded:?}");
        let (ids, settings) = (vec![0, 7, 9], SamplerSettings::default());
        let next = Command::NextToken { ids, settings, candidates: 5, watch: vec![] };
        match link.answer(2, next).await? {
            Event::Distribution(distribution) => best.push(distribution.candidates),
            other => bail!("{other:?}"),
        }
        ensure!(!lies_there(&browser).await?, "what was no use stayed in storage");
        browser.quit().await?;
    }
    ensure!(best[0] == best[1] && best[0] == best[2], "{best:?}");
    Ok(())
}
