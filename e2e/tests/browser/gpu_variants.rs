//! Variants of kernels: a device is tried with what it has beyond the core, and goes on with what
//! is faster and computes the same. Whether the clock says so is up to these tests.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Site, WorkerLink};
use protocol::{ModelDescription, PromptDevice};

use crate::gpu_prompts::{check_alike, has_gpu, load_demo, text, watched, whole};

const VARIANTS: &str = include_str!("gpu_variants.js");

/// The page's side: what the worker tells of kernels.
const LISTEN: &str = "
    window.kernels = { core: 0, integers: 0, subgroups: 0 };
    new BroadcastChannel('kernels').onmessage = ({ data }) => window.kernels = data;";

/// Kernels that have run, of each kind.
#[derive(Clone, Copy, Debug)]
struct Ran {
    core: u64,
    integers: u64,
    subgroups: u64,
}

impl Ran {
    async fn so_far(browser: &Browser) -> Result<Ran> {
        // What was posted before has come then.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let ran = browser.script("return window.kernels;", vec![]).await?;
        let of = |kind: &str| ran[kind].as_u64().context("a count");
        Ok(Ran {
            core: of("core")?,
            integers: of("integers")?,
            subgroups: of("subgroups")?,
        })
    }

    /// Those that have run since then.
    async fn since(self, browser: &Browser) -> Result<Ran> {
        let Ran { core, integers, subgroups } = Ran::so_far(browser).await?;
        Ok(Ran {
            core: core - self.core,
            integers: integers - self.integers,
            subgroups: subgroups - self.subgroups,
        })
    }
}

/// A folder whose worker has a device with slow kinds of kernels.
fn worker(slow: &str, broken: &str, lost: &str) -> Result<tempfile::TempDir> {
    let settings = format!(
        "const [slow, lost] = ['{slow}', '{lost}'];\nconst broken = (code) => {broken};"
    );
    watched(&format!("{settings}\n{VARIANTS}"))
}

/// Loads the demo model; returns what it says, what has run then for a text, and what that text
/// gives.
async fn read(
    browser: &Browser,
    site: &Site,
    folder: &str,
) -> Result<(ModelDescription, Ran, Vec<f64>)> {
    let blank = site.url("blank.html");
    let script = format!("'{folder}/worker.js'");
    let mut link = WorkerLink::start_by(browser, &blank, &script).await?;
    browser.script(LISTEN, vec![]).await?;
    let model = load_demo(&mut link).await?;
    let before = Ran::so_far(browser).await?;
    let found = whole(&mut link, &text(100, 3)).await?;
    Ok((model, before.since(browser).await?, found))
}

#[tokio::test]
async fn a_device_uses_what_it_has_where_that_is_faster_and_right() -> Result<()> {
    let workers = [
        // The kinds that are not slow are faster.
        worker("core", "code", "")?,
        worker("integers subgroups", "code", "")?,
        worker(
            "core",
            "code.replaceAll('256 * dot4I8Packed', '255 * dot4I8Packed')",
            "",
        )?,
        worker("core", "code.replaceAll('enable subgroups', 'enable nothing')", "")?,
    ];
    let names = ["faster", "slower", "wrong", "refused"];
    let folders: Vec<_> =
        names.into_iter().zip(workers.iter().map(|folder| folder.path())).collect();
    let site = Site::start("/", Headers::Plain, &folders).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    load_demo(&mut link).await?;
    let expected = whole(&mut link, &text(100, 3)).await?;
    let has = "return (await navigator.gpu.requestAdapter()).features.has('subgroups');";
    let has_subgroups = browser.script(has, vec![]).await? == true;
    for name in names {
        let (model, ran, found) = read(&browser, &site, name).await?;
        println!("{name}: {ran:?}");
        ensure!(model.prompts == PromptDevice::GpuContinues, "{name}: {model:?}");
        ensure!(ran.core > 0, "{name}: {ran:?}");
        check_alike(&expected, &found, name)?;
        let (integers, subgroups) = (ran.integers > 0, ran.subgroups > 0);
        match name {
            "faster" => ensure!(integers && subgroups == has_subgroups, "{ran:?}"),
            // One that is wrong, or that the browser refuses, takes the others with it.
            "slower" | "wrong" => ensure!(!integers && !subgroups, "{name}: {ran:?}"),
            "refused" if has_subgroups => ensure!(!integers && !subgroups, "{ran:?}"),
            _ => {}
        }
    }
    browser.quit().await
}

#[tokio::test]
async fn a_device_that_a_variant_loses_again_and_again_keeps_to_the_core() -> Result<()> {
    let fatal = worker("core", "code", "integers")?;
    let site = Site::start("/", Headers::Plain, &[("fatal", fatal.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut first = Vec::new();
    // Once does not count: it may have been something else.
    for visit in [1, 2] {
        let (model, ran, found) = read(&browser, &site, "fatal").await?;
        ensure!(model.prompts == PromptDevice::Failed, "{visit}: {model:?}");
        ensure!(ran.core + ran.integers + ran.subgroups == 0, "{visit}: {ran:?}");
        first = found;
    }
    let (model, ran, second) = read(&browser, &site, "fatal").await?;
    ensure!(model.prompts == PromptDevice::GpuContinues, "{model:?}");
    ensure!(ran.core > 0 && ran.integers + ran.subgroups == 0, "{ran:?}");
    check_alike(&first, &second, "with the core")?;
    browser.quit().await
}
