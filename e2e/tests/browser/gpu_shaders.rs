//! The shaders of `gpu` in a browser, whose compiler refuses what others take.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Site};
use gpu::catalogue;
use serde_json::{Value, json};

/// Has the browser check shaders, and tells what it says of each; nothing if it has no device.
/// (It makes a program for the device only of those that are to run, which takes long.)
const CHECK: &str = "
    const [shaders] = arguments;
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) return null;
    const requiredFeatures = ['subgroups'].filter((feature) => adapter.features.has(feature));
    const device = await adapter.requestDevice({ requiredFeatures });
    device.addEventListener('uncapturederror', (event) => event.preventDefault());
    const said = await Promise.all(shaders.map(async (code) => {
        const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
        return messages.map(({ lineNum, message }) => `${lineNum}: ${message}`).join('; ');
    }));
    device.destroy();
    return { said, hasSubgroups: requiredFeatures.length > 0 };";

/// What nobody may take: some wait for others that do not come.
const WRONG: &str = "
    @compute @workgroup_size(64)
    fn main(@builtin(local_invocation_index) lane: u32) {
        if (lane < 7u) { workgroupBarrier(); }
    }";

#[tokio::test]
async fn every_shader_is_what_the_browser_takes() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start_with_gpu().await?;
    browser.goto(site.url("blank.html")).await?;
    let kernels = catalogue();
    let mut shaders: Vec<&str> =
        kernels.iter().map(|kernel| kernel.source.as_str()).collect();
    shaders.push(WRONG);
    let script =
        format!("return (async function() {{ {CHECK} }}).apply(null, arguments);");
    let answer = browser.script(&script, vec![json!(shaders)]).await?;
    let has_subgroups = answer["hasSubgroups"] == true;
    let Value::Array(said) = &answer["said"] else {
        test_support::missing("this browser has no WebGPU, not even in software");
        return browser.quit().await;
    };
    ensure!(said.len() == kernels.len() + 1, "{} of {}", said.len(), kernels.len());
    ensure!(said[kernels.len()] != "", "the browser does not check shaders");
    for (kernel, said) in kernels.iter().zip(said) {
        if kernel.source.contains("enable subgroups") && !has_subgroups {
            continue;
        }
        ensure!(said == "", "{}: {said}", kernel.name);
    }
    println!("{} shaders", kernels.len());
    browser.quit().await
}
