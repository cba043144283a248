//! Reads texts on the device, pass by pass, while the engine has its turns.

use std::collections::VecDeque;

use engine::{PromptQuestion, ReadTokens, ReaderFault};
use wasm_bindgen::JsValue;

use super::ahead::guess;
use super::device::message;
use super::in_flight::InFlight;
use super::model::{DeviceModel, MOST_PASS_TOKENS};
use super::pass::Asked;
use super::patience::patiently;
use super::reader::{Desk, Job};
use crate::clock::monotonic_ms;
use crate::turn::Turn;

/// Passes that the device has at a time, so that it need not wait for the next one.
const DEPTH: usize = 2;

/// How long a pass should take, in milliseconds: so long the device does nothing else.
const TARGET_MS: f64 = 40.0;

/// Tokens of the first pass, and of the shortest one: as many as a workgroup of products has. Of
/// fewer, a pass takes as long.
const FEWEST_TOKENS: usize = 32;

/// How long a token takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    ms_per_token: Option<f64>,
}

impl Pace {
    /// For passes that are as large as they can be.
    pub(super) fn of_whole_passes() -> Pace {
        Pace { ms_per_token: Some(0.0) }
    }

    /// Tokens of the next pass.
    fn tokens(&self) -> usize {
        let fitting = self.ms_per_token.map_or(0.0, |ms| TARGET_MS / ms.max(1e-3));
        (fitting as usize).clamp(FEWEST_TOKENS, MOST_PASS_TOKENS)
    }

    /// Notes how long a pass took. What is slower counts at once. A pass of few tokens takes
    /// longer for each.
    fn note(&mut self, tokens: usize, ms: f64) {
        if tokens < FEWEST_TOKENS {
            return;
        }
        let new = ms / tokens.max(1) as f64;
        let old = self.ms_per_token.unwrap_or(new);
        self.ms_per_token = Some(if new > old { new } else { (new + old) / 2.0 });
    }
}

/// Reads what the engine asks for, until it asks for nothing any more or the device fails.
pub(super) async fn serve(
    mut model: DeviceModel,
    desk: Desk,
    turn: Turn,
    mut pace: Pace,
) {
    while let Some(job) = desk.next().await {
        let Job { question, .. } = &job;
        let mut give = |read| {
            job.give(Ok(read));
            turn.ask();
            job.is_wanted()
        };
        if !job.is_wanted() {
            continue;
        }
        if let Err(error) = read(&mut model, &desk, question, &mut pace, &mut give).await
        {
            let fault = message(&error);
            web_sys::console::warn_2(
                &"The GPU cannot go on:".into(),
                &fault.as_str().into(),
            );
            job.give(Err(ReaderFault(fault)));
            turn.ask();
            break;
        }
    }
    model.destroy();
}

/// Reads a text, and gives what is wanted of it part by part, as long as `give` returns that
/// anyone wants more.
///
/// # Errors
/// If the device fails.
pub(super) async fn read(
    model: &mut DeviceModel,
    desk: &Desk,
    question: &PromptQuestion,
    pace: &mut Pace,
    give: &mut dyn FnMut(ReadTokens) -> bool,
) -> Result<(), JsValue> {
    if let Some(read) = model.take_ahead(desk, question).await? {
        give(read);
        return Ok(());
    }
    let PromptQuestion { ids, from, outlook } = question;
    // States are known only of what is read now.
    let mut next = desk.keep(ids, *from);
    let mut in_flight: VecDeque<InFlight> = VecDeque::new();
    let mut wanted = true;
    let mut last = monotonic_ms();
    loop {
        while wanted && next < ids.len() && in_flight.len() < DEPTH {
            let end = ids.len().min(next + pace.tokens());
            let ends = end == ids.len();
            let guess = outlook.as_ref().filter(|_| ends).and_then(|all| guess(all, 0));
            let positions = next..end;
            let asked = Some(&ids[positions.clone()]);
            let asked = Asked { ids: asked, positions, from: *from, ends, guess };
            in_flight.push_back(model.submit(asked)?);
            desk.note(&ids[next..end]);
            next = end;
            if guess.is_some() {
                model.begin_ahead(question)?;
            }
        }
        // Also what nobody wants has to end before another text is read.
        let Some(pass) = in_flight.pop_front() else { return Ok(()) };
        let tokens = pass.tokens;
        let (read, _) = patiently(model.collect(pass)).await?;
        let now = monotonic_ms();
        pace.note(tokens, now - last);
        last = now;
        if !read.states.is_empty() {
            wanted &= give(read);
        }
    }
}
