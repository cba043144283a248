//! Random sessions that a page could have.
#![allow(dead_code, reason = "each test binary uses some of it")]

mod answers;
mod tools;

use std::rc::Rc;

use fastrand::Rng;
use protocol::{
    Candidate, Distribution, ModelDescription, Outside, Precision, PromptDevice,
    SamplerKind, SamplerSettings, SamplerStage, Timings, Token, TokenScore,
};
use sharing::{
    AllowedKind, Answered, Asked, Branch, Choice, Expected, Knobs, ModelRef, Named,
    Origin, Recorded, RecordedToken, Scale, Session, Source, Steps, Texts, VERSION, View,
    checksum,
};

/// A session of so many tokens, with everything recorded.
pub(crate) fn session(rng: &mut Rng, tokens: usize) -> Session {
    let vocab_size = [97, 5_000, 49_152, 151_936][rng.usize(..4)];
    let tokens: Vec<Token> = (0..tokens).map(|_| token(rng, vocab_size)).collect();
    let ids = tokens.iter().map(|token| token.id).collect();
    let (mut branches, mut origins) = (Vec::new(), Vec::<(Origin, u32)>::new());
    for index in 1..tokens.len() as u32 {
        if rng.u8(..8) == 0 {
            let parent = (rng.u8(..6) > 0).then(|| rng.u32(..index));
            branches.push(Branch(index, parent));
        }
    }
    while origins.iter().map(|(_, count)| count).sum::<u32>() < tokens.len() as u32 {
        let done: u32 = origins.iter().map(|(_, count)| count).sum();
        let count = rng.u32(1..=tokens.len() as u32 - done);
        let all = [Origin::Prompt, Origin::Picked, Origin::Greedy, Origin::Sampled];
        origins.push((all[rng.usize(..4)], count));
    }
    let end = (!tokens.is_empty()).then(|| rng.u32(..tokens.len() as u32));
    let checksum = checksum(tokens.iter());
    let texts = Texts { ids, branches, origins, end, checksum };
    let depths = depths(&texts);
    let length = end.map_or(0, |end| depths[end as usize] + 1);
    let focus = (length > 0 && rng.bool()).then(|| rng.u32(..length));
    let recorded = recorded(rng, vocab_size, tokens, &depths, focus.unwrap_or(length));
    Session {
        version: VERSION,
        model: model_ref(rng, vocab_size),
        prompt: rng.bool().then(|| text(rng)),
        texts,
        knobs: knobs(rng),
        view: View { focus, tool: rng.bool().then(|| "inside".into()) },
        expected: rng.bool().then(|| Expected { id: 3, p: rng.f32() }),
        recorded: Some(Box::new(recorded)),
    }
}

fn depths(texts: &Texts) -> Vec<u32> {
    let mut depths = Vec::new();
    for parent in texts.parents() {
        depths.push(parent.map_or(0, |parent: u32| depths[parent as usize] + 1));
    }
    depths
}

fn token_score(rng: &mut Rng, vocab_size: u32) -> TokenScore {
    TokenScore {
        probability: rng.f32(),
        rank: rng.u32(1..vocab_size),
        surprisal_bits: rng.f32() * 40.0,
        entropy_bits: rng.f32() * 17.0,
        best_probability: rng.f32(),
        margin: rng.f32(),
        exact: rng.bool(),
    }
}

fn recorded(
    rng: &mut Rng,
    vocab_size: u32,
    tokens: Vec<Token>,
    depths: &[u32],
    position: u32,
) -> Recorded {
    let known = |(token, depth): (Token, &u32)| {
        let score = rng.bool().then(|| token_score(rng, vocab_size));
        let choice = (rng.u8(..4) == 0).then(|| Choice {
            candidate: Candidate {
                token: token.clone(),
                ..candidate(rng, vocab_size, 3)
            },
            distribution: Rc::new(distribution(rng, vocab_size, *depth)),
        });
        RecordedToken { token, score, choice }
    };
    let tokens = tokens.into_iter().zip(depths).map(known).collect();
    let distribution = Some(Rc::new(distribution(rng, vocab_size, position)));
    let model = description(rng, vocab_size);
    let answers = answers::answers(rng, vocab_size);
    let reply_token = reply_token(&answers);
    Recorded {
        date: "2026-01-02".into(),
        model,
        tokens,
        distribution,
        answers,
        chat: reply_token.is_some(),
        reply_token,
    }
}

