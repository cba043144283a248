//! How fast the device and the processor read prompts and continue them, measured with a text
//! that both have just read for the check.

use engine::{EngineError, PromptQuestion, Session};
use protocol::{DeviceSpeeds, TokenId};
use wasm_bindgen::JsValue;

use super::model::DeviceModel;
use super::reader::Desk;
use super::service::{Pace, read};
use crate::clock::monotonic_ms;

/// The longest that each is measured for each of both after the check, in milliseconds.
const BUDGET_MS: f64 = 75.0;

/// How often each reads again, at most.
const MOST_TIMES: usize = 3;

/// A text that both have read, and how long each took for it, and for its last token.
pub(super) struct Read {
    pub(super) ids: Vec<TokenId>,
    pub(super) device_ms: f64,
    pub(super) device_step_ms: f64,
    pub(super) processor_ms: f64,
    pub(super) processor_step_ms: f64,
}

/// How fast both read, and how fast both continue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speeds {
    pub(super) reading: DeviceSpeeds,
    pub(super) continuing: DeviceSpeeds,
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

/// Has both read the text again, and the device its last token, as often as there is time for;
/// the processor has had its time for that in the check. The times of the device include that what
/// it has read comes back.
///
/// # Errors
/// If one of both cannot read.
pub(super) async fn measure(
    session: &mut Session,
    model: &mut DeviceModel,
    desk: &Desk,
    pace: &mut Pace,
    first: Read,
) -> Result<Speeds, JsValue> {
    let Read { ids, device_ms, device_step_ms, processor_ms, processor_step_ms } = first;
    let mut processor = Times::after(processor_ms);
    while processor.has_time() {
        let ms = session.time_reading(&ids, monotonic_ms);
        processor.note(ms.map_err(|error: EngineError| error.to_string())?);
    }
    let tokens = ids.len();
    let mut question = PromptQuestion { ids, from: 0, outlook: None };
    let mut times = [Times::after(device_ms), Times::after(device_step_ms)];
    for (times, from) in times.iter_mut().zip([0, tokens - 1]) {
        question.from = from;
        while times.has_time() {
            let start = monotonic_ms();
            read(model, desk, &question, pace, &mut |_| true).await?;
            times.note(monotonic_ms() - start);
        }
    }
    let speed = |tokens: usize, ms: f64| (tokens as f64 / ms.max(0.01) * 1e3) as f32;
    let [device, device_step] = times.map(|times| times.shortest);
    Ok(Speeds {
        reading: DeviceSpeeds {
            gpu: speed(tokens, device),
            processor: speed(tokens, processor.shortest),
        },
        continuing: DeviceSpeeds {
            gpu: speed(1, device_step),
            processor: speed(1, processor_step_ms),
        },
    })
}
