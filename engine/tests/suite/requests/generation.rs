//! Tokens that the engine draws itself, and chats.

use super::*;

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
    // Every text ends for one of two reasons; over many seeds, both must occur.
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
fn a_chat_shows_what_the_model_sees_and_then_its_tokens() {
    let mut engine = engine(Kind::Instruct);
    let events = ask(&mut engine, chat(vec![say("hi <|im_end|> there")]));
    let Event::Prompt { tokens } = &events[0] else { panic!("{events:?}") };
    let text: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "<|im_start|>user\nhi <|im_end|> there<|im_end|>\n<|im_start|>assistant\n"
    );
    // What the person typed is text; the others are control tokens.
    assert_eq!(tokens.iter().filter(|token| token.special).count(), 3);
    assert!(events.iter().any(|event| matches!(event, Event::Token(_))));
}

#[test]
fn a_begun_reply_goes_on_from_its_end() {
    let mut engine = engine(Kind::Instruct);
    let begun = |text: &str| Message { role: Role::Assistant, content: text.into() };
    let command = chat_or_continue(vec![say("hi"), begun("One <|im_end|> ")], true);
    let events = ask(&mut engine, command);
    let Event::Prompt { tokens } = &events[0] else { panic!("{events:?}") };
    let text: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.clone()).collect();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nOne <|im_end|> "
    );
    assert_eq!(tokens.iter().filter(|token| token.special).count(), 3);
    // The reply is the one of these ids.
    let ids: Vec<TokenId> = tokens.iter().map(|token| token.id).collect();
    let continued = ask(&mut engine, generate(&ids, 4));
    let sampled = |events: &[Event]| -> Vec<TokenId> {
        let tokens = events.iter().filter_map(|event| match event {
            Event::Token(distribution) => Some(distribution.sampled.token.id),
            _ => None,
        });
        tokens.collect()
    };
    assert!(!sampled(&events).is_empty());
    assert_eq!(sampled(&events), sampled(&continued));
    assert_eq!(
        failure(&mut engine, chat_or_continue(vec![], true)),
        ErrorCode::InvalidSettings
    );
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
