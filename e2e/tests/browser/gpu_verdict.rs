//! A GPU that computed other numbers: that is remembered beyond the visit, for this model and
//! this browser, until the person asks for it again.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use protocol::{ModelSource, Precision, PromptDevice};
use random_model::{Kind, Shape};

use crate::gpu_prompts::{has_gpu, load_by, watched};

/// One shader adds where it should multiply.
const WRONG: &str = "
    const compile = GPUDevice.prototype.createShaderModule;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
        const code = descriptor.code.replaceAll('1.0 / sqrt(', '0.9 / sqrt(');
        return compile.call(this, { ...descriptor, code });
    };";

/// The name of a worker whose page asks once more.
const AGAIN: &str = "
    const name = { get: () => 'engine-gpu-again-test', set() {} };
    Object.defineProperty(self, 'name', name);";

/// The browser after an update.
const UPDATED: &str = "
    Object.defineProperty(navigator, 'userAgent', { get: () => 'a newer one' });";

/// Loads a model in a worker that a script starts; returns who reads prompts, and whether the
/// device was tried.
async fn load(
    browser: &Browser,
    site: &Site,
    script: &str,
    source: ModelSource,
) -> Result<(PromptDevice, bool)> {
    let (model, tried) = load_by(browser, site, script, source, Precision::Q8).await?;
    Ok((model.prompts, tried))
}

#[tokio::test]
async fn a_gpu_that_computed_other_numbers_is_not_tried_at_the_next_visit() -> Result<()>
{
    let scripts = [watched(WRONG)?, watched("")?, watched(AGAIN)?, watched(UPDATED)?];
    let [wrong, right, again, updated] = scripts.each_ref().map(|folder| folder.path());
    let other = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let folders = [
        ("wrong", wrong),
        ("right", right),
        ("again", again),
        ("updated", updated),
        ("other", other.path()),
    ];
    let site = Site::start("/", Headers::Plain, &folders).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let demo = || ModelSource::Demo;
    let refused = PromptDevice::WrongNumbers;
    let found = load(&browser, &site, "wrong", demo()).await?;
    ensure!(found == (refused, true), "at first: {found:?}");
    let found = load(&browser, &site, "right", demo()).await?;
    ensure!(found == (refused, false), "at the next visit: {found:?}");
    let address = ModelSource::Address { url: site.url("other/") };
    let found = load(&browser, &site, "right", address).await?;
    ensure!(found == (PromptDevice::GpuContinues, true), "with another model: {found:?}");
    let found = load(&browser, &site, "updated", demo()).await?;
    ensure!(found == (PromptDevice::GpuContinues, true), "after an update: {found:?}");

    // The page says it, and how it is tried again.
    let page = Page::open(&browser, &site.url("?device=gpu")).await?;
    let note = "document.querySelector('#model-build').textContent";
    let said = page.value(note).await?.to_string();
    ensure!(said.contains("when tried with this model"), "{said}");
    page.open_menu().await?;
    page.click("#gpu-again").await?;
    page.until(&format!("{note}.includes('The GPU reads prompts and continues them')"))
        .await?;
    let hidden = "document.querySelector('#gpu-again').hidden";
    ensure!(page.value(hidden).await? == true);

    // It was right, so it is used unasked from now on; and one that is wrong when it is asked
    // for once more is remembered again.
    let found = load(&browser, &site, "right", demo()).await?;
    ensure!(found == (PromptDevice::GpuContinues, true), "afterwards: {found:?}");
    let found = load(&browser, &site, "wrong", demo()).await?;
    ensure!(found == (refused, true), "wrong again: {found:?}");
    let found = load(&browser, &site, "again", demo()).await?;
    ensure!(found == (PromptDevice::GpuContinues, true), "asked for again: {found:?}");
    browser.quit().await
}