/// The first token of a reply, if there is one.
fn reply_token(answers: &[Answered]) -> Option<(u32, u32)> {
    let first = answers.iter().position(|answered| {
        matches!(answered.to, Asked::Reply { .. }) && !answered.events.is_empty()
    });
    first.map(|index| (index as u32, 0))
}

fn distribution(rng: &mut Rng, vocab_size: u32, position: u32) -> Distribution {
    let rows = rng.u32(1..20);
    let mut candidates: Vec<Candidate> =
        (1..=rows).map(|rank| candidate(rng, vocab_size, rank)).collect();
    candidates.iter_mut().for_each(|row| row.probability /= rows as f32);
    Distribution {
        position,
        vocab_size,
        exact: rng.bool(),
        watched: vec![candidate(rng, vocab_size, 70)],
        sampled: candidates[0].clone(),
        candidates,
        outside: Outside { tokens: 7, probability: 0.0, sampled_probability: rng.f32() },
        entropy_bits: rng.f32() * 10.0,
        greedy: 5,
        draw: rng.f32(),
        stages: vec![SamplerStage { kind: SamplerKind::TopK, kept: 9, changed: 0 }],
        settings: SamplerSettings { seed: rng.u32(..), ..SamplerSettings::default() },
        timings: Timings::default(),
    }
}

fn candidate(rng: &mut Rng, vocab_size: u32, rank: u32) -> Candidate {
    Candidate {
        rank,
        token: token(rng, vocab_size),
        logit: (rng.f32() - 0.5) * 60.0,
        probability: rng.f32(),
        sampled_probability: rng.f32(),
        cut_by: rng.bool().then_some(SamplerKind::MinP),
    }
}

/// A token whose id is small more often than not, as in texts.
fn token(rng: &mut Rng, vocab_size: u32) -> Token {
    let id = (f64::from(vocab_size) * rng.f64().powi(3)) as u32;
    let bytes = (0..rng.usize(1..8)).map(|_| rng.u8(..)).collect();
    Token::new(id.min(vocab_size - 1), bytes, rng.u8(..30) == 0)
}

fn model_ref(rng: &mut Rng, vocab_size: u32) -> ModelRef {
    let source = match rng.u8(..5) {
        0 => Source::Demo,
        1 => Source::Hub("owner/name@0123abcd".into()),
        2 => Source::Address("https://models.example/model.gguf".into()),
        3 => Source::Files,
        _ => Source::Server,
    };
    let precision = [Precision::Auto, Precision::Q4, Precision::F32][rng.usize(..3)];
    let (format, computed_in) = ("Q8_0 + F32".to_owned(), "16 bits".to_owned());
    ModelRef { name: text(rng), source, precision, format, computed_in, vocab_size }
}

fn knobs(rng: &mut Rng) -> Knobs {
    if rng.bool() {
        return Knobs::default();
    }
    let named = vec![
        Named { text: text(rng), bias: None },
        Named { text: text(rng), bias: Some(rng.f32() * 9.0) },
    ];
    Knobs {
        rows: rng.u32(1..51),
        temperature: rng.f32() * 2.0,
        top_k: rng.u32(..100),
        top_p: rng.f32().max(0.01),
        min_p: rng.f32(),
        seed: rng.u32(..),
        steps: Steps {
            named,
            allowed: AllowedKind::Pattern,
            allowed_text: text(rng),
            repetition_penalty: 1.0 + rng.f32(),
            ..Steps::default()
        },
        scale: Scale::Log,
    }
}

fn text(rng: &mut Rng) -> String {
    (0..rng.usize(..30)).map(|_| rng.char(..)).collect()
}

fn description(rng: &mut Rng, vocab_size: u32) -> ModelDescription {
    ModelDescription {
        name: "demo".into(),
        architecture: "llama".into(),
        calls_itself: None,
        parameters: 1_000_000,
        active_parameters: rng.u64(..1_000_000),
        rereads: rng.bool(),
        precision: "Q8_0".into(),
        stored: "Q8_0".into(),
        computed_in: "16 bits".into(),
        asked: Precision::Auto,
        weight_bytes: 1_100_000,
        context_length: 512,
        vocab_size,
        device: "WebAssembly".into(),
        threads: 1,
        chat: true,
        chat_fault: None,
        system_message: false,
        thinking: String::new(),
        thinks_unasked: rng.bool(),
        elsewhere: rng.bool(),
        prompts: PromptDevice::Same,
        prompt_speeds: None,
        continuation_speeds: None,
        end_of_generation: vec![2],
    }
}
