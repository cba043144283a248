//! The demo model on a browser's device by a plan, beside the decoder for processors.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use candle_core::Device;
use e2e::{Browser, Headers, Site};
use gpu::decoder::{matrix, numbers, shape};
use gpu::plan::{Content, Pass, Plan, PlanLimits, Working};
use gpu::{Access, CacheNumbers, Limits, Variant, angles};
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::{LanguageModel, Logits, Part};
use kernels::{CacheFormat, Kernels, PackedMatrix, Team};
use model_files::config::Config;
use model_files::gguf::Gguf;
use model_files::weights::{DecoderWeights, GgufSource, Placement};
use protocol::Precision;
use serde_json::{Value, json};

/// What runs a plan in the browser.
const RUN: &str = include_str!("gpu_plan.js");

/// Tokens of a pass.
const PASS_TOKENS: usize = 32;

/// The demo model's weights, and its decoder for processors.
fn demo_model() -> Result<(Config, DecoderWeights<PackedMatrix>, FusedDecoder)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo-model/model.gguf");
    let file = std::fs::read(file)?;
    let gguf = Gguf::parse(&file)?;
    let mut config = Config::from_gguf(&gguf)?;
    let source = |config: &Config| {
        let placement = Placement { precision: Precision::Auto, device: Device::Cpu };
        GgufSource::new(&gguf, &file, config, placement)
    };
    let options = DecoderOptions {
        team: Team::alone(),
        clock_ms: || 0.0,
        kernels: Kernels::detect(),
        cache: CacheFormat::F32,
    };
    let mut first = source(&config);
    let progress = &mut |_, _| ();
    let fused = FusedDecoder::new(config.clone(), &mut first, options, progress)?;
    let mut second = source(&config);
    let weights = DecoderWeights::load(&mut config, &mut second, progress)?;
    Ok((config, weights, fused))
}

/// Writes a plan's buffers, kernels and passes for the browser: all tokens but the last at
/// once, then the last, each with the logits after its end.
fn write_plan(
    folder: &Path,
    config: &Config,
    weights: &DecoderWeights<PackedMatrix>,
    ids: &[u32],
    variant: Variant,
) -> Result<()> {
    let weights = weights.view();
    let shape =
        shape(config, weights, CacheNumbers::Half).context("no plan has its parts")?;
    let device = Limits::DEFAULT;
    let limits =
        PlanLimits { device, positions: ids.len(), tokens: PASS_TOKENS, logit_rows: 1 };
    let mut plan = Plan::new(shape, limits).ok().context("its widths do not fit")?;
    plan.foresee(variant);
    let mut bytes = Vec::new();
    let mut buffers = Vec::new();
    for buffer in plan.buffers() {
        let from = bytes.len();
        let lacks = "the model lacks weights";
        match &buffer.content {
            Content::Values(id, range) => {
                bytes.extend(
                    &matrix(weights, *id).context(lacks)?.values()[range.clone()],
                );
            }
            Content::Scales(id, range) => {
                bytes.extend(
                    &matrix(weights, *id).context(lacks)?.scales()[range.clone()],
                );
            }
            Content::Numbers(id) => {
                let numbers = numbers(weights, *id).context(lacks)?.iter();
                bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
            }
            Content::Cache(_) | Content::Working(_) => {}
        }
        buffers.push(json!({
            "bytes": buffer.bytes, "from": from, "length": bytes.len() - from,
        }));
    }
    let (first, last) = ids.split_at(ids.len() - 1);
    let mut passes = Vec::new();
    let mut start = 0;
    for ids in first.chunks(PASS_TOKENS).chain([last]) {
        passes.push(pass(&mut plan, config, start, ids, variant));
        start += ids.len();
    }
    let kernels = plan.kernels().iter().map(|kernel| {
        let types = kernel.buffers.iter().map(|access| match access {
            Access::Read => "read-only-storage",
            Access::Write => "storage",
        });
        json!({"source": kernel.source, "buffers": types.collect::<Vec<_>>()})
    });
    let kernels: Vec<Value> = kernels.collect();
    let plan = json!({"buffers": buffers, "kernels": kernels, "passes": passes});
    std::fs::write(folder.join("plan.json"), plan.to_string())?;
    std::fs::write(folder.join("weights.bin"), bytes)?;
    Ok(())
}

