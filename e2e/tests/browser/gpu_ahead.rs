//! The browser's GPU reads tokens before they are drawn, since it guesses them: it need not wait
//! for the processor between two tokens, and whatever it guesses, the text is the same.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{Command, Event, PromptDevice, SamplerOrder, SamplerSettings};

use crate::gpu_continues::{check_tokens, drawn, load_demo};
use crate::gpu_prompts::{has_gpu, start, waits, watched};
use crate::questions::settings;

/// Tokens that are drawn.
const DRAWN: u32 = 24;

fn generate(ids: &[u32], settings: SamplerSettings) -> Command {
    let ids = ids.to_vec();
    Command::Generate { ids, settings, max_new_tokens: DRAWN, candidates: 10 }
}

/// Samplers whose tokens can be guessed, each with the most times that the device may wait for
/// the processor in [`DRAWN`] tokens.
fn guessed() -> [(&'static str, SamplerSettings, u64); 4] {
    let cuts = SamplerSettings { top_k: 40, top_p: 0.95, min_p: 0.02, ..settings() };
    let last = SamplerOrder::TemperatureLast;
    [
        ("greedy", SamplerSettings { temperature: 0.0, ..settings() }, 2),
        ("all tokens", settings(), 8),
        ("cuts", SamplerSettings { temperature: 0.8, ..cuts.clone() }, 4),
        ("cuts first", SamplerSettings { temperature: 1.2, order: last, ..cuts }, 4),
    ]
}

#[tokio::test]
async fn the_gpu_waits_for_few_tokens_that_it_can_guess() -> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", Headers::Isolating, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let penalised = SamplerSettings { repetition_penalty: 1.2, ..settings() };
    let mut all = guessed().to_vec();
    // What is penalised is not guessed: it waits for every token.
    all.push(("penalties", penalised, u64::from(DRAWN)));
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let prompt = load_demo(&mut link, PromptDevice::Same).await?;
    let mut expected = Vec::new();
    for (_, settings, _) in &all {
        expected.push(link.ask(3, generate(&prompt, settings.clone())).await?);
    }
    drop(link);
    let mut link = start(&browser, &site).await?;
    load_demo(&mut link, PromptDevice::GpuContinues).await?;
    for ((what, settings, most), expected) in all.into_iter().zip(expected) {
        let is_penalised = settings.repetition_penalty != 1.0;
        let before = waits(&browser).await?;
        let events = link.ask(4, generate(&prompt, settings)).await?;
        check_tokens(&events, &expected, what)?;
        let waited = waits(&browser).await? - before;
        println!("{what}: it waited {waited} times for {} tokens", drawn(&events).len());
        ensure!(waited <= most, "{what}: it waited {waited} times");
        // The last token is not read, and what the prompt ends with was read before.
        ensure!(!is_penalised || waited >= u64::from(DRAWN) - 2, "{waited} times");
    }
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_gpu_that_guesses_wrong_continues_the_same_text() -> Result<()> {
    // Every other guess is another token.
    let wrong = "
        const compile = GPUDevice.prototype.createShaderModule;
        GPUDevice.prototype.createShaderModule = function (descriptor) {
            const code = descriptor.code.replace(
                'let id = atomicLoad(&chosen);',
                'let id = atomicLoad(&chosen) & 0xfffffffeu;',
            );
            if (code !== descriptor.code) self.changed = true;
            return compile.call(this, { ...descriptor, code });
        };
        const heard = new BroadcastChannel('changed');
        heard.onmessage = () => heard.postMessage(!!self.changed);";
    let folder = watched(wrong)?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let prompt = load_demo(&mut link, PromptDevice::Same).await?;
    let expected = link.ask(3, generate(&prompt, settings())).await?;
    drop(link);
    let mut link = start(&browser, &site).await?;
    load_demo(&mut link, PromptDevice::GpuContinues).await?;
    let ask = "const [done] = arguments;
        const heard = new BroadcastChannel('changed');
        heard.onmessage = ({ data }) => done(data);
        heard.postMessage('?');";
    let changed = browser.execute_async(ask, vec![]).await?.json().clone();
    ensure!(changed == true, "the shader is another one now");
    let before = waits(&browser).await?;
    let events = link.ask(4, generate(&prompt, settings())).await?;
    check_tokens(&events, &expected, "after wrong guesses")?;
    let waited = waits(&browser).await? - before;
    println!("it waited {waited} times");
    ensure!(waited > 5, "it waited {waited} times only");
    let told = events.iter().any(|event| matches!(event, Event::PromptsReadBy { .. }));
    ensure!(!told, "a wrong guess is no fault");
    drop(link);
    browser.quit().await
}
