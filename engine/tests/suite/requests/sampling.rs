//! The sampler's knobs, many draws and sweeps: what they give, and that no knob costs a pass.

use super::*;
use protocol::{AllowedTexts, SamplerKind, SamplerOrder, SweptKnob, TokenBias};

fn forward_tokens(engine: &Engine<u8>) -> u64 {
    engine.session().unwrap().forward_tokens()
}

fn choices(texts: &[&str]) -> Option<AllowedTexts> {
    Some(AllowedTexts::Choices(texts.iter().map(|text| (*text).to_owned()).collect()))
}

/// What is drawn by a generation, and how it ends.
fn written(engine: &mut Engine<u8>, settings: SamplerSettings) -> (Vec<u8>, Event) {
    let command = Command::Generate {
        ids: vec![20, 21],
        settings,
        max_new_tokens: 20,
        candidates: 3,
    };
    let mut events = ask(engine, command);
    let last = events.pop().unwrap();
    let tokens = events.into_iter().filter_map(|event| match event {
        Event::Token(seen) if !seen.sampled.token.special => {
            Some(seen.sampled.token.bytes)
        }
        _ => None,
    });
    (tokens.flatten().collect(), last)
}

#[test]
fn no_knob_and_no_draw_costs_a_forward_pass() {
    let mut engine = engine(Kind::Instruct);
    let ids = vec![20, 21, 20];
    let first = distribution(&mut engine, next(&ids));
    let passed = forward_tokens(&engine);
    let knobs = [
        SamplerSettings { order: SamplerOrder::TemperatureLast, top_k: 9, ..settings() },
        SamplerSettings { typical_p: 0.5, ..settings() },
        SamplerSettings { repetition_penalty: 1.5, ..settings() },
        SamplerSettings { presence_penalty: 1.0, frequency_penalty: 0.5, ..settings() },
        SamplerSettings { banned: vec![first.greedy], ..settings() },
        SamplerSettings {
            logit_bias: vec![TokenBias { id: 7, bias: 100.0 }],
            ..settings()
        },
        SamplerSettings { allowed: choices(&["a", "b"]), ..settings() },
    ];
    for knob in knobs {
        let seen = distribution(&mut engine, next_with(&ids, knob.clone()));
        assert_eq!(seen.settings, knob);
        assert!(!seen.stages.is_empty(), "{knob:?}");
        // p is the model's own, whatever is drawn from.
        let p = |seen: &Distribution| -> Vec<f32> {
            seen.candidates.iter().map(|candidate| candidate.probability).collect()
        };
        assert_eq!(p(&seen), p(&first));
        assert!(seen.candidates != first.candidates || seen.sampled != first.sampled);
    }
    let (draws, candidates) = (limits::MAX_DRAWS, 50);
    let command =
        Command::Draw { ids: ids.clone(), settings: settings(), draws, candidates };
    let Event::Drawn(drawn) = answer(&mut engine, command) else { panic!() };
    assert_eq!(drawn.draws, draws);
    // Of a fair sampler, one in a million tests is so far off.
    assert!(drawn.chi_square.unwrap().p_value > 1e-6);
    let command = Command::Sweep {
        ids: ids.clone(),
        settings: settings(),
        knob: SweptKnob::Temperature,
        values: vec![0.0, 0.5, 1.0],
        candidates: 5,
    };
    let Event::Swept(swept) = answer(&mut engine, command) else { panic!() };
    let q: Vec<f32> =
        first.candidates.iter().map(|token| token.sampled_probability).collect();
    assert_eq!(swept.points[2].sampled_probabilities, q);
    assert_eq!(forward_tokens(&engine), passed);
    assert_eq!(
        (drawn.timings.forward_tokens, swept.timings.forward_tokens),
        (passed, passed)
    );
}

#[test]
fn a_generation_writes_one_of_the_allowed_texts_and_ends() {
    let mut engine = engine(Kind::Instruct);
    let texts = ["red", "blue", "re"];
    for seed in 0..20 {
        let settings = SamplerSettings {
            seed,
            temperature: 2.0,
            allowed: choices(&texts),
            ..settings()
        };
        let (text, last) = written(&mut engine, settings);
        let text = String::from_utf8(text).unwrap();
        assert!(texts.contains(&text.as_str()), "{text:?}");
        let reason = FinishReason::EndOfText;
        assert!(matches!(last, Event::Finished { reason: seen, .. } if seen == reason));
    }
    let pattern = Some(AllowedTexts::Pattern("[0-9]{2,4}".into()));
    let settings = SamplerSettings { allowed: pattern, ..settings() };
    let (text, _) = written(&mut engine, settings);
    assert!((2..=4).contains(&text.len()) && text.iter().all(u8::is_ascii_digit));
}

