//! Which variants of its kernels a device uses: those that it has, that compute the same, and
//! that are faster on it. One that is in software has no use for any.

use engine::{EngineError, PromptQuestion, ReadTokens, ReaderCheck};
use gpu::Variant;
use protocol::TokenId;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, DedicatedWorkerGlobalScope};

use super::chosen::Variants;
use super::device::message;
use super::model::DeviceModel;
use super::reader::Desk;
use super::service::{Pace, read};
use super::verdict::Tried;
use crate::clock::monotonic_ms;

/// Tokens that are read at once to know how fast a variant is, and then one by one.
const TOKENS: usize = 64;
const STEPS: usize = 4;

/// How often each variant is measured. The first time it is also made ready.
const TIMES: usize = 2;

/// How many nats its logits may be from those of the core's kernels: some hundred times as far as
/// correct ones are.
const MOST_NATS: f64 = 5e-5;

/// How much of the time of the core's kernels a variant may take to be used.
const SHARE: f64 = 0.95;

/// What a variant gives, and how long it takes for it.
struct Trial {
    /// After the tokens that are read at once, and after each of the others.
    logits: Vec<Vec<f32>>,
    reading_ms: f64,
    step_ms: f64,
}

/// What one load knows of the device that tries its variants.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) tried: &'a Tried,
    /// Whether what was wrong before is tried again.
    pub(super) again: bool,
    pub(super) scope: &'a DedicatedWorkerGlobalScope,
    pub(super) signal: &'a AbortSignal,
}

/// Has a device that passed the check try what it has beyond the core with a text. A device that
/// one of them loses keeps to the core from the third time on: a page can also have been closed
/// meanwhile, so that once does not count. One that computes something else does so at once.
///
/// # Errors
/// If the load was stopped, or the device has failed for good.
pub(super) async fn choose(
    model: &mut DeviceModel,
    desk: &Desk,
    ids: &[TokenId],
    attempt: Attempt<'_>,
) -> Result<(), JsValue> {
    let Attempt { tried, again, scope, signal } = attempt;
    let Variant { subgroups, integers } = model.device.extras;
    if model.device.software || !(subgroups || integers) || ids.len() < TOKENS + STEPS {
        return Ok(());
    }
    let [first, second] = [1, 2].map(|time| tried.with_variants(time));
    if !again && second.was_wrong(scope).await {
        return Ok(());
    }
    let noted = if first.was_wrong(scope).await { &second } else { &first };
    noted.note(scope, true).await;
    let faster = faster(model, desk, ids, signal).await;
    if signal.aborted() {
        noted.note(scope, false).await;
        return Err("loading was stopped".into());
    }
    match faster {
        Ok(variants) => {
            web_sys::console::debug_1(&format!("The GPU uses {variants:?}").into());
            model.variants = variants;
            first.note(scope, false).await;
            second.note(scope, false).await;
            Ok(())
        }
        Err(error) => {
            let words = "The GPU uses the core's kernels only:";
            web_sys::console::warn_2(&words.into(), &message(&error).into());
            // These have to work still.
            trial(model, desk, ids, signal, Variant::CORE).await?;
            second.note(scope, true).await;
            Ok(())
        }
    }
}

/// The variants that are faster than the core's kernels.
///
/// # Errors
/// If the device fails, or one of them computes something else.
async fn faster(
    model: &mut DeviceModel,
    desk: &Desk,
    ids: &[TokenId],
    signal: &AbortSignal,
) -> Result<Variants, JsValue> {
    let Variant { subgroups, integers } = model.device.extras;
    let core = trial(model, desk, ids, signal, Variant::CORE).await?;
    let mut chosen = Variants::default();
    for variant in
        [Variant { subgroups, integers: false }, Variant { subgroups: false, integers }]
    {
        if variant == Variant::CORE {
            continue;
        }
        model.plan.foresee(variant);
        model.compile().await?;
        let trial = trial(model, desk, ids, signal, variant).await?;
        agree(&core, &trial)?;
        let with = |chosen: &mut Variant, ms: f64, of_core: f64| {
            if ms < SHARE * of_core {
                chosen.subgroups |= variant.subgroups;
                chosen.integers |= variant.integers;
            }
        };
        with(&mut chosen.reading, trial.reading_ms, core.reading_ms);
        with(&mut chosen.continuing, trial.step_ms, core.step_ms);
    }
    Ok(chosen)
}

/// Reads the beginning of a text with a variant.
///
/// # Errors
/// If the device fails.
async fn trial(
    model: &mut DeviceModel,
    desk: &Desk,
    ids: &[TokenId],
    signal: &AbortSignal,
    variant: Variant,
) -> Result<Trial, JsValue> {
    model.variants = Variants::alike(variant);
    let mut best =
        Trial { logits: Vec::new(), reading_ms: f64::INFINITY, step_ms: f64::INFINITY };
    for _ in 0..TIMES {
        best.logits.clear();
        for end in TOKENS..=TOKENS + STEPS {
            let is_first = end == TOKENS;
            let from = if is_first { 0 } else { end - 1 };
            let ids = ids[..end].to_vec();
            let question = PromptQuestion { ids, from, outlook: None };
            let mut take = |read: ReadTokens| {
                if !read.logits.is_empty() {
                    best.logits.push(read.logits);
                }
                !signal.aborted()
            };
            // All variants are to have the same passes.
            let (start, mut pace) = (monotonic_ms(), Pace::of_whole_passes());
            read(model, desk, &question, &mut pace, &mut take).await?;
            if signal.aborted() {
                return Err("loading was stopped".into());
            }
            let ms = monotonic_ms() - start;
            let shortest =
                if is_first { &mut best.reading_ms } else { &mut best.step_ms };
            *shortest = shortest.min(ms);
        }
    }
    Ok(best)
}

/// Holds the logits of a variant against those of the core's kernels.
///
/// # Errors
/// If they are others.
fn agree(core: &Trial, variant: &Trial) -> Result<(), JsValue> {
    if core.logits.len() != variant.logits.len() {
        return Err("a variant of its kernels gives no logits".into());
    }
    let mut check = ReaderCheck::default();
    for (core, variant) in core.logits.iter().zip(&variant.logits) {
        let compared = check.compare(core, variant);
        compared.map_err(|error: EngineError| error.to_string())?;
    }
    match check.passed() && check.divergence <= MOST_NATS {
        true => Ok(()),
        false => Err(format!("a variant computes other numbers: {check:?}").into()),
    }
}
