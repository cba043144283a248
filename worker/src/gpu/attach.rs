//! Gives a session a GPU that reads its texts, if one was asked for and computes what the
//! processor computes.

use engine::{PromptQuestion, ReadTokens, Session};
use gpu::decoder::missing_part;
use model_files::config::Config;
use protocol::PromptDevice;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortSignal, DedicatedWorkerGlobalScope};

use super::device::{OpenDevice, message};
use super::model::{DeviceModel, Planned, Refusal};
use super::reader::{Desk, desk};
use super::service::{Pace, read, serve};
use super::speed::{Read, Speeds, measure};
use super::variants::{Attempt, choose};
use super::verdict::Tried;
use super::weights::{ModelWeights, Watch};
use super::wish::Wish;
use crate::clock::monotonic_ms;
use crate::turn::Turn;

/// Tokens at the end of the long text that are read one at a time.
const STEPS: usize = 8;

/// Why a device does not pass the check.
enum Unfit {
    /// The check was ended, or the device failed.
    Failed(JsValue),
    /// It computes other numbers than the processor.
    OtherNumbers(String),
}

impl From<JsValue> for Unfit {
    fn from(error: JsValue) -> Unfit {
        Unfit::Failed(error)
    }
}

/// Tries the browser's GPU with the model of a session. If it reads as the processor does, it
/// reads the long texts from now on; else the session has the reason.
pub(crate) async fn attach(
    session: &mut Session,
    wish: Wish,
    scope: &DedicatedWorkerGlobalScope,
    turn: &Turn,
    signal: &AbortSignal,
) {
    let watch = &mut |_| heard(signal);
    let tried = try_device(session, wish, scope, turn, signal, watch).await;
    if let Err(refusal) = tried {
        session.set_prompt_device(refusal.told());
    }
}

/// As [`attach`], with the model of a session whose blocks stay in their file, and of which the GPU
/// is to have the only other copy. `tell` gets how many blocks it has.
///
/// # Errors
/// If the GPU cannot be used.
pub(crate) async fn attach_stored(
    session: &mut Session,
    wish: Wish,
    scope: &DedicatedWorkerGlobalScope,
    turn: &Turn,
    signal: &AbortSignal,
    tell: &mut dyn FnMut(usize),
) -> Result<(), PromptDevice> {
    let watch = &mut |blocks| {
        tell(blocks);
        heard(signal)
    };
    let tried = try_device(session, wish, scope, turn, signal, watch).await;
    tried.map_err(Refusal::told)
}

/// Why the browser's GPU cannot be tried with a model of this shape, if that is known before its
/// weights are there.
pub(crate) async fn refuses(
    config: &Config,
    wish: Wish,
    scope: &DedicatedWorkerGlobalScope,
) -> Option<PromptDevice> {
    if let Some(part) = missing_part(config) {
        let reason = format!("it has {part}");
        return Some(Refusal::new(PromptDevice::OtherModel, &reason).told());
    }
    match open(wish, scope).await {
        Ok(opened) => {
            opened.device.destroy();
            None
        }
        Err(refusal) => Some(refusal.told()),
    }
}

/// Whether the load goes on.
fn heard(signal: &AbortSignal) -> Result<(), JsValue> {
    match signal.aborted() {
        true => Err("loading was stopped".into()),
        false => Ok(()),
    }
}

/// Opens the browser's GPU, unless it is one that nobody wishes for.
async fn open(
    wish: Wish,
    scope: &DedicatedWorkerGlobalScope,
) -> Result<OpenDevice, Refusal> {
    let opened = OpenDevice::open(scope).await;
    let opened =
        opened.map_err(|error| Refusal::new(PromptDevice::NoGpu, &message(&error)))?;
    if wish.if_faster && opened.software {
        opened.device.destroy();
        return Err(Refusal::new(PromptDevice::NoGpu, "there is one in software only"));
    }
    Ok(opened)
}