#[test]
fn allowed_texts_go_on_after_the_prompt() {
    let mut engine = engine(Kind::Instruct);
    let tokens = |engine: &mut Engine<u8>, text: &str| -> Vec<TokenId> {
        let options = Default::default();
        match answer(engine, Command::Tokenize { text: text.into(), options }) {
            Event::Tokenized { tokens } => tokens.iter().map(|token| token.id).collect(),
            other => panic!("{other:?}"),
        }
    };
    let ids = tokens(&mut engine, "x");
    let prompt = ids.len() as u32;
    let kept = |engine: &mut Engine<u8>, text: &str, prompt_tokens| {
        let ids = tokens(engine, text);
        let allowed = choices(&["ab", "ac"]);
        let settings = SamplerSettings { allowed, prompt_tokens, ..settings() };
        let seen = distribution(engine, next_with(&ids, settings));
        let stage = seen.stages[0];
        assert_eq!(stage.kind, SamplerKind::Allowed);
        stage.kept
    };
    // The model's tokens are bytes; two of them end a text.
    assert_eq!(kept(&mut engine, "x", None), 1);
    assert_eq!(kept(&mut engine, "xa", None), 1);
    assert_eq!(kept(&mut engine, "xa", Some(prompt)), 2);
    assert_eq!(kept(&mut engine, "xac", Some(prompt)), 2);
    assert_eq!(kept(&mut engine, "xz", Some(prompt)), 0);
    // Nothing can be drawn there: a generation says so.
    let ids = tokens(&mut engine, "xz");
    let settings = SamplerSettings {
        allowed: choices(&["ab"]),
        prompt_tokens: Some(prompt),
        ..settings()
    };
    let generate = Command::Generate { ids, settings, max_new_tokens: 3, candidates: 1 };
    assert_eq!(failure(&mut engine, generate), ErrorCode::NothingToDraw);
}

#[test]
fn penalties_of_a_generation_count_what_it_wrote_itself() {
    let mut engine = engine(Kind::Instruct);
    let settings = SamplerSettings {
        temperature: 0.0,
        presence_penalty: 2.0,
        frequency_penalty: 2.0,
        ..settings()
    };
    let ids = vec![20, 21];
    let command = Command::Generate {
        ids: ids.clone(),
        settings: settings.clone(),
        max_new_tokens: 4,
        candidates: 3,
    };
    let events = ask(&mut engine, command);
    let mut text = ids;
    let mut compared = 0;
    for event in &events {
        let Event::Token(seen) = event else { continue };
        let written = text.len() - 2;
        let changed: Vec<u32> =
            seen.stages[..2].iter().map(|stage| stage.changed).collect();
        let mut distinct = text[2..].to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(changed, [distinct.len() as u32; 2], "after {written} tokens");
        // Asked for by itself, with the prompt's length, it is the same.
        let settings = SamplerSettings { prompt_tokens: Some(2), ..settings.clone() };
        let alone = distribution(&mut engine, next_with(&text, settings));
        assert_eq!(alone.sampled.token, seen.sampled.token);
        text.push(seen.sampled.token.id);
        compared += 1;
    }
    assert!(compared > 1);
}

#[test]
fn settings_that_cannot_be_used_are_refused_with_words() {
    let mut engine = engine(Kind::Instruct);
    let sweep = |knob, values| Command::Sweep {
        ids: vec![10],
        settings: settings(),
        knob,
        values,
        candidates: 5,
    };
    let draw = |draws| Command::Draw {
        ids: vec![10],
        settings: settings(),
        draws,
        candidates: 5,
    };
    let with = |settings| next_with(&[10], settings);
    let pattern = |pattern: &str| SamplerSettings {
        allowed: Some(AllowedTexts::Pattern(pattern.into())),
        ..settings()
    };
    let bias = TokenBias { id: 259, bias: 1.0 };
    for (command, code) in [
        (draw(0), ErrorCode::InvalidSettings),
        (draw(limits::MAX_DRAWS + 1), ErrorCode::InvalidSettings),
        (sweep(SweptKnob::TopP, vec![]), ErrorCode::InvalidSettings),
        (sweep(SweptKnob::TopP, vec![0.0]), ErrorCode::InvalidSettings),
        (sweep(SweptKnob::TypicalP, vec![1.1]), ErrorCode::InvalidSettings),
        (sweep(SweptKnob::Temperature, vec![1.0; 65]), ErrorCode::InvalidSettings),
        (with(pattern("(a")), ErrorCode::InvalidSettings),
        (with(pattern(r"[^\s\S]")), ErrorCode::InvalidSettings),
        (
            with(SamplerSettings { banned: vec![259], ..settings() }),
            ErrorCode::InvalidToken,
        ),
        (
            with(SamplerSettings { logit_bias: vec![bias], ..settings() }),
            ErrorCode::InvalidToken,
        ),
    ] {
        let case = format!("{command:.200?}");
        assert_eq!(failure(&mut engine, command), code, "{case}");
    }
    assert_eq!(forward_tokens(&engine), 0);
}
