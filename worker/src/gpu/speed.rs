//! How fast the device and the processor read prompts and continue them, measured with a text
//! that both have just read for the check.

use engine::{EngineError, Outlook, PromptQuestion, ReadTokens, Session};
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

/// The most tokens by which the device continues the text.
const MOST_STEPS: usize = 12;

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

/// Has both read the text again, as often as there is time for, and the device continue it; the
/// processor has had its time for that in the check. The times of the device include that what it
/// has read comes back.
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
    let question = PromptQuestion { ids, from: 0, outlook: None };
    let mut device = Times::after(device_ms);
    while device.has_time() {
        let start = monotonic_ms();
        read(model, desk, &question, pace, &mut |_| true).await?;
        device.note(monotonic_ms() - start);
    }
    let steps = (BUDGET_MS / device_step_ms.max(0.01)) as usize;
    let device_step_ms = match steps.min(MOST_STEPS) {
        0 => device_step_ms,
        steps => {
            let ms = continued(model, desk, question, pace, steps).await?;
            device_step_ms.min(ms)
        }
    };
    let speed = |tokens: usize, ms: f64| (tokens as f64 / ms.max(0.01) * 1e3) as f32;
    Ok(Speeds {
        reading: DeviceSpeeds {
            gpu: speed(tokens, device.shortest),
            processor: speed(tokens, processor.shortest),
        },
        continuing: DeviceSpeeds {
            gpu: speed(1, device_step_ms),
            processor: speed(1, processor_step_ms),
        },
    })
}

/// How many milliseconds the device takes for each of some tokens that continue a text it has
/// read, the most probable ones. It reads ahead as it does for texts.
async fn continued(
    model: &mut DeviceModel,
    desk: &Desk,
    mut question: PromptQuestion,
    pace: &mut Pace,
    steps: usize,
) -> Result<f64, JsValue> {
    question.outlook = Some(Outlook {
        temperature: 0.0,
        cuts_first: false,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        points: vec![0.0; MOST_STEPS],
    });
    let (start, mut read_tokens) = (monotonic_ms(), 0);
    while read_tokens < steps && question.ids.len() <= model.positions {
        question.from = question.ids.len() - 1;
        let mut next = 0;
        let mut take = |read: ReadTokens| {
            let all = read.logits.iter().enumerate();
            next =
                all.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(id, _)| id as TokenId);
            true
        };
        read(model, desk, &question, pace, &mut take).await?;
        question.ids.push(next);
        read_tokens += 1;
    }
    Ok((monotonic_ms() - start) / read_tokens.max(1) as f64)
}
