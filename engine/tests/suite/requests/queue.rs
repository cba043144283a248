//! Several requests and clients, and requests that end early.

use super::*;

#[test]
fn a_long_prompt_is_read_in_steps_that_can_be_cancelled() {
    let mut engine = engine(Kind::Instruct);
    let long: Vec<TokenId> = (0..2000).map(|i| 10 + i % 200).collect();
    let mut events = Vec::new();
    engine.submit(0, request(1, next(&long)), &mut |_, _| ());
    for _ in 0..3 {
        assert!(engine.step(&mut |_, reply| events.push(reply.event)));
    }
    let done = |event: &Event| match event {
        Event::Progress(progress) => {
            assert_eq!((progress.phase, progress.total), (Phase::Prefill, Some(2000)));
            progress.done
        }
        other => panic!("{other:?}"),
    };
    assert!(done(&events[0]) <= 256 && done(&events[2]) > done(&events[0]));
    let cancel = Command::Cancel { request: protocol::RequestId(1) };
    let mut last = None;
    engine.submit(0, request(2, cancel), &mut |_, reply| last = Some(reply));
    let reply = last.expect("a cancelled request is told so");
    assert_eq!(reply.id.0, 1);
    let Event::Finished { reason, timings } = reply.event else { panic!() };
    assert_eq!(reason, FinishReason::Cancelled);
    assert_eq!(timings.prefill_tokens as u64, done(&events[2]));
    assert!(run(&mut engine).is_empty());
    // What was read is not read again.
    let after = distribution(&mut engine, next(&long[..10]));
    assert_eq!(after.timings.prefill_tokens, 0);
}

#[test]
fn one_client_cannot_cancel_the_request_of_another() {
    let mut engine = engine(Kind::Instruct);
    engine.submit(1, request(7, next(&[10, 11])), &mut |_, _| ());
    let cancel = Command::Cancel { request: protocol::RequestId(7) };
    engine.submit(2, request(8, cancel), &mut |_, reply| panic!("{reply:?}"));
    let events = run(&mut engine);
    assert!(matches!(&events[..], [(1, reply)] if reply.id.0 == 7));
}

#[test]
fn a_client_that_left_gets_no_events_and_blocks_no_one() {
    let mut engine = engine(Kind::Instruct);
    engine.submit(1, request(1, generate(&[10], 500)), &mut |_, _| ());
    engine.submit(2, request(1, next(&[10])), &mut |_, _| ());
    engine.step(&mut |_, _| ());
    engine.forget(&1);
    assert!(run(&mut engine).iter().all(|(client, _)| *client == 2));
}

#[test]
fn without_a_model_every_request_says_so() {
    let mut engine = empty_engine();
    assert_eq!(failure(&mut engine, next(&[1])), ErrorCode::NoModel);
    engine.set_loading(true);
    assert_eq!(failure(&mut engine, Command::Describe), ErrorCode::Loading);
}

#[test]
fn requests_for_the_old_model_end_when_a_new_one_comes() {
    let mut engine = engine(Kind::Instruct);
    engine.submit(3, request(9, next(&[10])), &mut |_, _| ());
    let mut ended = Vec::new();
    engine.set_session(crate::common::tiny::session(Kind::Base), &mut |client, reply| {
        ended.push((*client, reply.id.0, reply.event.is_terminal()));
    });
    assert_eq!(ended, [(3, 9, true)]);
    assert!(run(&mut engine).is_empty());
}

#[test]
fn more_requests_than_may_wait_are_refused() {
    let mut engine = engine(Kind::Instruct);
    let mut refused = 0;
    for id in 0..300 {
        engine.submit(0, request(id, next(&[10])), &mut |_, reply| match reply.event {
            Event::Failed(failure) => {
                assert_eq!(failure.code, ErrorCode::Busy);
                refused += 1;
            }
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(refused, 300 - 256);
    assert_eq!(run(&mut engine).len(), 256);
}
