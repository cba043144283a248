//! Requests through the engine's queue, on a tiny random model.

mod common;

use common::tiny::{answer, ask, empty_engine, engine, request, run, session_of};
use engine::Engine;
use protocol::{
    Command, Distribution, ErrorCode, Event, FinishReason, Message, Phase, Role,
    SamplerSettings, TokenId, limits,
};
use random_model::{Kind, Shape};

fn settings() -> SamplerSettings {
    SamplerSettings { temperature: 1.0, seed: 5, ..Default::default() }
}

fn next_with(ids: &[TokenId], settings: SamplerSettings) -> Command {
    Command::NextToken { ids: ids.to_vec(), settings, candidates: 5, watch: vec![] }
}

fn next(ids: &[TokenId]) -> Command {
    next_with(ids, settings())
}

fn generate(ids: &[TokenId], max_new_tokens: u32) -> Command {
    let ids = ids.to_vec();
    Command::Generate { ids, settings: settings(), max_new_tokens, candidates: 3 }
}

fn say(text: &str) -> Message {
    Message { role: Role::User, content: text.into() }
}

fn chat(messages: Vec<Message>) -> Command {
    Command::Chat { messages, settings: settings(), max_new_tokens: 4, candidates: 3 }
}

fn distribution(engine: &mut Engine<u8>, command: Command) -> Distribution {
    match answer(engine, command) {
        Event::Distribution(distribution) => distribution,
        other => panic!("{other:?}"),
    }
}

