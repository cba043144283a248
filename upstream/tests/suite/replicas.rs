//! Several addresses of one engine.

use protocol::{SamplerSettings, TokenId};
use stand_in_upstream::{Behaviour, Dialect};
use upstream::Settings;

use crate::support::{Asked, Elsewhere, session};

#[test]
fn texts_are_spread_and_go_on_at_another_replica_when_one_ends() {
    let elsewhere = Elsewhere::start([0, 1, 2].map(|_| Behaviour::of(Dialect::Vllm)));
    let mut seen = elsewhere.connect(&elsewhere.settings()).unwrap();
    let mut direct = Asked::new(session());
    let greedy = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    let mut ask_all = |seen: &mut Asked, first: TokenId| {
        for id in first..first + 12 {
            let ids = [id, id + 1];
            let there = seen.distribution(&ids, &greedy, &[]);
            assert_eq!(there.greedy, direct.distribution(&ids, &greedy, &[]).greedy);
        }
    };
    ask_all(&mut seen, 20);
    assert!(elsewhere.stand_ins.iter().all(|replica| replica.asked() > 0));
    elsewhere.stand_ins[1].stop();
    ask_all(&mut seen, 50);
    elsewhere.stand_ins[0].stop();
    ask_all(&mut seen, 80);
}

#[test]
fn a_replica_with_another_tokenizer_is_not_believed() {
    let other = Behaviour { other_tokenizer: true, ..Behaviour::of(Dialect::Vllm) };
    let elsewhere = Elsewhere::start([Behaviour::of(Dialect::Vllm), other]);
    let settings: Settings = elsewhere.settings();
    let mut seen = elsewhere.connect(&settings).unwrap();
    let greedy = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    for id in 20..40 {
        seen.distribution(&[id, id + 1], &greedy, &[]);
    }
    assert_eq!(elsewhere.stand_ins[1].asked(), 0);
}

#[test]
fn a_question_that_is_taken_back_leaves_nothing_behind() {
    let elsewhere = Elsewhere::start([Behaviour::of(Dialect::Vllm)]);
    let _guard = elsewhere.enter();
    let seen = elsewhere.connect(&elsewhere.settings()).unwrap();
    drop(seen);
}
