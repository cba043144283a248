//! Random answers of the tools that try out the sampler, verify, grow, compare engines, and bet.

use fastrand::Rng;
use protocol::{
    ChiSquare, DrawnToken, Draws, Event, GrowMode, GrowSettings, Growth,
    ModelDescription, Outside, SamplerSettings, Sweep, SweepPoint, SweptKnob, SweptToken,
    Verification, VerifiedToken,
};
use sharing::{Answered, Apart, Asked};

use super::answers::{divergence, double, timings};
use super::{candidate, description, distribution, text, token};

/// What each of these tools shows.
pub(super) fn answers(rng: &mut Rng, vocab_size: u32) -> Vec<Answered> {
    vec![
        draws(rng, vocab_size),
        verify(rng, vocab_size),
        grow(rng),
        engines(rng, vocab_size),
        guess(rng),
    ]
}

fn draws(rng: &mut Rng, vocab_size: u32) -> Answered {
    let mut counts = Vec::new();
    let tokens = (1..rng.u32(2..12)).map(|rank| {
        let draws = rng.u32(..90);
        counts.push(draws);
        DrawnToken { candidate: candidate(rng, vocab_size, rank), draws }
    });
    let tokens: Vec<DrawnToken> = tokens.collect();
    let outside_draws = rng.u32(..9);
    let drawn = Draws {
        position: rng.u32(..300),
        vocab_size,
        draws: counts.iter().sum::<u32>() + outside_draws,
        distinct: rng.u32(1..40),
        tokens,
        outside: Outside {
            tokens: 9,
            probability: rng.f32(),
            sampled_probability: rng.f32(),
        },
        outside_draws,
        chi_square: rng.bool().then(|| ChiSquare {
            statistic: double(rng) * 30.0,
            degrees_of_freedom: rng.u32(1..12),
            p_value: double(rng),
        }),
        settings: SamplerSettings { seed: rng.u32(..), ..SamplerSettings::default() },
        timings: timings(rng),
    };
    let temperature = sweep(rng, vocab_size, SweptKnob::Temperature);
    let top_p = sweep(rng, vocab_size, SweptKnob::TopP);
    Answered {
        to: Asked::Draws { draws: rng.u32(1..100_000), round: rng.u32(..) },
        events: vec![
            Event::Drawn(Box::new(drawn)),
            Event::Swept(Box::new(temperature)),
            Event::Swept(Box::new(top_p)),
        ],
    }
}

fn sweep(rng: &mut Rng, vocab_size: u32, knob: SweptKnob) -> Sweep {
    let tokens = rng.usize(1..7);
    let point = |rng: &mut Rng| SweepPoint {
        value: rng.f32() * 2.0,
        kept: rng.u32(1..vocab_size),
        sampled_probabilities: (0..tokens).map(|_| rng.f32()).collect(),
        outside: rng.f32(),
    };
    Sweep {
        position: rng.u32(..300),
        vocab_size,
        knob,
        points: (0..8).map(|_| point(rng)).collect(),
        tokens: (0..tokens)
            .map(|_| SweptToken { token: token(rng, vocab_size), probability: rng.f32() })
            .collect(),
        settings: SamplerSettings { seed: rng.u32(..), ..SamplerSettings::default() },
        timings: timings(rng),
    }
}

fn verify(rng: &mut Rng, vocab_size: u32) -> Answered {
    let verified = |rng: &mut Rng| VerifiedToken {
        token: token(rng, vocab_size),
        rank: rng.u32(1..vocab_size),
        reference_rank: rng.u32(1..vocab_size),
        probability: double(rng),
        reference_probability: double(rng),
    };
    let check = Verification {
        position: rng.u32(..300),
        vocab_size,
        computed_by: text(rng),
        checked_by: text(rng),
        largest: verified(rng),
        largest_difference: double(rng),
        entropy_bits: double(rng) * 15.0,
        reference_entropy_bits: double(rng) * 15.0,
        divergence_nats: double(rng),
        same_first: rng.bool(),
        changed_ranks: rng.u32(..9),
        largest_rank_shift: rng.u32(..9),
        candidates: (0..rng.usize(1..20)).map(|_| verified(rng)).collect(),
        timings: timings(rng),
        reference_ms: rng.f32() * 900.0,
    };
    Answered { to: Asked::Verify, events: vec![Event::Verified(Box::new(check))] }
}

fn grow(rng: &mut Rng) -> Answered {
    let growth = GrowSettings {
        mode: [GrowMode::Tree, GrowMode::Beam][rng.usize(..2)],
        depth: rng.u32(1..33),
        width: rng.u32(1..17),
        mass: 1.0 - rng.f32(),
        min_probability: rng.f32(),
        nodes: rng.u32(1..513),
    };
    let (nodes, limited) = (rng.u32(..512), rng.bool());
    let grown =
        Growth { ends: vec![rng.u32(..9)], nodes, limited, timings: timings(rng) };
    let events = rng.bool().then_some(Event::Grown(grown));
    Answered { to: Asked::Grow { growth }, events: events.into_iter().collect() }
}

fn engines(rng: &mut Rng, vocab_size: u32) -> Answered {
    let apart = rng.bool().then(|| Apart {
        p: rng.bool().then(|| divergence(rng)),
        q: rng.bool().then(|| divergence(rng)),
        entropy_bits: [double(rng) * 15.0, double(rng) * 15.0],
    });
    let others = if apart.is_some() { vocab_size } else { vocab_size + 7 };
    let model: ModelDescription = description(rng, others);
    let to = Asked::Engines {
        with: ["q4", "f32", "model", "place"][rng.usize(..4)].into(),
        model: text(rng),
        temperature: rng.bool().then(|| rng.f32() * 2.0),
        top_p: rng.bool().then(|| rng.f32()),
        apart,
    };
    let position = rng.u32(..300);
    let events = vec![
        Event::Ready(model),
        Event::Distribution(distribution(rng, vocab_size, position)),
        Event::Distribution(distribution(rng, others, position)),
    ];
    Answered { to, events }
}

fn guess(rng: &mut Rng) -> Answered {
    let to = Asked::Guess {
        chips: (0..rng.usize(..9)).map(|_| rng.u8(..2)).collect(),
        revealed: rng.bool(),
        rounds: rng.u32(..99),
        player: double(rng) * 50.0,
        model: double(rng) * 50.0,
    };
    Answered { to, events: Vec::new() }
}
