//! The numbers of an engine elsewhere are those of our own.

use protocol::{
    Candidate, Command, Distribution, Event, GrowMode, GrowSettings, Message, Role,
    SamplerKind, SamplerSettings, SweptKnob, TokenBias, TokenId,
};
use stand_in_upstream::{Behaviour, Dialect};

use crate::support::{Asked, Elsewhere, session};

const DIALECTS: [Dialect; 4] =
    [Dialect::Vllm, Dialect::Sglang, Dialect::LlamaCpp, Dialect::OpenAi];

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-5
}

pub(crate) fn same_candidates(a: &[Candidate], b: &[Candidate]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert_eq!(a.token, b.token);
        assert!(close(a.probability, b.probability), "{a:?} {b:?}");
        assert!(close(a.sampled_probability, b.sampled_probability), "{a:?} {b:?}");
    }
}

/// Whether two distributions agree in all that both tell.
fn same(seen: &Distribution, direct: &Distribution) {
    same_candidates(&seen.candidates, &direct.candidates);
    same_candidates(&seen.watched, &direct.watched);
    for (a, b) in seen
        .candidates
        .iter()
        .chain(&seen.watched)
        .zip(direct.candidates.iter().chain(&direct.watched))
    {
        // Below the list, a rank is the highest that it can be.
        assert!(a.rank == b.rank || (!seen.exact && a.rank < b.rank), "{a:?} {b:?}");
    }
    assert_eq!(seen.sampled.token, direct.sampled.token);
    assert_eq!((seen.draw, seen.greedy), (direct.draw, direct.greedy));
    assert_eq!((seen.vocab_size, seen.position), (direct.vocab_size, direct.position));
    assert!(close(seen.outside.probability, direct.outside.probability));
    let apart = seen.entropy_bits - direct.entropy_bits;
    match seen.exact {
        true => assert!(apart.abs() < 1e-4, "{apart}"),
        false => assert!(apart < 1e-4, "the bound is {apart} too high"),
    }
}

/// Samplers that keep within the twenty most probable tokens of the tiny model's.
fn narrow() -> Vec<SamplerSettings> {
    let base = SamplerSettings::default();
    vec![
        SamplerSettings { temperature: 0.0, ..base.clone() },
        SamplerSettings { top_k: 5, seed: 3, ..base.clone() },
        SamplerSettings {
            top_k: 10,
            top_p: 0.7,
            temperature: 1.3,
            seed: 9,
            ..base.clone()
        },
        SamplerSettings { temperature: 1.0, top_p: 0.01, seed: 2, ..base },
    ]
}

/// Samplers that need all tokens.
fn wide() -> Vec<SamplerSettings> {
    let base = SamplerSettings { seed: 7, ..SamplerSettings::default() };
    let bias = TokenBias { id: 50, bias: 4.0 };
    vec![
        base.clone(),
        SamplerSettings { typical_p: 0.8, ..base.clone() },
        SamplerSettings { top_p: 0.9, ..base.clone() },
        SamplerSettings { logit_bias: vec![bias], banned: vec![60], ..base.clone() },
        SamplerSettings { presence_penalty: 0.7, frequency_penalty: 0.3, ..base },
    ]
}

fn texts() -> Vec<Vec<TokenId>> {
    vec![vec![10, 11, 12], vec![10, 11, 12, 13], vec![10], (40..90).collect()]
}

#[test]
fn whole_distributions_are_the_same_in_every_dialect_that_tells_them() {
    let mut direct = Asked::new(session());
    for dialect in [Dialect::Vllm, Dialect::Sglang, Dialect::LlamaCpp] {
        let elsewhere = Elsewhere::start([Behaviour::of(dialect)]);
        let mut seen = elsewhere.connect(&elsewhere.settings()).unwrap();
        for ids in texts() {
            for settings in wide().iter().chain(&narrow()) {
                let there = seen.distribution(&ids, settings, &[200, 7]);
                same(&there, &direct.distribution(&ids, settings, &[200, 7]));
                let listed =
                    |stage: &protocol::SamplerStage| stage.kind == SamplerKind::Listed;
                assert!(!there.stages.iter().any(listed), "{:?}", there.stages);
            }
        }
        let whole = wide().remove(0);
        assert!(seen.distribution(&[10, 11], &whole, &[]).exact);
    }
}