fn failure(engine: &mut Engine<u8>, command: Command) -> ErrorCode {
    match answer(engine, command) {
        Event::Failed(failure) => {
            assert!(failure.message.ends_with('.'), "{}", failure.message);
            failure.code
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_follows_the_common_prefix_is_computed() {
    let mut engine = engine(Kind::Instruct);
    let first = distribution(&mut engine, next(&[10, 11, 12, 13]));
    assert_eq!((first.timings.cached_tokens, first.timings.prefill_tokens), (0, 4));
    let picked = distribution(&mut engine, next(&[10, 11, 12, 13, 14]));
    assert_eq!((picked.timings.cached_tokens, picked.timings.prefill_tokens), (4, 1));
    let undone = distribution(&mut engine, next(&[10, 11, 12, 13]));
    assert_eq!(undone.timings.prefill_tokens, 0);
    assert_eq!(undone.candidates, first.candidates);
    let other = distribution(&mut engine, next(&[10, 11, 12, 13, 99]));
    assert_eq!((other.timings.cached_tokens, other.timings.prefill_tokens), (4, 1));
    assert_eq!(other.timings.forward_tokens, 6);
}

#[test]
fn looking_back_runs_no_forward_pass_and_forgets_nothing() {
    let mut engine = engine(Kind::Instruct);
    let ids: Vec<TokenId> = (10..30).collect();
    let now = distribution(&mut engine, next(&ids));
    for length in 1..=ids.len() {
        let back = distribution(&mut engine, next(&ids[..length]));
        assert_eq!(back.timings.forward_tokens, 20);
        assert_eq!(back.position as usize, length);
    }
    assert_eq!(distribution(&mut engine, next(&ids)).candidates, now.candidates);
}

#[test]
fn other_settings_on_the_same_text_run_no_forward_pass() {
    let mut engine = engine(Kind::Instruct);
    let before = distribution(&mut engine, next(&[10, 11, 12]));
    for temperature in [0.0, 0.5, 2.0] {
        let settings = SamplerSettings { temperature, top_k: 3, ..settings() };
        let after = distribution(&mut engine, next_with(&[10, 11, 12], settings));
        assert_eq!(after.timings.forward_tokens, before.timings.forward_tokens);
        assert_eq!(after.settings, settings);
        let p = |d: &Distribution| -> Vec<f32> {
            d.candidates.iter().map(|c| c.probability).collect()
        };
        assert_eq!(p(&after), p(&before));
    }
}

#[test]
fn an_answer_is_the_same_whatever_was_asked_before() {
    let ids: Vec<TokenId> = (10..60).collect();
    let fresh = distribution(&mut engine(Kind::Instruct), next(&ids));
    let mut used = engine(Kind::Instruct);
    for length in [3, 40, 7, 50] {
        let mut other = ids[..length].to_vec();
        other.extend([200, 201, 202]);
        distribution(&mut used, next(&other));
    }
    let again = distribution(&mut used, next(&ids));
    for (a, b) in fresh.candidates.iter().zip(&again.candidates) {
        assert_eq!(a.token, b.token);
        assert!((a.logit - b.logit).abs() < 1e-3);
    }
    assert_eq!(fresh.sampled.token, again.sampled.token);
}

#[test]
fn generation_draws_what_stepping_by_hand_draws() {
    let mut engine = engine(Kind::Instruct);
    let events = ask(&mut engine, generate(&[20, 21], 6));
    let drawn: Vec<TokenId> = events
        .iter()
        .filter_map(|event| match event {
            Event::Token(distribution) => Some(distribution.sampled.token.id),
            _ => None,
        })
        .collect();
    let mut ids = vec![20, 21];
    for id in &drawn {
        let by_hand = distribution(&mut engine, next(&ids));
        assert_eq!(by_hand.sampled.token.id, *id);
        ids.push(*id);
    }
    assert!(drawn.len() == 6 || drawn.last().is_some_and(|id| *id < 3));
}

#[test]
fn generation_ends_at_the_limit_at_an_ending_token_or_when_the_context_is_full() {
    let reason = |events: Vec<Event>| match events.last() {
        Some(Event::Finished { reason, .. }) => *reason,
        other => panic!("{other:?}"),
    };
    // With every seed the text ends at one of these; over many, each must come up.
    let mut engine_ = engine(Kind::Instruct);
    let mut reasons = Vec::new();
    for seed in 0..200 {
        let settings = SamplerSettings { seed, temperature: 2.0, ..settings() };
        let command = Command::Generate {
            ids: vec![20 + seed % 100],
            settings,
            max_new_tokens: 8,
            candidates: 1,
        };
        let events = ask(&mut engine_, command);
        if let [.., Event::Token(last), Event::Finished { reason, .. }] = &events[..] {
            let ends = matches!(last.sampled.token.id, 0 | 2);
            assert_eq!(ends, *reason == FinishReason::EndOfText);
        }
        reasons.push(reason(events));
    }
    assert!(reasons.contains(&FinishReason::EndOfText));
    assert!(reasons.contains(&FinishReason::MaxTokens));

    let shape = Shape { max_position_embeddings: 8, ..Shape::tiny() };
    let mut small = empty_engine();
    small.set_session(session_of(&shape, Kind::Instruct), &mut |_, _| ());
    let settings = SamplerSettings { temperature: 0.0, ..settings() };
    let ids = (100..106).collect();
    let command = Command::Generate { ids, settings, max_new_tokens: 50, candidates: 1 };
    assert_eq!(reason(ask(&mut small, command)), FinishReason::ContextFull);
}

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
fn a_client_that_left_gets_nothing_and_holds_up_no_one() {
    let mut engine = engine(Kind::Instruct);
    engine.submit(1, request(1, generate(&[10], 500)), &mut |_, _| ());
    engine.submit(2, request(1, next(&[10])), &mut |_, _| ());
    engine.step(&mut |_, _| ());
    engine.forget(&1);
    assert!(run(&mut engine).iter().all(|(client, _)| *client == 2));
}

#[test]
fn a_score_is_what_each_step_gave_to_the_token_that_came() {
    let mut engine = engine(Kind::Instruct);
    let ids: Vec<TokenId> = (10..60).collect();
    let Event::Scored { tokens, timings } =
        answer(&mut engine, Command::Score { ids: ids.clone() })
    else {
        panic!()
    };
    assert_eq!((tokens.len(), timings.forward_tokens), (50, 50));
    assert!(tokens[0].score.is_none());
    for position in [1, 17, 49] {
        let command = Command::NextToken {
            ids: ids[..position].to_vec(),
            settings: settings(),
            candidates: 1,
            watch: vec![ids[position]],
        };
        let step = distribution(&mut engine, command);
        let score = tokens[position].score.unwrap();
        assert_eq!(step.watched[0].rank, score.rank);
        assert!((step.watched[0].probability - score.probability).abs() < 1e-6);
        assert!((step.entropy_bits - score.entropy_bits).abs() < 1e-4);
        assert_eq!(step.timings.forward_tokens, 50);
    }
}

#[test]
fn a_chat_shows_what_the_model_sees_and_then_its_tokens() {
    let mut engine = engine(Kind::Instruct);
    let events = ask(&mut engine, chat(vec![say("hi <|im_end|> there")]));
    let Event::Prompt { tokens } = &events[0] else { panic!("{events:?}") };
    let text: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "<|im_start|>user\nhi <|im_end|> there<|im_end|>\n<|im_start|>assistant\n"
    );
    // The one that the person typed is text, the others are control tokens.
    assert_eq!(tokens.iter().filter(|token| token.special).count(), 3);
    assert!(events.iter().any(|event| matches!(event, Event::Token(_))));
}

#[test]
fn a_base_model_says_that_it_cannot_chat() {
    let mut engine = engine(Kind::Base);
    let Event::Ready(description) = answer(&mut engine, Command::Describe) else {
        panic!()
    };
    assert!(!description.chat);
    assert_eq!(failure(&mut engine, chat(vec![say("hi")])), ErrorCode::NoChatTemplate);
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_computed() {
    let mut engine = engine(Kind::Instruct);
    let next_of = |candidates, watch: Vec<TokenId>| Command::NextToken {
        ids: vec![10],
        settings: settings(),
        candidates,
        watch,
    };
    let with = |settings| next_with(&[10], settings);
    let hot = SamplerSettings { temperature: 2.5, ..settings() };
    let broken = SamplerSettings { top_p: f32::NAN, ..settings() };
    let text = "x".repeat(limits::MAX_TEXT_BYTES + 1);
    let crowd = vec![say("a"); limits::MAX_MESSAGES + 1];
    let cases = [
        (next(&[]), ErrorCode::EmptyPrompt),
        (Command::Score { ids: vec![] }, ErrorCode::EmptyPrompt),
        (next(&[259]), ErrorCode::InvalidToken),
        (next(&[u32::MAX]), ErrorCode::InvalidToken),
        (next_of(5, vec![259]), ErrorCode::InvalidToken),
        (next(&vec![10; 8193]), ErrorCode::PromptTooLong),
        (next_of(0, vec![]), ErrorCode::InvalidSettings),
        (next_of(limits::MAX_CANDIDATES + 1, vec![]), ErrorCode::InvalidSettings),
        (next_of(u32::MAX, vec![]), ErrorCode::InvalidSettings),
        (next_of(5, vec![1; limits::MAX_WATCHED + 1]), ErrorCode::InvalidSettings),
        (with(hot), ErrorCode::InvalidSettings),
        (with(broken), ErrorCode::InvalidSettings),
        (generate(&[10], 0), ErrorCode::InvalidSettings),
        (generate(&[10], limits::MAX_NEW_TOKENS + 1), ErrorCode::InvalidSettings),
        (chat(vec![]), ErrorCode::InvalidSettings),
        (chat(crowd), ErrorCode::InvalidSettings),
        (chat(vec![say(&"long ".repeat(2000))]), ErrorCode::PromptTooLong),
        (Command::Tokenize { text }, ErrorCode::PromptTooLong),
    ];
    for (command, code) in cases {
        let told = format!("{command:.100?}");
        assert_eq!(failure(&mut engine, command), code, "{told}");
    }
    assert_eq!(engine.session().unwrap().forward_tokens(), 0);
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
    engine.set_session(common::tiny::session(Kind::Base), &mut |client, reply| {
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
