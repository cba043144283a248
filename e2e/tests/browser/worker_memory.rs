//! The worker's memory: in browsers that grant less of it, and over a long time of use.

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{
    Command, Event, ModelDescription, ModelSource, Precision, Request, RequestId,
    SamplerSettings,
};
use serde_json::json;

/// The demo model.
async fn loaded(link: &mut WorkerLink<'_>) -> Result<ModelDescription> {
    let load = Command::Load { source: ModelSource::Demo, precision: Precision::Auto };
    match link.answer(1, load).await? {
        Event::Ready(model) => Ok(model),
        other => bail!("{other:?}"),
    }
}

/// A folder with a script that does something in the worker before the fast build
/// starts.
pub(crate) fn before(script: &str) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let loader = format!("../{}worker_fast_loader.js", e2e::worker_folder());
    let script = format!("{script}\nawait import(\"{loader}\");\n");
    std::fs::write(folder.path().join("worker.js"), script)?;
    Ok(folder)
}

/// A browser that grants only this much shared memory.
const REFUSE: &str = "
    const most = Number(new URLSearchParams(self.location.search).get('pages'));
    const Granted = WebAssembly.Memory;
    WebAssembly.Memory = class extends Granted {
        constructor(wanted) {
            if (wanted.shared && wanted.maximum > most) {
                throw new RangeError('could not allocate memory');
            }
            super(wanted);
        }
    };";

/// The build that runs with this many pages of shared memory, and the model's most probable
/// token after a text.
async fn granted(browser: &Browser, site: &Site, pages: u32) -> Result<(String, u32)> {
    let script = format!("'before/worker.js?pages={pages}'");
    let blank = site.url("blank.html");
    let mut link = WorkerLink::start_by(browser, &blank, &script).await?;
    let device = loaded(&mut link).await?.device;
    let settings = SamplerSettings { temperature: 0.0, ..Default::default() };
    let next =
        Command::NextToken { ids: vec![0, 7, 9], settings, candidates: 1, watch: vec![] };
    match link.answer(2, next).await? {
        Event::Distribution(distribution) => Ok((device, distribution.sampled.token.id)),
        other => bail!("{other:?}"),
    }
}

#[tokio::test]
async fn where_memory_is_refused_less_is_taken_and_then_the_build_without() -> Result<()>
{
    let script = before(REFUSE)?;
    let site = Site::start("/", Headers::Isolating, &[("before", script.path())]).await;
    let browser = Browser::start().await?;
    let fastest = browser.fastest_build().await?;
    let (all, best) = granted(&browser, &site, u32::MAX).await?;
    ensure!(all == fastest, "{all}");
    let steps = [(16_384, fastest), (8_192, fastest), (8_191, "WebAssembly, SIMD")];
    for (pages, device) in steps {
        let taken = granted(&browser, &site, pages).await?;
        ensure!(taken == (device.to_owned(), best), "{pages} pages: {taken:?}");
    }
    browser.quit().await
}

/// The number of picks, and how many of them come before the first measurement of memory.
const PICKS: (u32, u32) = (30_000, 2_000);

/// How much memory may grow from there: four pages. Its peak depends on how the steps of work
/// meet the clock, and may come late. A leak of one block for each pick would take more, since
/// the allocator's smallest block has 16 bytes.
const GROWTH: u64 = 4 << 16;

/// Reports on demand how large the memories of WebAssembly are, which never shrink.
pub(crate) const WATCH: &str = "
    const memories = new Set();
    const Granted = WebAssembly.Memory;
    WebAssembly.Memory = class extends Granted {
        constructor(wanted) { super(wanted); memories.add(this); }
    };
    const channel = new BroadcastChannel('memory');
    channel.onmessage = ({ data }) => {
        if (data !== 'tell') return;
        const bytes = [...memories].map((memory) => memory.buffer.byteLength);
        channel.postMessage(bytes.reduce((a, b) => a + b, 0));
    };";

#[tokio::test]
async fn thirty_thousand_picks_and_undos_leave_nothing_behind() -> Result<()> {
    let script = before(WATCH)?;
    let site = Site::start("/", Headers::Isolating, &[("before", script.path())]).await;
    let browser = Browser::start().await?;
    let (blank, script) = (site.url("blank.html"), "'before/worker.js'");
    let mut link = WorkerLink::start_by(&browser, &blank, script).await?;
    loaded(&mut link).await?;
    let settings = SamplerSettings::default();
    let next =
        Command::NextToken { ids: vec![], settings, candidates: 10, watch: vec![] };
    let request = Request { id: RequestId(0), command: next };
    // Picks as a person picks: mostly one of the ten best tokens, sometimes some tokens back,
    // and sometimes from the start.
    let walk = "
        const [request, [picks, early], done] = arguments;
        let state = 1;
        const random = (below) => {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            return Math.floor((state / 2 ** 32) * below);
        };
        const channel = new BroadcastChannel('memory');
        const memory = () => new Promise((resolve) => {
            channel.onmessage = ({ data }) => resolve(data);
            channel.postMessage('tell');
        });
        const ask = (id, ids) => new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => {
                const event = data.reply?.event ?? data;
                if (event.type === 'distribution') resolve(event);
                else if (event.type !== 'progress') reject(JSON.stringify(event));
            };
            request.id = id;
            request.command.ids = ids;
            worker.postMessage(request);
        });
        (async () => {
            let ids = [0];
            const sizes = [];
            let undos = 0;
            for (let pick = 1; pick <= picks; pick++) {
                const { candidates } = await ask(10 + pick, ids);
                const token = candidates[random(candidates.length)].token.id;
                ids = [...ids, token];
                if (random(5) === 0 || ids.length > 500) {
                    undos++;
                    ids = ids.slice(0, 1 + random(ids.length));
                }
                if (pick === early || pick === picks) sizes.push(await memory());
            }
            return { sizes, undos };
        })().then(done, (error) => done(`${error}`));";
    browser.set_script_timeout(std::time::Duration::from_secs(600)).await?;
    let arguments = vec![serde_json::to_value(request)?, json!([PICKS.0, PICKS.1])];
    let result = browser.execute_async(walk, arguments).await?.json().clone();
    let size = |index: usize| result["sizes"][index].as_u64().context(result.to_string());
    let (early, late) = (size(0)?, size(1)?);
    let undos = result["undos"].as_u64().unwrap_or_default();
    ensure!(undos > 3_000, "{undos} undos");
    ensure!(late <= early + GROWTH, "{early} bytes became {late}");
    browser.quit().await
}
