//! How fast the device and the processor read prompts, measured with a text that both have just
//! read for the check.

use engine::{EngineError, PromptQuestion, Session};
use protocol::{PromptSpeeds, TokenId};
use wasm_bindgen::JsValue;

use super::model::DeviceModel;
use super::reader::Desk;
use super::service::{Pace, read};
use crate::clock::monotonic_ms;

/// The longest that each of both is measured after the check, in milliseconds.
const BUDGET_MS: f64 = 150.0;

/// How often each reads again, at most.
const MOST_TIMES: usize = 3;

/// A text that both have read, and how long each took.
pub(super) struct Read {
    pub(super) ids: Vec<TokenId>,
    pub(super) device_ms: f64,
    pub(super) processor_ms: f64,
}

/// The shortest of some times, and what is left of the budget. What takes longer than all of it
/// is known well enough by its first time.
struct Times {
    shortest: f64,
    spent: f64,
    count: usize,
}

impl Times {
    fn after(first: f64) -> Times {
        Times { shortest: first, spent: 0.0, count: 0 }
    }

    fn has_time(&self) -> bool {
        self.count < MOST_TIMES && self.spent + self.shortest <= BUDGET_MS
    }

    fn note(&mut self, ms: f64) {
        self.shortest = self.shortest.min(ms);
        self.spent += ms;
        self.count += 1;
    }
}

/// Has both read the text again, as often as there is time for. The times of the device include
/// that what it has read comes back.
///
/// # Errors
/// If one of both cannot read.
pub(super) async fn measure(
    session: &mut Session,
    model: &mut DeviceModel,
    desk: &Desk,
    pace: &mut Pace,
    first: Read,
) -> Result<PromptSpeeds, JsValue> {
    let Read { ids, device_ms, processor_ms } = first;
    let mut processor = Times::after(processor_ms);
    while processor.has_time() {
        let ms = session.time_reading(&ids, monotonic_ms);
        processor.note(ms.map_err(|error: EngineError| error.to_string())?);
    }
    let tokens = ids.len() as f64;
    let mut device = Times::after(device_ms);
    let question = PromptQuestion { ids, from: 0 };
    while device.has_time() {
        let start = monotonic_ms();
        read(model, desk, &question, pace, &mut |_| true).await?;
        device.note(monotonic_ms() - start);
    }
    let speed = |times: Times| (tokens / times.shortest.max(0.01) * 1e3) as f32;
    Ok(PromptSpeeds { gpu: speed(device), processor: speed(processor) })
}
