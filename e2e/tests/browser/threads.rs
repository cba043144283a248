//! The threads of the worker: how the page recovers when one of them traps, and how they are
//! used again by the next model.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use e2e::{
    Browser, Headers, Hosting, Link, ModelFolder, Page, Site, WorkerLink,
    copy_of_the_site,
};
use protocol::{
    Candidate, Command, Event, ModelDescription, ModelSource, Precision, SamplerSettings,
};
use random_model::{Files, Kind, Shape};

use crate::faults::REACH_WORKERS;
use crate::worker_memory::{WATCH, before};

/// Clears the function table of a thread, once in the life of the browser's storage. The thread
/// traps when it begins its work, while the worker waits for it.
const TRAP_ONCE: &str = "
    if (!(await caches.has('trapped'))) {
        await caches.open('trapped');
        for (let i = 0; i < exports.table.length; i++) exports.table.set(i, null);
    }";

/// A WebAssembly module that also exports its function table.
fn with_table(module: &[u8]) -> Vec<u8> {
    const EXPORTS: u8 = 7;
    let number = |at: &mut usize| {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = module[*at];
            *at += 1;
            number |= usize::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                return number;
            }
        }
    };
    let write = |mut number: usize, into: &mut Vec<u8>| {
        while number > 127 {
            into.push(number as u8 | 128);
            number >>= 7;
        }
        into.push(number as u8);
    };
    let (mut at, mut written) = (8, module[..8].to_vec());
    while at < module.len() {
        let (start, section) = (at, module[at]);
        at += 1;
        let length = number(&mut at);
        let end = at + length;
        if section != EXPORTS {
            written.extend(&module[start..end]);
        } else {
            let count = number(&mut at);
            let mut body = Vec::new();
            write(count + 1, &mut body);
            body.extend(&module[at..end]);
            body.extend(b"\x05table\x01\x00");
            written.push(EXPORTS);
            write(body.len(), &mut written);
            written.extend(body);
        }
        at = end;
    }
    written
}

#[tokio::test]
async fn a_thread_that_traps_is_a_death_that_the_page_hears_of() -> Result<()> {
    let folder = copy_of_the_site()?;
    let member = folder.path().join(e2e::worker_folder()).join("worker_member.js");
    let script = fs::read_to_string(&member)?;
    let (init, wait) = ("    await init({", "    wait_for_work();");
    ensure!(script.contains(init) && script.contains(wait), "{script}");
    let script = script.replace(init, "    var exports = await init({");
    let script = script.replace(wait, &format!("{TRAP_ONCE}\n{wait}"));
    fs::write(&member, script)?;
    let module = member.with_file_name("worker_fast_bg.wasm");
    fs::write(&module, with_table(&fs::read(&module)?))?;
    let site = Site::hosted(Hosting {
        headers: Headers::Isolating,
        dist: Some(folder.path()),
        ..Hosting::default()
    });
    let browser = Browser::start().await?;
    if browser.fastest_build().await? != "WebAssembly, relaxed SIMD" {
        bail!(
            "only Chromium can: without relaxed SIMD the module has to be as it was built"
        );
    }
    browser.before_pages(REACH_WORKERS).await?;
    // Every notice is collected, since it disappears when all is well again.
    browser
        .before_pages(
            "window.notices = [];
            new MutationObserver(() => {
                const text = document.querySelector('#error-message')?.textContent;
                if (text) notices.push(text);
            }).observe(document, { childList: true, subtree: true, characterData: true });",
        )
        .await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let cores = page.value("navigator.hardwareConcurrency").await?;
    if cores == 1 {
        test_support::skip("one core has no threads beside the worker");
        return browser.quit().await;
    }
    let notices = page.value("notices.join(' ')").await?.to_string();
    ensure!(notices.contains("A thread of the engine ended"), "{notices}");
    ensure!(page.value("workers.map((w) => !!w.ended).join()").await? == "true,false");
    page.start("Once upon a time").await?;
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}

#[tokio::test]
async fn pages_that_end_while_their_worker_is_compiled_leave_the_next_one_its_threads()
-> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    // More of them than any browser has threads that compile.
    for visit in 0..20 {
        let page = Page::visit(&browser, &site.url(&format!("?visit={visit}"))).await?;
        page.until("document.documentElement.dataset.rendered").await?;
    }
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time").await?;
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}

fn address(site: &Site, folder: &str) -> Command {
    let source = ModelSource::Address { url: site.url(folder) };
    Command::Load { source, precision: Precision::Q8 }
}

async fn loaded(link: &mut WorkerLink<'_>, load: Command) -> Result<ModelDescription> {
    match link.answer(1, load).await? {
        Event::Ready(model) => Ok(model),
        other => bail!("{other:?}"),
    }
}

async fn best(link: &mut WorkerLink<'_>) -> Result<Vec<Candidate>> {
    let (ids, settings) = (vec![0, 7, 9], SamplerSettings::default());
    let next = Command::NextToken { ids, settings, candidates: 5, watch: vec![] };
    match link.answer(2, next).await? {
        Event::Distribution(distribution) => Ok(distribution.candidates),
        other => bail!("{other:?}"),
    }
}

/// The size of the worker's WebAssembly memory in bytes, which never shrinks.
async fn memory(browser: &Browser) -> Result<u64> {
    let ask = "const done = arguments[0];
        const channel = new BroadcastChannel('memory');
        channel.onmessage = ({ data }) => {
            if (data === 'tell') return;
            channel.close();
            done(data);
        };
        channel.postMessage('tell');";
    let size = browser.execute_async(ask, vec![]).await?.json().clone();
    size.as_u64().context(size.to_string())
}

/// Two models of 75 MB, of which some 20 MB are in memory.
#[tokio::test]
async fn a_model_in_place_of_another_has_its_threads_and_its_memory() -> Result<()> {
    let first = random_model::files(&Shape::slow(), Kind::Instruct, 1);
    let second = random_model::files(&Shape::slow(), Kind::Instruct, 2);
    let cut = Files {
        safetensors: second.safetensors[..second.safetensors.len() / 2].to_vec(),
        ..second.clone()
    };
    let [first, second, cut] = [&first, &second, &cut].map(ModelFolder::new);
    let script = before(WATCH)?;
    let folders = [
        ("first", first.path()),
        ("second", second.path()),
        ("cut", cut.path()),
        ("before", script.path()),
    ];
    let site = Site::start("/", Headers::Isolating, &folders).await;
    let browser = Browser::start().await?;
    let (blank, script) = (site.url("blank.html"), "'before/worker.js'");
    let mut link = WorkerLink::start_by(&browser, &blank, script).await?;
    let model = loaded(&mut link, address(&site, "first/")).await?;
    let (one, of_first) = (memory(&browser).await?, best(&mut link).await?);
    let again = loaded(&mut link, address(&site, "second/")).await?;
    let (two, of_second) = (memory(&browser).await?, best(&mut link).await?);
    ensure!(again.threads == model.threads, "{} then {}", model.threads, again.threads);
    let room = model.weight_bytes / 4;
    ensure!(two < one + room, "{one} bytes became {two}");
    ensure!(of_first != of_second);
    // A model that does not exist and one that cannot be loaded: the second stays.
    for folder in ["nowhere/", "cut/"] {
        match link.answer(3, address(&site, folder)).await? {
            Event::Failed(_) => {}
            other => bail!("{folder}: {other:?}"),
        }
        ensure!(best(&mut link).await? == of_second, "{folder}");
    }
    let three = memory(&browser).await?;
    ensure!(three < one + room, "{one} bytes became {three}");
    browser.quit().await
}
