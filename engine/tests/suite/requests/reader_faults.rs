//! A device that reads texts and fails: no text is lost, and no number is wrong.

use super::reader::{assert_alike, device, engine_alone, engine_with, text};
use super::*;
use crate::common::reader::{Behaviour, FAULTS, Fault};
use protocol::{PromptDevice, RequestId};

#[test]
fn after_any_fault_the_model_reads_the_same_text_and_the_person_is_told_once() {
    let ids = text(300, 0);
    let expected = answer(&mut engine_alone(), next(&ids));
    for fault in FAULTS {
        for after in [0, 2, 5] {
            let fault = Some((after, fault));
            let (mut engine, twin) =
                engine_with(Behaviour { fault, late: 1, ..Behaviour::default() });
            let events = ask(&mut engine, next(&ids));
            assert_alike(events.last().unwrap(), &expected);
            let told = Event::PromptsReadBy { device: PromptDevice::Failed };
            let times = events.iter().filter(|event| **event == told).count();
            assert_eq!(times, 1, "{fault:?}");
            assert_eq!(device(&engine), PromptDevice::Failed);
            // It is not asked again.
            answer(&mut engine, next(&text(90, 2)));
            assert_eq!(twin.state().questions.len(), 1);
        }
    }
}

#[test]
fn answers_are_right_whatever_texts_stops_and_faults_come() {
    for seed in 0..40 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let fault = (rng.u8(..3) == 0)
            .then(|| (rng.usize(..12), FAULTS[rng.usize(..FAULTS.len())]));
        let behaviour = Behaviour {
            part: rng.usize(1..90),
            late: rng.usize(..3),
            fault,
            continues: rng.bool(),
            ..Behaviour::default()
        };
        let (mut engine, _twin) = engine_with(behaviour);
        let mut alone = engine_alone();
        let mut ids = text(rng.usize(1..120), seed as u32);
        for turn in 0..8 {
            // Goes on, goes back and goes on, or begins anew.
            match rng.u8(..3) {
                0 => ids.extend(text(rng.usize(1..80), rng.u32(..99))),
                1 => {
                    ids.truncate(rng.usize(1..=ids.len()));
                    ids.extend(text(rng.usize(1..60), rng.u32(..99)));
                }
                _ => ids = text(rng.usize(1..150), rng.u32(..99)),
            }
            let stopped = rng.u8(..4) == 0;
            let mut ended = Vec::new();
            let mut emit = |_: &u8, reply: protocol::Reply| {
                if reply.event.is_terminal() {
                    ended.push(reply.event);
                }
            };
            engine.submit(0, request(turn, next(&ids)), &mut emit);
            if stopped {
                for _ in 0..rng.usize(..6) {
                    engine.step(&mut emit);
                }
                let stop = Command::Cancel { request: RequestId(turn) };
                engine.submit(0, request(100 + turn, stop), &mut emit);
            }
            while engine.step(&mut emit) {}
            assert_eq!(ended.len(), 1, "seed {seed}, turn {turn}: {ended:?}");
            if let Event::Distribution(_) = &ended[0] {
                assert_alike(&ended[0], &answer(&mut alone, next(&ids)));
            } else {
                assert!(stopped, "seed {seed}, turn {turn}: {ended:?}");
            }
        }
    }
}

#[test]
fn a_fault_is_one_word_for_people_and_a_sentence_for_logs() {
    let fault = Behaviour { fault: Some((0, Fault::Told)), ..Behaviour::default() };
    let (mut engine, _twin) = engine_with(fault);
    let events = ask(&mut engine, next(&text(60, 0)));
    let told = serde_json::to_value(&events[0]).unwrap();
    assert_eq!(told, serde_json::json!({"type": "prompts_read_by", "device": "failed"}));
}
