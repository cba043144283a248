//! A real model as a person meets it, SmolLM2-135M-Instruct in Q4_1: tokens, distributions,
//! scores and a chat in the default precision, against what transformers says in f32.

use std::sync::LazyLock;

use accuracy::{Differences, PRECISE, Reference, Score};
use engine::{Clock, Engine, Session};
use model_files::{ModelFiles, WeightFiles};
use protocol::{Command, Event, Message, Precision, Role, SamplerSettings};

use crate::common::tiny::{answer, ask, on_cpu};

/// How far a probability of a distribution's first tokens may be from f32.
const TOLERANCE: f64 = 0.002;

/// The same for the logarithm of tokens so far down that the one above says nothing of them.
const RELATIVE_TOLERANCE: f64 = 0.05;

static GREEDY: LazyLock<SamplerSettings> =
    LazyLock::new(|| SamplerSettings { temperature: 0.0, ..SamplerSettings::default() });

/// An engine with the model, and the reference.
fn loaded() -> Option<(Engine<u8>, Reference)> {
    let reference = test_support::data("smollm2/real-model-reference.json")?;
    let file = std::fs::read(test_support::real_model()?).unwrap();
    let files = ModelFiles {
        name: "SmolLM2-135M-Instruct".into(),
        weights: WeightFiles::Gguf(Box::new(file)),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    };
    let options = on_cpu(Precision::Auto);
    let session = Session::load(files, &options, &mut |_| ()).unwrap();
    let clock = Clock { monotonic_ms: || 0.0, unix_seconds: || 1_767_225_600 };
    let mut engine = Engine::with_limits(clock, engine::Limits::default());
    engine.set_session(session, &mut |_, _| ());
    Some((engine, Reference::read(&reference).unwrap()))
}

/// The scores of the ids from the second on.
fn scores(engine: &mut Engine<u8>, ids: &[u32]) -> Vec<Score> {
    let Event::Scored { tokens, .. } = answer(engine, Command::Score { ids: ids.into() })
    else {
        panic!("no scores")
    };
    tokens.iter().filter_map(|token| token.score.map(Score::from)).collect()
}

#[test]
fn prompts_have_the_tokens_and_the_distributions_of_transformers() {
    let Some((mut engine, reference)) = loaded() else { return };
    for prompt in &reference.prompts {
        let text = prompt.text.clone();
        let Event::Tokenized { tokens } =
            answer(&mut engine, Command::Tokenize { text, options: Default::default() })
        else {
            panic!("no tokens")
        };
        let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
        assert_eq!(ids, prompt.ids, "{:?}", prompt.text);
        let watch: Vec<u32> = prompt.next.top.iter().map(|top| top.id).collect();
        let command =
            Command::NextToken { ids, settings: GREEDY.clone(), candidates: 20, watch };
        let Event::Distribution(next) = answer(&mut engine, command) else {
            panic!("no distribution")
        };
        let entropy = f64::from(next.entropy_bits) - prompt.next.entropy_bits;
        println!("{:?}: entropy {entropy:+.5} bit", prompt.text);
        assert!(entropy.abs() <= 4.0 * PRECISE.mean_entropy_bits, "{entropy}");
        for (actual, top) in next.watched.iter().zip(&prompt.next.top) {
            let probability = f64::from(actual.probability);
            assert!((probability - top.probability).abs() <= TOLERANCE, "{top:?}");
            let ratio = (probability / top.probability).ln();
            assert!(ratio.abs() <= RELATIVE_TOLERANCE, "{top:?}: {ratio}");
        }
        assert_eq!(next.greedy, prompt.next.top[0].id);
    }
}

#[test]
fn the_scores_of_prose_are_those_of_f32() {
    let Some((mut engine, reference)) = loaded() else { return };
    let found = scores(&mut engine, &reference.text.ids);
    let found = Differences::between(&found, &reference.text.score);
    println!("{found}");
    PRECISE.check(&found).unwrap();
}

#[test]
fn asked_for_the_capital_of_france_a_real_model_says_paris() {
    let Some((mut engine, _)) = loaded() else { return };
    let content = "What is the capital of France?".into();
    let command = Command::Chat {
        messages: vec![Message { role: Role::User, content }],
        continue_final_message: false,
        template_variables: Default::default(),
        settings: GREEDY.clone(),
        max_new_tokens: 40,
        candidates: 1,
    };
    let events = ask(&mut engine, command);
    let reply = events.iter().filter_map(|event| match event {
        Event::Token(distribution) if !distribution.sampled.token.special => {
            Some(distribution.sampled.token.bytes.as_slice())
        }
        _ => None,
    });
    let reply = String::from_utf8(reply.collect::<Vec<_>>().concat()).unwrap();
    println!("{reply}");
    assert!(reply.contains("Paris"), "{reply}");
    assert!(matches!(events.last(), Some(Event::Finished { .. })));
}