#[test]
fn lists_of_twenty_draw_the_same_tokens_where_the_sampler_keeps_within_them() {
    let mut direct = Asked::new(session());
    for dialect in DIALECTS {
        for (names, scores) in [(true, true), (false, true)] {
            let most_listed = Some(if dialect == Dialect::OpenAi { 30 } else { 20 });
            let behaviour =
                Behaviour { most_listed, names, scores, ..Behaviour::of(dialect) };
            let elsewhere = Elsewhere::start([behaviour]);
            let mut seen = elsewhere.connect(&elsewhere.settings()).unwrap();
            // Those that have no way to tell of others are not asked of them.
            let tells = !matches!(dialect, Dialect::OpenAi | Dialect::LlamaCpp)
                && (names || scores);
            let watch: &[TokenId] = if tells { &[200, 7] } else { &[] };
            for ids in texts() {
                for settings in narrow() {
                    let there = seen.distribution(&ids, &settings, watch);
                    assert!(!there.exact);
                    same(&there, &direct.distribution(&ids, &settings, watch));
                }
            }
            let there = seen.distribution(&[10, 11], &wide()[0], &[]);
            let listed =
                there.stages.iter().find(|stage| stage.kind == SamplerKind::Listed);
            assert_eq!(listed.map(|stage| stage.kept), Some(20), "{dialect:?}");
        }
    }
}

#[test]
fn generated_tokens_words_trees_draws_and_sweeps_are_the_same() {
    let mut direct = Asked::new(session());
    for dialect in [Dialect::Vllm, Dialect::Sglang, Dialect::LlamaCpp] {
        let elsewhere = Elsewhere::start([Behaviour::of(dialect)]);
        let mut seen = elsewhere.connect(&elsewhere.settings()).unwrap();
        let settings = SamplerSettings { seed: 4, ..SamplerSettings::default() };
        let messages = vec![Message { role: Role::User, content: "a b".into() }];
        let growth = |mode| GrowSettings {
            mode,
            depth: 3,
            width: 3,
            mass: 1.0,
            min_probability: 0.0,
            nodes: 20,
        };
        let ids: Vec<TokenId> = vec![50, 51, 52];
        let texts = vec!["ab".into(), "xyz".into()];
        let commands = [
            Command::Generate {
                ids: ids.clone(),
                settings: settings.clone(),
                max_new_tokens: 8,
                candidates: 3,
            },
            Command::Chat {
                messages,
                continue_final_message: false,
                template_variables: Default::default(),
                settings: settings.clone(),
                max_new_tokens: 4,
                candidates: 2,
            },
            Command::LookUp { ids: ids.clone(), texts, settings: settings.clone() },
            Command::Grow { ids: ids.clone(), growth: growth(GrowMode::Tree) },
            Command::Grow { ids: ids.clone(), growth: growth(GrowMode::Beam) },
            Command::Draw {
                ids: ids.clone(),
                settings: settings.clone(),
                draws: 500,
                candidates: 5,
            },
            Command::Sweep {
                ids: ids.clone(),
                settings: settings.clone(),
                knob: SweptKnob::Temperature,
                values: vec![0.0, 0.5, 1.0, 1.7],
                candidates: 5,
            },
            Command::LogProbabilities { ids: ids.clone() },
        ];
        for command in commands {
            let events = |asked: &mut Asked| {
                let mut events = asked.ask(command.clone());
                events.retain(|event| !matches!(event, Event::Progress(_)));
                events
            };
            let (there, here) = (events(&mut seen), events(&mut direct));
            assert_eq!(there.len(), here.len(), "{there:?} {here:?}");
            for (there, here) in there.iter().zip(&here) {
                same_event(there, here);
            }
        }
    }
}

