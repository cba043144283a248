//! A device that reads texts for a model whose blocks the processor has in a file only: it reads
//! all that it can.

use std::sync::Arc;

use super::reader::{assert_alike, device, engine_alone, of_two_clients, text};
use super::*;
use crate::common::reader::{Behaviour, Fault, Twin};
use crate::common::tiny::{MemorySink, engine_for, model_files, on_cpu};
use engine::{Limits, Session};
use model_files::{ModelFiles, WeightFiles};
use protocol::{Precision, PromptDevice};

fn files() -> ModelFiles {
    model_files(random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

/// An engine of the same model as that of [`engine_alone`], and its device.
fn engine_with(behaviour: Behaviour) -> (Engine<u8>, Twin) {
    let twin = Twin::new(&files(), behaviour);
    let mut sink = MemorySink::default();
    let packed = Session::pack(&files(), Precision::Q8, &mut sink, &mut |_| ());
    assert_eq!(packed.unwrap(), Ok(sink.0.len() as u64));
    let weights = WeightFiles::Stored(Arc::new(sink.0));
    let files = ModelFiles { weights, ..files() };
    let mut session = Session::load(files, &on_cpu(Precision::Q8), &mut |_| ()).unwrap();
    session.set_prompt_reader(Box::new(twin.clone()));
    let mut engine = engine_for(Limits { active: 4, ..Limits::default() });
    engine.set_session(session, &mut |_, _| ());
    (engine, twin)
}

fn continuing() -> Behaviour {
    Behaviour { continues: true, ..Behaviour::default() }
}

#[test]
fn texts_of_any_length_are_the_devices() {
    let (mut engine, twin) = engine_with(continuing());
    assert_eq!(device(&engine), PromptDevice::GpuAlone);
    let mut alone = engine_alone();
    for (at, length) in [1, 3, 15, 200].into_iter().enumerate() {
        let ids = text(length, length as u32);
        assert_alike(&answer(&mut engine, next(&ids)), &answer(&mut alone, next(&ids)));
        assert_eq!(twin.state().questions.len(), at + 1);
    }
    // Also one token of a long text that the device does not know, as it has read another.
    let long: Vec<TokenId> = [text(200, 200), text(1, 9)].concat();
    answer(&mut engine, next(&text(100, 3)));
    assert_alike(&answer(&mut engine, next(&long)), &answer(&mut alone, next(&long)));
    assert_eq!(twin.state().questions.len(), 6);
}

#[test]
fn two_clients_wait_for_the_device_one_after_the_other() {
    let (mut engine, twin) = engine_with(Behaviour { late: 3, ..continuing() });
    let ended = of_two_clients(&mut engine);
    assert_eq!(ended.iter().map(|(client, _)| *client).collect::<Vec<_>>(), [0, 1]);
    let mut alone = engine_alone();
    assert_alike(&ended[0].1, &answer(&mut alone, next(&text(100, 0))));
    assert_alike(&ended[1].1, &answer(&mut alone, next(&text(60, 4))));
    assert_eq!(twin.state().questions.len(), 2);
}

#[test]
fn after_a_fault_the_model_goes_on_from_its_file_and_the_person_is_told_what_to_do() {
    let ids = text(120, 0);
    let mut alone = engine_alone();
    let expected = answer(&mut alone, next(&ids));
    for after in [0, 1] {
        let fault = Some((after, Fault::Told));
        let (mut engine, twin) = engine_with(Behaviour { fault, ..continuing() });
        let events = ask(&mut engine, next(&ids));
        assert_alike(events.last().unwrap(), &expected);
        let told = Event::PromptsReadBy { device: PromptDevice::FailedAlone };
        assert_eq!(events.iter().filter(|event| **event == told).count(), 1);
        assert_eq!(device(&engine), PromptDevice::FailedAlone);
        let more: Vec<TokenId> = [&ids[..], &[7, 8]].concat();
        assert_alike(&answer(&mut engine, next(&more)), &answer(&mut alone, next(&more)));
        assert_eq!(twin.state().questions.len(), 1);
    }
}

#[test]
fn what_only_the_processor_does_it_does_from_the_file() {
    let (mut engine, _twin) = engine_with(continuing());
    let ids = text(30, 0);
    let verify = Command::Verify { ids, candidates: 5 };
    let Event::Verified(found) = answer(&mut engine, verify.clone()) else {
        panic!("it was not verified")
    };
    let Event::Verified(expected) = answer(&mut engine_alone(), verify) else {
        panic!("it was not verified")
    };
    assert!(found.divergence_nats <= 1e-3, "{found:?}");
    let [one, other] = [&found, &expected].map(|found| found.reference_entropy_bits);
    assert!((one - other).abs() < 1e-9, "{one}, {other}");
}
