//! Random answers of the tools and replies of the chat.

use fastrand::Rng;
use protocol::{
    AttentionLayer, AttentionWeights, AttributedToken, Attribution, AttributionPart,
    ComparedCandidate, Divergence, Event, Finding, FinishReason, HeadWeights, LensLayer,
    LensPosition, Occluded, OcclusionStart, OcclusionUnit, RankedToken, ScoredToken,
    TextComparison, Timings, TokenRank, Word, WordForm, Words,
};
use sharing::{Answered, Asked};

use super::{candidate, distribution, text, token, tools};

/// A number of 64 bits whose decimals are few: readers of JSON may miss the last bit of others.
pub(super) fn double(rng: &mut Rng) -> f64 {
    f64::from(rng.u16(..1_024)) / 1_024.0
}

/// A conversation, then what each tool shows.
pub(crate) fn answers(rng: &mut Rng, vocab_size: u32) -> Vec<Answered> {
    let mut answers: Vec<Answered> =
        (0..rng.usize(..4)).map(|_| reply(rng, vocab_size)).collect();
    answers.push(words(rng, vocab_size));
    answers.push(score(rng, vocab_size));
    answers.push(compare(rng, vocab_size));
    answers.push(inside(rng, vocab_size));
    answers.extend(tools::answers(rng, vocab_size));
    answers
}

fn reply(rng: &mut Rng, vocab_size: u32) -> Answered {
    let (mut events, mut text_only) = (Vec::new(), String::new());
    if rng.bool() {
        let prompt = rng.usize(1..20);
        let tokens = (0..prompt).map(|_| token(rng, vocab_size)).collect();
        events.push(Event::Prompt { tokens });
        for index in 0..rng.usize(1..6) {
            let position = (prompt + index) as u32;
            events.push(Event::Token(distribution(rng, vocab_size, position)));
        }
        let (reason, timings) = (FinishReason::MaxTokens, Timings::default());
        events.push(Event::Finished { reason, timings });
    } else {
        text_only = text(rng);
    }
    Answered {
        to: Asked::Reply {
            question: text(rng),
            begun: text(rng),
            text: text_only,
            writer: "demo".into(),
        },
        events,
    }
}

fn words(rng: &mut Rng, vocab_size: u32) -> Answered {
    let watched: Vec<String> = (0..rng.usize(..5)).map(|_| text(rng)).collect();
    let forms = [WordForm::AsTyped, WordForm::WithSpace, WordForm::SpecialTokens];
    let words = (0..=watched.len() as u32)
        .map(|text| {
            let length = rng.u32(1..5);
            let known = rng.u32(1..=length);
            Word {
                text,
                form: forms[rng.usize(..3)],
                length,
                tokens: (0..known).map(|_| candidate(rng, vocab_size, 9)).collect(),
                log_probability: -double(rng) * 50.0,
            }
        })
        .collect();
    let found = Words { words, timings: timings(rng) };
    let to = Asked::Words { watched, typed: text(rng) };
    Answered { to, events: vec![Event::LookedUp(found)] }
}

fn score(rng: &mut Rng, vocab_size: u32) -> Answered {
    let scored = |rng: &mut Rng| ScoredToken {
        token: token(rng, vocab_size),
        score: rng.bool().then(|| super::token_score(rng, vocab_size)),
        expected: rng.bool().then(|| token(rng, vocab_size)),
    };
    let tokens = (0..rng.usize(..30)).map(|_| scored(rng)).collect();
    let heat = ["surprisal", "rank", "entropy", "ratio"][rng.usize(..4)].into();
    let timings = timings(rng);
    let to = Asked::Score { typed: text(rng), heat };
    Answered { to, events: vec![Event::Scored { tokens, timings }] }
}

fn compare(rng: &mut Rng, vocab_size: u32) -> Answered {
    let pair = |rng: &mut Rng, rank: u32| {
        let first = candidate(rng, vocab_size, rank);
        let token = first.token.clone();
        let second = protocol::Candidate { token, ..candidate(rng, vocab_size, rank) };
        ComparedCandidate { first, second }
    };
    let found = TextComparison {
        positions: [rng.u32(..500), rng.u32(..500)],
        vocab_size,
        exact: rng.bool(),
        candidates: (1..rng.u32(2..20)).map(|rank| pair(rng, rank)).collect(),
        entropy_bits: [double(rng) * 15.0, double(rng) * 15.0],
        p: divergence(rng),
        q: divergence(rng),
        timings: timings(rng),
    };
    let to = Asked::Compare {
        typed: text(rng),
        temperature: rng.bool().then(|| rng.f32() * 2.0),
        top_p: rng.bool().then(|| rng.f32()),
    };
    Answered { to, events: vec![Event::Compared(Box::new(found))] }
}