fn same_event(there: &Event, here: &Event) {
    match (there, here) {
        (Event::Token(there), Event::Token(here)) => same(there, here),
        (Event::Finished { reason: there, .. }, Event::Finished { reason: here, .. }) => {
            assert_eq!(there, here);
        }
        (Event::Word(there), Event::Word(here)) => {
            assert_eq!(
                (there.text, there.form, there.length),
                (here.text, here.form, here.length)
            );
            same_candidates(&there.tokens, &here.tokens);
            assert!((there.log_probability - here.log_probability).abs() < 1e-4);
        }
        (Event::LookedUp(there), Event::LookedUp(here)) => {
            assert_eq!(there.words.len(), here.words.len());
        }
        (Event::Nodes { nodes: there }, Event::Nodes { nodes: here }) => {
            for (there, here) in there.iter().zip(here) {
                assert_eq!((there.node, &there.token), (here.node, &here.token));
                assert!((there.log_probability - here.log_probability).abs() < 1e-4);
                assert!(close(there.score.margin, here.score.margin));
            }
        }
        (Event::Grown(there), Event::Grown(here)) => assert_eq!(there.ends, here.ends),
        (Event::Drawn(there), Event::Drawn(here)) => {
            let counts = |drawn: &protocol::Draws| -> Vec<(TokenId, u32)> {
                drawn.tokens.iter().map(|t| (t.candidate.token.id, t.draws)).collect()
            };
            assert_eq!(counts(there), counts(here));
            assert_eq!(there.outside_draws, here.outside_draws);
        }
        (Event::Swept(there), Event::Swept(here)) => {
            for (there, here) in there.points.iter().zip(&here.points) {
                assert_eq!(there.kept, here.kept);
                let pairs =
                    there.sampled_probabilities.iter().zip(&here.sampled_probabilities);
                pairs.for_each(|(a, b)| assert!(close(*a, *b)));
            }
        }
        (Event::LogProbabilities(there), Event::LogProbabilities(here)) => {
            let pairs = there.values().unwrap().into_iter().zip(here.values().unwrap());
            pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-4));
        }
        (there, here) => assert_eq!(there, here),
    }
}

#[test]
fn texts_are_scored_at_once_or_place_by_place() {
    let ids: Vec<TokenId> = (40..80).collect();
    let scored =
        |asked: &mut Asked| match asked.answer(Command::Score { ids: ids.clone() }) {
            Event::Scored { tokens, .. } => tokens,
            other => panic!("{other:?}"),
        };
    let here = scored(&mut Asked::new(session()));
    for (dialect, most_listed) in [
        (Dialect::Vllm, None),
        (Dialect::Vllm, Some(20)),
        (Dialect::Sglang, None),
        (Dialect::LlamaCpp, None),
    ] {
        let behaviour = Behaviour { most_listed, ..Behaviour::of(dialect) };
        let elsewhere = Elsewhere::start([behaviour]);
        let mut seen = elsewhere.connect(&elsewhere.settings()).unwrap();
        let there = scored(&mut seen);
        assert_eq!(there.len(), here.len());
        assert!(there[0].score.is_none());
        for (there, here) in there.iter().zip(&here).skip(1) {
            assert_eq!(there.token, here.token);
            assert_eq!(there.expected, here.expected);
            let (a, b) = (there.score.unwrap(), here.score.unwrap());
            assert!(close(a.probability, b.probability) && close(a.margin, b.margin));
            assert!(close(a.best_probability, b.best_probability));
            assert!((a.surprisal_bits - b.surprisal_bits).abs() < 1e-3);
            assert!(a.entropy_bits < b.entropy_bits + 1e-3);
            assert_eq!((a.exact, b.exact), (most_listed.is_none(), true));
            if most_listed.is_none() {
                assert_eq!(a.rank, b.rank);
                assert!((a.entropy_bits - b.entropy_bits).abs() < 1e-3, "{a:?} {b:?}");
            }
        }
    }
}