fn pass(
    plan: &mut Plan,
    config: &Config,
    start: usize,
    ids: &[u32],
    variant: Variant,
) -> Value {
    let tokens = ids.len();
    let logits = tokens - 1..tokens;
    let steps = plan.steps(&Pass { tokens, start, logits, guess: None, variant });
    let frequencies = config.rope.frequencies(false);
    let turned = angles(&frequencies, config.rope.attention_factor(), start, tokens);
    let turned: Vec<u32> = turned.into_iter().map(f32::to_bits).collect();
    let steps = steps.iter().map(|step| {
        let bytes = step.params.bytes();
        let words = bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word));
        json!({
            "kernel": step.kernel,
            "buffers": step.buffers.iter().map(|buffer| buffer.0).collect::<Vec<_>>(),
            "params": words.collect::<Vec<_>>(),
            "grid": [step.grid.x, step.grid.y, step.grid.z],
        })
    });
    json!({
        "writes": [
            {"buffer": plan.working(Working::Ids).0, "words": ids},
            {"buffer": plan.working(Working::Angles(0)).0, "words": turned},
        ],
        "steps": steps.collect::<Vec<_>>(),
        "read": {"buffer": plan.working(Working::Logits).0, "words": config.vocab_size},
    })
}

/// Natural logarithms of probabilities.
fn log_probabilities(logits: &[f32]) -> Vec<f64> {
    let top: f64 = logits.iter().fold(f32::MIN, |top, logit| top.max(*logit)).into();
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - top).exp()).sum();
    logits.iter().map(|logit| f64::from(*logit) - top - sum.ln()).collect()
}

#[tokio::test]
async fn the_demo_model_says_in_webgpu_what_it_says_on_processors() -> Result<()> {
    let (config, weights, mut fused) = demo_model()?;
    let ids: Vec<u32> = (0..70).map(|at| (at * at * 7 + 31 * at) % 4000).collect();
    let [core, integers, subgroups] =
        [(false, false), (false, true), (true, false)].map(|(subgroups, integers)| {
            let folder = tempfile::tempdir()?;
            let variant = Variant { subgroups, integers };
            write_plan(folder.path(), &config, &weights, &ids, variant)?;
            anyhow::Ok(folder)
        });
    let (core, integers, subgroups) = (core?, integers?, subgroups?);
    let folders = [
        ("core", core.path()),
        ("integers", integers.path()),
        ("subgroups", subgroups.path()),
    ];
    let site = Site::start("/", Headers::Plain, &folders).await;
    let browser = Browser::start_with_gpu().await?;
    browser.goto(site.url("blank.html")).await?;

    let states = fused.read(&[Part { slot: 0, ids: &ids }])?;
    let (logits, vocab_size) = match fused.logits(&states)? {
        Logits::Host { values, vocab_size } => (values, vocab_size),
        other => anyhow::bail!("logits are elsewhere: {other:?}"),
    };
    for (kernels, _) in folders {
        let script = format!("{RUN}\nreturn runPlan('{kernels}');");
        let answer = browser.script(&script, vec![]).await?;
        if answer.is_null() {
            test_support::missing("this browser has no WebGPU, not even in software");
            return browser.quit().await;
        }
        if kernels == "subgroups" && answer["hasSubgroups"] != true {
            println!("this device has no subgroups");
            continue;
        }
        compare(kernels, &answer, &logits, vocab_size)?;
    }
    browser.quit().await
}

/// Holds what the browser has found against the logits of the decoder for processors.
fn compare(
    kernels: &str,
    answer: &Value,
    logits: &[f32],
    vocab_size: usize,
) -> Result<()> {
    let refused = &answer["refused"];
    ensure!(*refused == json!([]), "the browser refuses: {refused:#}");
    let found: Vec<Vec<u32>> = serde_json::from_value(answer["found"].clone())?;
    // After the first pass, after the third, and after the last token.
    let ends = [31, 63, 68, 69];
    ensure!(found.len() == ends.len(), "{} passes", found.len());
    for (end, found) in ends.into_iter().zip(found) {
        let found: Vec<f32> = found.into_iter().map(f32::from_bits).collect();
        let expected = log_probabilities(&logits[end * vocab_size..][..vocab_size]);
        let actual = log_probabilities(&found);
        let divergence: f64 =
            expected.iter().zip(&actual).map(|(p, q)| p.exp() * (p - q)).sum();
        println!("{kernels}, after {end}: {divergence:.1e} nats");
        // Not `>`, which NaN would pass.
        ensure!(divergence <= 1e-3, "after {end}: {divergence} nats");
        let top = |all: &[f64]| (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b]));
        ensure!(top(&expected) == top(&actual), "after {end}, another token is on top");
    }
    Ok(())
}
