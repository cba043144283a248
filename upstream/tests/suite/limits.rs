//! What lists allow, and what no engine elsewhere can give.

use protocol::{Command, ComparedText, ErrorCode, Event, SamplerSettings, TokenId};
use stand_in_upstream::{Behaviour, Dialect};

use crate::numbers::same_candidates;
use crate::support::{Asked, Elsewhere, session};

#[test]
fn two_texts_are_compared_and_of_lists_the_divergence_is_a_bound() {
    let side = |ids: Vec<TokenId>| {
        let settings = SamplerSettings { top_k: 5, ..SamplerSettings::default() };
        Box::new(ComparedText { ids, settings })
    };
    let command = Command::Compare {
        first: side(vec![10, 11]),
        second: side(vec![10, 99, 100]),
        candidates: 8,
    };
    let compared = |asked: &mut Asked| match asked.answer(command.clone()) {
        Event::Compared(compared) => compared,
        other => panic!("{other:?}"),
    };
    let here = compared(&mut Asked::new(session()));
    for most_listed in [None, Some(20)] {
        let behaviour = Behaviour { most_listed, ..Behaviour::of(Dialect::Vllm) };
        let elsewhere = Elsewhere::start([behaviour]);
        let there = compared(&mut elsewhere.connect(&elsewhere.settings()).unwrap());
        assert_eq!(there.vocab_size, here.vocab_size);
        for (a, b) in there.candidates.iter().zip(&here.candidates) {
            same_candidates(
                std::slice::from_ref(&a.first),
                std::slice::from_ref(&b.first),
            );
            same_candidates(
                std::slice::from_ref(&a.second),
                std::slice::from_ref(&b.second),
            );
        }
        let apart = there.p.jensen_shannon - here.p.jensen_shannon;
        match most_listed {
            None => assert!(there.exact && apart.abs() < 1e-5, "{apart}"),
            Some(_) => assert!(!there.exact && apart < 1e-6, "{apart}"),
        }
    }
}

#[test]
fn what_an_engine_elsewhere_cannot_give_is_said() {
    let behaviour = Behaviour { most_listed: Some(20), ..Behaviour::of(Dialect::Vllm) };
    let elsewhere = Elsewhere::start([behaviour]);
    let mut seen = elsewhere.connect(&elsewhere.settings()).unwrap();
    assert!(seen.session().description().elsewhere);
    let ids = vec![10, 11];
    let lens =
        protocol::Inspection::Lens { positions: 1, candidates: 2, follow: Vec::new() };
    for (command, said) in [
        (Command::Verify { ids: ids.clone(), candidates: 3 }, "elsewhere"),
        (Command::Inspect { ids: ids.clone(), question: lens }, "elsewhere"),
        (Command::LogProbabilities { ids }, "most probable"),
    ] {
        match seen.answer(command) {
            Event::Failed(failure) => {
                assert_eq!(failure.code, ErrorCode::Unsupported, "{failure:?}");
                assert!(failure.message.contains(said), "{failure:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    // The penalty for repetition depends on the sign of logits, which are not known.
    let settings =
        SamplerSettings { repetition_penalty: 1.3, ..SamplerSettings::default() };
    assert!(!seen.distribution(&[10, 11], &settings, &[]).exact);
}