async fn try_device(
    session: &mut Session,
    wish: Wish,
    scope: &DedicatedWorkerGlobalScope,
    turn: &Turn,
    signal: &AbortSignal,
    watch: Watch<'_>,
) -> Result<(), Refusal> {
    let Some((config, weights)) = ModelWeights::of(session) else {
        let reason = "the processor cannot go on from what it reads";
        return Err(Refusal::new(PromptDevice::OtherModel, reason));
    };
    let opened = open(wish, scope).await?;
    let planned = Planned::new(&opened, config, weights)?;
    let tried = Tried::new(scope, &opened, &planned.plan, session.description());
    if !wish.again && tried.was_wrong(scope).await {
        opened.device.destroy();
        let reason = "it computed other numbers before";
        return Err(Refusal::new(PromptDevice::WrongNumbers, reason));
    }
    let mut model = DeviceModel::new(opened, planned, config, weights, watch).await?;
    let (mut handle, desk) = desk(model.positions);
    let mut pace = Pace::default();
    let checked = check(session, &mut model, &desk, &mut pace, signal).await;
    let measured = match checked {
        Ok(read) => {
            tried.note(scope, false).await;
            let attempt = Attempt { tried: &tried, again: wish.again, scope, signal };
            let chosen = choose(&mut model, &desk, &read.ids, attempt).await;
            let measured = match chosen {
                Ok(()) => measure(session, &mut model, &desk, &mut pace, read).await,
                Err(error) => Err(error),
            };
            measured.map_err(Unfit::Failed)
        }
        Err(error) => Err(error),
    };
    match measured {
        Ok(Speeds { reading, continuing }) => {
            session.set_speeds(reading, continuing);
            // The processor would read the weights from storage: it is no choice.
            let is_choice = wish.if_faster && !session.is_stored();
            if is_choice && reading.gpu <= reading.processor {
                model.destroy();
                let reason = format!("{reading:?}");
                return Err(Refusal::new(PromptDevice::Slower, &reason));
            }
            // It is 0 where no text of the check was long enough for that.
            let least = if is_choice { continuing.processor } else { 0.0 };
            handle.continues = continuing.gpu > least;
            model.gives_logits = handle.continues;
            session.set_prompt_reader(Box::new(handle));
            spawn_local(serve(model, desk, turn.clone(), pace));
            Ok(())
        }
        Err(error) => {
            model.destroy();
            Err(refusal(error, &tried, scope).await)
        }
    }
}

async fn refusal(
    error: Unfit,
    tried: &Tried,
    scope: &DedicatedWorkerGlobalScope,
) -> Refusal {
    match error {
        Unfit::Failed(error) => Refusal::new(PromptDevice::Failed, &message(&error)),
        Unfit::OtherNumbers(reason) => {
            tried.note(scope, true).await;
            Refusal::new(PromptDevice::WrongNumbers, &reason)
        }
    }
}

/// Has both read the texts of the check, the device their ends token by token. Returns the last of
/// them.
async fn check(
    session: &mut Session,
    model: &mut DeviceModel,
    desk: &Desk,
    pace: &mut Pace,
    signal: &AbortSignal,
) -> Result<Read, Unfit> {
    let of_processor = |error: engine::EngineError| JsValue::from(error.to_string());
    let mut last = None;
    for ids in session.check_texts().map_err(of_processor)? {
        if ids.len() > model.positions {
            continue;
        }
        let mut all = ReadTokens::default();
        let mut take = |read: ReadTokens| {
            all.logits = read.logits;
            all.states.extend(read.states);
            all.layers.resize(read.layers.len(), Vec::new());
            for (all, layer) in all.layers.iter_mut().zip(read.layers) {
                all.extend(layer);
            }
            !signal.aborted()
        };
        // Passes of one token and of few have shaders of their own.
        let length = ids.len();
        let ends: Vec<usize> = match length > 2 * STEPS {
            true => (length - STEPS..=length).collect(),
            false => vec![length / 2, length - 1, length],
        };
        let (mut from, mut device_ms, mut device_step_ms) = (0, 0.0, f64::INFINITY);
        for end in ends {
            if end <= from {
                continue;
            }
            let question =
                PromptQuestion { ids: ids[..end].to_vec(), from, outlook: None };
            let start = monotonic_ms();
            read(model, desk, &question, pace, &mut take).await?;
            let ms = monotonic_ms() - start;
            match (from, end - from) {
                (0, _) => device_ms = ms * length as f64 / end as f64,
                (_, 1) => device_step_ms = device_step_ms.min(ms),
                _ => {}
            }
            from = end;
        }
        if signal.aborted() {
            return Err(Unfit::Failed("loading was stopped".into()));
        }
        let check = session.check_reader(&ids, &all, monotonic_ms);
        let check = check.map_err(of_processor)?;
        if !check.passed() {
            let found = format!("it computes other numbers: {check:?}");
            return Err(Unfit::OtherNumbers(found));
        }
        last = Some(Read {
            ids,
            device_ms,
            device_step_ms,
            processor_ms: check.model_ms,
            processor_step_ms: check.step_ms,
        });
    }
    let no_room = || Unfit::Failed("it has room for no text of the check".into());
    last.ok_or_else(no_room)
}