pub(super) fn divergence(rng: &mut Rng) -> Divergence {
    Divergence {
        first_from_second: rng.bool().then(|| double(rng) * 9.0),
        second_from_first: rng.bool().then(|| double(rng) * 9.0),
        jensen_shannon: double(rng),
    }
}

fn inside(rng: &mut Rng, vocab_size: u32) -> Answered {
    let (view, findings) = match rng.u8(..5) {
        0 => ("lens", (0..rng.usize(1..4)).map(|_| lens(rng, vocab_size)).collect()),
        1 => ("attention", vec![attention(rng)]),
        2 => ("attention", vec![head(rng)]),
        3 => ("occlusion", occlusion(rng, vocab_size)),
        _ => ("attribution", vec![attribution(rng, vocab_size)]),
    };
    let to = Asked::Inside {
        view: view.into(),
        several: rng.bool(),
        layer: rng.u32(..9),
        head: rng.u32(..9),
        with_first: rng.bool(),
        matrix: rng.bool(),
        unit: OcclusionUnit::Word,
        rivals: (0..rng.usize(..3)).map(|_| token(rng, vocab_size)).collect(),
    };
    Answered { to, events: findings.into_iter().map(Event::Finding).collect() }
}

fn lens(rng: &mut Rng, vocab_size: u32) -> Finding {
    let followed: Vec<_> = (0..rng.usize(..4)).map(|_| token(rng, vocab_size)).collect();
    let layer = |rng: &mut Rng| LensLayer {
        top: (0..rng.usize(1..4)).map(|_| ranked(rng, vocab_size)).collect(),
        followed: followed
            .iter()
            .map(|_| TokenRank { probability: rng.f32(), rank: rng.u32(1..vocab_size) })
            .collect(),
        entropy_bits: rng.f32() * 15.0,
    };
    let layers = (0..rng.usize(1..8)).map(|_| layer(rng)).collect();
    Finding::Lens(LensPosition { position: rng.u32(..300), followed, layers })
}

fn attention(rng: &mut Rng) -> Finding {
    let weights = |rng: &mut Rng| (0..7).map(|_| rng.f32()).collect();
    let layer = |rng: &mut Rng, layer| AttentionLayer {
        layer,
        window: rng.bool().then(|| rng.u32(1..99)),
        heads: (0..rng.usize(..4)).map(|_| weights(rng)).collect(),
    };
    let layers = (0..4).map(|index| layer(rng, index)).collect();
    Finding::Attention(AttentionWeights { position: rng.u32(..300), layers })
}

fn head(rng: &mut Rng) -> Finding {
    let rows = (1..6).map(|length| (0..length).map(|_| rng.f32()).collect()).collect();
    Finding::Head(HeadWeights { layer: 1, head: 2, window: None, rows })
}

fn occlusion(rng: &mut Rng, vocab_size: u32) -> Vec<Finding> {
    let start = OcclusionStart {
        target: token(rng, vocab_size),
        log_probability: -double(rng) * 20.0,
        units: 4,
        tokens_to_read: rng.u64(..900),
    };
    let part = |rng: &mut Rng, start| {
        Finding::Occluded(Occluded {
            start,
            end: start + 1,
            log_probability: -double(rng) * 20.0,
            top: ranked(rng, vocab_size),
        })
    };
    let parts: Vec<Finding> = (0..4).map(|start| part(rng, start)).collect();
    std::iter::once(Finding::Occlusion(start)).chain(parts).collect()
}

fn attribution(rng: &mut Rng, vocab_size: u32) -> Finding {
    let parts = vec![AttributionPart::Embedding, AttributionPart::Mlp { layer: 3 }];
    let one = |rng: &mut Rng| AttributedToken {
        token: token(rng, vocab_size),
        contributions: vec![double(rng) * 8.0 - 4.0, double(rng)],
        sum: double(rng) * 30.0,
        logit: double(rng) * 30.0 - 9.0,
        probability: rng.f32(),
    };
    let tokens = (0..2).map(|_| one(rng)).collect();
    Finding::Attribution(Attribution { parts, tokens, cap: rng.bool().then_some(30.0) })
}

fn ranked(rng: &mut Rng, vocab_size: u32) -> RankedToken {
    RankedToken { token: token(rng, vocab_size), probability: rng.f32() }
}

pub(super) fn timings(rng: &mut Rng) -> Timings {
    Timings { prefill_tokens: rng.u32(..99), prefill_ms: rng.f32(), ..Timings::default() }
}
