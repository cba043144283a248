//! Gives a session a GPU that reads its texts, if one was asked for and computes what the
//! processor computes.

use std::cell::Cell;

use engine::{PromptQuestion, ReadTokens, Session};
use protocol::PromptDevice;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortSignal, DedicatedWorkerGlobalScope};

use super::device::{OpenDevice, message};
use super::model::{DeviceModel, Refusal};
use super::reader::{Desk, desk};
use super::service::{Pace, read, serve};
use crate::turn::Turn;

thread_local! {
    /// Whether a device has computed wrong numbers in this worker: it is not tried again.
    static WRONG: Cell<bool> = const { Cell::new(false) };
}

/// Whether the page asks for a GPU. It does by the name that it gives its worker: one with a
/// query would be another file for the service worker.
pub(crate) fn is_asked_for(scope: &DedicatedWorkerGlobalScope) -> bool {
    scope.name().split('-').any(|part| part == "gpu")
}

/// Tries the browser's GPU with the model of a session. If it reads as the processor does, it
/// reads the long texts from now on; else the session has the reason.
pub(crate) async fn attach(
    session: &mut Session,
    scope: &DedicatedWorkerGlobalScope,
    turn: &Turn,
    signal: &AbortSignal,
) {
    if let Err(Refusal { device, reason }) =
        try_device(session, scope, turn, signal).await
    {
        let words = "The GPU does not read prompts:";
        web_sys::console::warn_2(&words.into(), &reason.into());
        session.set_prompt_device(device);
    }
}

async fn try_device(
    session: &mut Session,
    scope: &DedicatedWorkerGlobalScope,
    turn: &Turn,
    signal: &AbortSignal,
) -> Result<(), Refusal> {
    if WRONG.get() {
        let reason = "it computed wrong numbers before";
        return Err(Refusal::new(PromptDevice::WrongNumbers, reason));
    }
    let Some((config, weights)) = session.packed() else {
        let reason = "the processor cannot go on from what it reads";
        return Err(Refusal::new(PromptDevice::OtherModel, reason));
    };
    let opened = OpenDevice::open(scope).await;
    let opened =
        opened.map_err(|error| Refusal::new(PromptDevice::NoGpu, &message(&error)))?;
    let mut model = DeviceModel::new(opened, config, weights).await?;
    let (handle, desk) = desk(model.positions);
    let mut pace = Pace::default();
    match check(session, &mut model, &desk, &mut pace, signal).await {
        Ok(()) => {
            session.set_prompt_reader(Box::new(handle));
            spawn_local(serve(model, desk, turn.clone(), pace));
            Ok(())
        }
        Err(error) => {
            model.destroy();
            WRONG.set(!signal.aborted());
            Err(Refusal::new(PromptDevice::WrongNumbers, &message(&error)))
        }
    }
}

/// Has both read the texts of the check.
async fn check(
    session: &mut Session,
    model: &mut DeviceModel,
    desk: &Desk,
    pace: &mut Pace,
    signal: &AbortSignal,
) -> Result<(), JsValue> {
    let texts = session.check_texts().map_err(|error| error.to_string())?;
    for ids in texts {
        if ids.len() > model.positions {
            continue;
        }
        let mut all = ReadTokens::default();
        let mut take = |read: ReadTokens| {
            all.states.extend(read.states);
            all.layers.resize(read.layers.len(), Vec::new());
            for (all, layer) in all.layers.iter_mut().zip(read.layers) {
                all.extend(layer);
            }
            !signal.aborted()
        };
        let question = PromptQuestion { ids, from: 0 };
        read(model, desk, &question, pace, &mut take).await?;
        if signal.aborted() {
            return Err("loading was stopped".into());
        }
        let check = session.check_reader(&question.ids, &all);
        let check = check.map_err(|error| error.to_string())?;
        if !check.passed() {
            return Err(format!("it computes other numbers: {check:?}").into());
        }
    }
    Ok(())
}
