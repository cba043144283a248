//! Pages that ask for what reads prompts faster: both are measured, and one is chosen.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use protocol::{ModelDescription, ModelSource, Precision, PromptDevice};

use crate::gpu_prompts::{has_gpu, load_by, watched};

/// The name of a worker whose page asks for what is faster.
const AUTO: &str = "
    const name = { get: () => 'engine-auto-test', set() {} };
    Object.defineProperty(self, 'name', name);";

/// The device says that it is hardware, with nothing beyond the core: variants of kernels have
/// tests of their own.
const HARDWARE: &str = "
    GPUSupportedFeatures.prototype.has = () => false;
    WGSLLanguageFeatures.prototype.has = () => false;
    const hardware = { get: () => false };
    Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', hardware);";

/// The clock stands still while the device works, as if that took no time.
const FAST: &str = "
    const now = performance.now.bind(performance);
    let [lost, working, since] = [0, 0, 0];
    performance.now = () => (working > 0 ? since : now()) - lost;
    const map = GPUBuffer.prototype.mapAsync;
    GPUBuffer.prototype.mapAsync = async function (...all) {
        if (working === 0) since = now();
        working += 1;
        try { return await map.apply(this, all); }
        finally {
            working -= 1;
            if (working === 0) lost += now() - since;
        }
    };";

async fn load_demo(
    browser: &Browser,
    site: &Site,
    script: &str,
) -> Result<(ModelDescription, bool)> {
    load_by(browser, site, script, ModelSource::Demo, Precision::Auto).await
}

#[tokio::test]
async fn what_reads_prompts_faster_is_measured_and_chosen() -> Result<()> {
    let scripts = [
        watched(AUTO)?,
        watched(&format!("{AUTO}{HARDWARE}"))?,
        watched(&format!("{AUTO}{HARDWARE}{FAST}"))?,
    ];
    let [software, slow, fast] = scripts.each_ref().map(|folder| folder.path());
    let folders = [("software", software), ("slow", slow), ("fast", fast)];
    let site = Site::start("/", Headers::Isolating, &folders).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let info = "
        const adapter = await navigator.gpu.requestAdapter();
        return adapter.info.isFallbackAdapter;";
    if browser.script(info, vec![]).await? == true {
        // It is not even tried: the processor computes what it does.
        let (model, tried) = load_demo(&browser, &site, "software").await?;
        ensure!(!tried && model.prompts == PromptDevice::NoGpu, "{model:?}");
        ensure!(model.prompt_speeds.is_none(), "{model:?}");
    } else {
        println!("this device in software does not say that it is");
    }
    for (script, faster) in [("slow", false), ("fast", true)] {
        let (model, tried) = load_demo(&browser, &site, script).await?;
        let speeds = model.prompt_speeds.context("nothing was measured")?;
        println!("{script}: {speeds:?}");
        ensure!(tried && speeds.gpu > 0.0 && speeds.processor > 0.0, "{speeds:?}");
        let continuing = model.continuation_speeds.context("nothing was measured")?;
        ensure!(continuing.gpu > 0.0 && continuing.processor > 0.0, "{continuing:?}");
        println!("continuing: {continuing:?}");
        // How slow software is depends on the machine; what is chosen, on that alone.
        let chosen = match continuing.gpu > continuing.processor {
            _ if speeds.gpu <= speeds.processor => PromptDevice::Slower,
            true => PromptDevice::GpuContinues,
            false => PromptDevice::Gpu,
        };
        ensure!(model.prompts == chosen, "{model:?}");
        // The demo model is so small that the commands of a token take longer than the token here.
        ensure!(!faster || chosen != PromptDevice::Slower, "{speeds:?}");
    }

    // The page says what was measured. What is asked for by name is used, fast or not.
    let page = Page::open(&browser, &site.url("?device=gpu")).await?;
    let note = "document.querySelector('#model-build').textContent";
    let said = page.value(note).await?.to_string();
    ensure!(said.contains("The GPU reads prompts and continues them"), "{said}");
    ensure!(said.contains("tokens/s, the processor"), "{said}");
    browser.quit().await
}
