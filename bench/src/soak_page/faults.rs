//! The faults, and what the page must be like afterwards.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use e2e::{Native, Page, Site};
use serde_json::{Value, json};

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The browser ends the worker.
    WorkerKilled,
    /// A thread of the worker's team traps.
    ThreadTrapped,
    /// The browser refuses WebAssembly more memory than little above what it starts with.
    MemoryRefused,
    /// The native server that the page is connected to ends for good.
    ServerGone,
    /// The browser's storage has no room for a model.
    DiskFull,
    /// The person reloads the page.
    Reload,
}

/// All of them, by name.
pub(super) const FAULTS: [(&str, Fault); 6] = [
    ("the worker is killed", Fault::WorkerKilled),
    ("a thread traps", Fault::ThreadTrapped),
    ("memory is refused", Fault::MemoryRefused),
    ("the server goes away", Fault::ServerGone),
    ("the disk is full", Fault::DiskFull),
    ("the page is reloaded", Fault::Reload),
];

/// Keeps the page's workers in a list, so that a fault can reach them.
pub(super) const TRACK_WORKERS: &str = "
    window.workers = [];
    const Real = window.Worker;
    window.Worker = class extends Real {
        constructor(...all) { super(...all); window.workers.push(this); }
    };";

/// Empties the table of functions that a thread calls: it traps when it begins its work.
const TRAP_SCRIPT: &str = "
    if (await caches.delete('soak-trap')) {
        const isTable = (what) => what instanceof WebAssembly.Table && what.length > 100;
        for (const table of Object.values(exports).filter(isTable))
            for (let i = 1; i < table.length; i++)
                if (typeof table.get(i) === 'function') table.set(i, null);
    }";

/// A copy of the built site whose worker can be made to fail by caches of certain names, which
/// page and workers share.
///
/// # Errors
/// If the site is not built, or its loader has changed.
pub(super) fn site() -> Result<tempfile::TempDir> {
    let folder = e2e::copy_of_the_site()?;
    let worker = folder.path().join(e2e::worker_folder());
    let change = |file: &str, changes: &[(&str, &str)]| -> Result<()> {
        let mut script = fs::read_to_string(worker.join(file))?;
        for (from, to) in changes {
            ensure!(script.contains(from), "{file} has no {from:?}");
            script = script.replace(from, to);
        }
        Ok(fs::write(worker.join(file), script)?)
    };
    let wait = format!("{TRAP_SCRIPT}\n    wait_for_work();");
    change(
        "worker_member.js",
        &[("await init({", "var exports = await init({"), ("wait_for_work();", &wait)],
    )?;
    let little = "const LITTLE = await caches.has('soak-memory');
        const MOST_PAGES = LITTLE ? INITIAL_PAGES + 16 : 65536;";
    change(
        "worker_fast_loader.js",
        &[
            ("const MOST_PAGES = 65536;", little),
            ("const FEWEST_PAGES = 8192;", "const FEWEST_PAGES = LITTLE ? 1 : 8192;"),
        ],
    )?;
    Ok(folder)
}

/// Injects faults into a page.
pub(super) struct FaultInjector<'a> {
    pub(super) page: &'a Page<'a>,
    pub(super) site: &'a Site,
    pub(super) demo: &'a Path,
}

