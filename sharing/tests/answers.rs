//! What a trace has of the tools and of the chat: nothing comes in that no engine could have said,
//! and traces of before it was recorded still open.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod random;
mod spoilt;

use fastrand::Rng;
use protocol::{Event, Finding};
use sharing::{Answered, Asked, Fault, Session, trace};
use spoilt::Spoil;

/// A session with a reply that has tokens, whose answers are of every kind.
fn session(seed: u64) -> Session {
    random::session(&mut Rng::with_seed(seed), 20)
}

fn answers(session: &mut Session) -> &mut Vec<Answered> {
    &mut session.recorded.as_mut().unwrap().answers
}

/// The first events of a tool, to be spoilt; none in a session without it.
fn events_of(session: &mut Session, is: fn(&Asked) -> bool) -> Option<&mut Vec<Event>> {
    let found = answers(session).iter_mut().find(|answered| is(&answered.to));
    found.map(|answered| &mut answered.events).filter(|events| !events.is_empty())
}

fn is_words(to: &Asked) -> bool {
    matches!(to, Asked::Words { .. })
}

fn is_score(to: &Asked) -> bool {
    matches!(to, Asked::Score { .. })
}

fn is_compare(to: &Asked) -> bool {
    matches!(to, Asked::Compare { .. })
}

fn is_inside(to: &Asked) -> bool {
    matches!(to, Asked::Inside { .. })
}

const FAULTS: [(&str, Spoil); 17] = [
    ("another event", |session| {
        *events_of(session, is_words)? = vec![Event::Notice { message: "x".into() }];
        Some(())
    }),
    ("an answer twice", |session| {
        let events = events_of(session, is_score)?;
        events.push(events[0].clone());
        Some(())
    }),
    ("a word that was not asked about", |session| {
        let Event::LookedUp(found) = &mut events_of(session, is_words)?[0] else { None? };
        found.words.first_mut()?.text = 99;
        Some(())
    }),
    ("a word without tokens", |session| {
        let Event::LookedUp(found) = &mut events_of(session, is_words)?[0] else { None? };
        found.words.first_mut()?.tokens.clear();
        Some(())
    }),
    ("a word more than certain", |session| {
        let Event::LookedUp(found) = &mut events_of(session, is_words)?[0] else { None? };
        found.words.first_mut()?.log_probability = 1.0;
        Some(())
    }),
    ("a score of a token that is none", |session| {
        let size = session.model.vocab_size;
        let Event::Scored { tokens, .. } = &mut events_of(session, is_score)?[0] else {
            None?
        };
        tokens.first_mut()?.token.id = size;
        Some(())
    }),
    ("a score that is none", |session| {
        let Event::Scored { tokens, .. } = &mut events_of(session, is_score)?[0] else {
            None?
        };
        tokens.iter_mut().find_map(|token| token.score.as_mut())?.probability = 3.0;
        Some(())
    }),
    ("a comparison of two vocabularies", |session| {
        let Event::Compared(found) = &mut events_of(session, is_compare)?[0] else {
            None?
        };
        found.vocab_size += 1;
        Some(())
    }),
    ("a row of two tokens", |session| {
        let Event::Compared(found) = &mut events_of(session, is_compare)?[0] else {
            None?
        };
        found.candidates.first_mut()?.second.token.bytes.push(1);
        Some(())
    }),
    ("a temperature that no sampler has", |session| {
        let found = answers(session).iter_mut().find(|one| is_compare(&one.to))?;
        let Asked::Compare { temperature, .. } = &mut found.to else { None? };
        *temperature = Some(-1.0);
        Some(())
    }),
    ("a part that ends before it begins", |session| {
        let events = events_of(session, is_inside)?;
        let part = events.iter_mut().find_map(|event| match event {
            Event::Finding(Finding::Occluded(part)) => Some(part),
            _ => None,
        });
        let part = part?;
        part.end = part.start;
        Some(())
    }),
    ("two findings of a kind that has one", |session| {
        let events = events_of(session, is_inside)?;
        let single = |event: &Event| {
            !matches!(event, Event::Finding(Finding::Lens(_) | Finding::Occlusion(_)))
        };
        let first = events.first().filter(|event| single(event)).cloned()?;
        events.push(first);
        Some(())
    }),
    ("a sum of more than its parts", |session| {
        let Event::Finding(Finding::Attribution(found)) =
            &mut events_of(session, is_inside)?[0]
        else {
            None?
        };
        found.tokens.first_mut()?.contributions.push(0.0);
        Some(())
    }),
    ("a weight of more than everything", |session| {
        let Event::Finding(Finding::Attention(found)) =
            &mut events_of(session, is_inside)?[0]
        else {
            None?
        };
        let mut heads = found.layers.iter_mut().flat_map(|layer| &mut layer.heads);
        *heads.next()?.first_mut()? = 2.0;
        Some(())
    }),
    ("a reply that does not end", |session| {
        let is_reply = |to: &Asked| matches!(to, Asked::Reply { .. });
        events_of(session, is_reply)?.pop();
        Some(())
    }),
    ("a reply without a prompt", |session| {
        let is_reply = |to: &Asked| matches!(to, Asked::Reply { .. });
        events_of(session, is_reply)?.remove(0);
        Some(())
    }),
    ("a token of a reply that is not there", |session| {
        session.recorded.as_mut()?.reply_token = Some((99, 0));
        Some(())
    }),
];

#[test]
fn an_answer_that_no_engine_gives_is_refused() {
    for (what, spoil) in FAULTS.into_iter().chain(spoilt::FAULTS) {
        let mut spoilt = 0;
        for seed in 0..60 {
            let mut session = session(seed);
            if spoil(&mut session).is_none() {
                continue;
            }
            spoilt += 1;
            let read = trace::read(&trace::write(&session).unwrap());
            assert!(
                matches!(read, Err(Fault::Invalid { .. })),
                "{what}, {seed}: {read:?}"
            );
        }
        assert!(spoilt > 3, "{what}: {spoilt}");
    }
}

#[test]
fn more_than_a_page_can_show_is_refused() {
    let mut session = session(1);
    let long = "x".repeat(1_000_001);
    let to = Asked::Score { typed: long, heat: String::new() };
    let events = vec![Event::Scored { tokens: Vec::new(), timings: Default::default() }];
    answers(&mut session).push(Answered { to, events });
    assert_eq!(trace::read(&trace::write(&session).unwrap()), Err(Fault::TooLarge));
    answers(&mut session).pop();
    let reply = Answered {
        to: Asked::Reply {
            question: String::new(),
            begun: String::new(),
            text: "y".into(),
            writer: String::new(),
        },
        events: Vec::new(),
    };
    answers(&mut session).extend(vec![reply; 600]);
    assert_eq!(trace::read(&trace::write(&session).unwrap()), Err(Fault::TooLarge));
}

#[test]
fn answers_to_questions_of_later_pages_are_passed_over() {
    let mut session = session(3);
    let known = answers(&mut session).clone();
    let mut json: serde_json::Value =
        serde_json::from_str(&trace::write(&session).unwrap()).unwrap();
    let later = serde_json::json!({
        "to": { "of": "dreams", "deep": true },
        "events": [{ "type": "dreamt", "of": ["sheep"] }],
    });
    let list = json["recorded"]["answers"].as_array_mut().unwrap();
    list.insert(1, later);
    let mut read = trace::read(&json.to_string()).unwrap();
    assert_eq!(*answers(&mut read), known);
    // What has no name at all is damaged.
    json["recorded"]["answers"][1]["to"] = serde_json::json!({});
    let read = trace::read(&json.to_string());
    assert!(matches!(read, Err(Fault::Invalid { .. })), "{read:?}");
}

#[test]
fn a_trace_of_before_answers_were_recorded_opens() {
    let text = include_str!("trace-2026-11.json");
    assert!(!text.contains("\"answers\"") && text.contains("\"recorded\""));
    let session = trace::read(text).unwrap();
    let recorded = session.recorded.as_ref().unwrap();
    assert_eq!((recorded.answers.len(), recorded.chat), (0, false));
    assert!(recorded.distribution.is_some() && recorded.tokens.len() > 3);
    // What is written of it is the same again, without members that it did not have.
    let again = trace::write(&session).unwrap();
    assert!(!again.contains("\"answers\"") && !again.contains("\"reply_token\""));
    assert_eq!(trace::read(&again), Ok(session));
}