impl FaultInjector<'_> {
    /// Injects a fault, waits until the page has recovered, and checks that all is there again.
    ///
    /// # Errors
    /// If something is lost, or the page does not recover.
    pub(super) async fn inject(&self, fault: Fault) -> Result<()> {
        let close =
            "document.querySelectorAll('dialog[open]').forEach((d) => d.close());";
        self.page.browser.script(close, vec![]).await?;
        let before = self.kept().await?;
        match fault {
            Fault::WorkerKilled => self.kill_worker().await?,
            Fault::ThreadTrapped => {
                self.cache("open", "soak-trap").await?;
                self.kill_worker().await?;
            }
            Fault::MemoryRefused => self.refuse_memory().await?,
            Fault::ServerGone => self.lose_server().await?,
            Fault::DiskFull => self.fill_disk().await?,
            Fault::Reload => self.reload().await?,
        }
        self.page.settled().await?;
        let after = self.kept().await?;
        ensure!(before == after, "{before} became {after}");
        Ok(())
    }

    /// What the person has: the prompt, the text, the message that is being typed.
    async fn kept(&self) -> Result<Value> {
        let kept = "({
            prompt: document.querySelector('#prompt').value,
            message: document.querySelector('#chat-input').value,
            ids: [...document.querySelectorAll('#strip [data-token-index]')]
                .map((token) => token.dataset.id).join(' '),
            model: document.querySelector('#model-name').textContent,
        })";
        self.page.value(kept).await
    }

    async fn kill_worker(&self) -> Result<()> {
        // The page may start another one at once.
        let kill = "const count = workers.length, worker = workers.at(-1);
            worker.terminate();
            worker.dispatchEvent(new ErrorEvent('error', { message: 'unreachable' }));
            return count;";
        let count = self.page.browser.script(kill, vec![]).await?;
        self.page.until(&format!("workers.length > {count}")).await
    }

    /// Opens or deletes a cache, which tells the worker to fail.
    async fn cache(&self, act: &str, name: &str) -> Result<()> {
        let script = format!("caches.{act}('{name}').then(() => arguments[0](true));");
        self.page.browser.execute_async(&script, vec![]).await?;
        Ok(())
    }

    async fn reload(&self) -> Result<()> {
        self.page.browser.goto(self.site.url("blank.html")).await?;
        Page::open(self.page.browser, &self.site.url("")).await.map(drop)
    }

    /// With little memory, the page either works or says what is wrong; with enough, all is
    /// there again.
    async fn refuse_memory(&self) -> Result<()> {
        self.cache("open", "soak-memory").await?;
        self.page.browser.goto(self.site.url("blank.html")).await?;
        self.page.browser.goto(self.site.url("")).await?;
        let ended =
            "['ready', 'failed'].includes(document.documentElement.dataset.state)";
        self.page.until(ended).await?;
        let said =
            self.page.value("document.querySelector('#error').textContent").await?;
        let ready = "document.documentElement.dataset.state === 'ready'";
        let is_ready = self.page.value(ready).await? == true;
        ensure!(is_ready || said.as_str().is_some_and(|said| said.len() > 40), "{said}");
        self.cache("delete", "soak-memory").await?;
        self.reload().await
    }

    /// Works with a native server, loses it, and goes back to the browser's own engine.
    async fn lose_server(&self) -> Result<()> {
        // On a runtime of its own: with it, its connections end, too.
        let runtime = tokio::runtime::Runtime::new()?;
        let demo = self.demo.to_owned();
        let native = runtime.spawn(async move { Native::start(&demo).await }).await??;
        let address = native.url("");
        let page = self.page;
        page.open_menu().await?;
        page.click("#backend-native").await?;
        page.fill("#native-address", address.trim_end_matches('/')).await?;
        page.click("#native-connect").await?;
        page.settled().await?;
        runtime.shutdown_background();
        page.until("!document.querySelector('#error').hidden").await?;
        page.open_menu().await?;
        page.click("#backend-worker").await?;
        page.settled().await
    }

    /// Without room to store a model, it is used all the same, or the page says why not.
    async fn fill_disk(&self) -> Result<()> {
        let page = self.page;
        let origin = page.value("location.origin").await?;
        let origin = origin.as_str().context("a page has an origin")?;
        let quota = |size: u64| json!({ "origin": origin, "quotaSize": size });
        page.browser.cdp("Storage.overrideQuotaForOrigin", quota(1000)).await?;
        page.browser.goto(self.site.url("blank.html")).await?;
        Page::open(page.browser, &self.site.url("?model=./demo/model.gguf")).await?;
        let quota = json!({ "origin": origin });
        page.browser.cdp("Storage.overrideQuotaForOrigin", quota).await?;
        page.browser.goto(self.site.url("blank.html")).await?;
        Page::open(page.browser, &self.site.url("?model=demo")).await.map(drop)
    }
}
