//! Holds what tools beside the text showed against what can have been shown: draws, verifications,
//! growth, two engines, and bets.

use protocol::{
    Divergence, Draws, Event, GrowSettings, Sweep, SweptKnob, Verification,
    VerifiedToken, limits,
};

use crate::bounds::{
    MAX_LISTED, MAX_NAME, MAX_TEXT, Vocabulary, is_probability, lengths, must,
};
use crate::{Asked, Fault};

/// The most chips of a bet.
const MAX_CHIPS: usize = 100;

/// Checks the answer to a question of one of these tools.
pub(crate) fn check(
    asked: &Asked,
    events: &[Event],
    of: Vocabulary,
) -> Result<(), Fault> {
    match (asked, events) {
        (
            Asked::Draws { draws, .. },
            [Event::Drawn(drawn), Event::Swept(first), Event::Swept(second)],
        ) => {
            must((1..=limits::MAX_DRAWS).contains(draws), "too many draws")?;
            self::drawn(drawn, of)?;
            swept(first, SweptKnob::Temperature, of)?;
            swept(second, SweptKnob::TopP, of)
        }
        (Asked::Verify, [Event::Verified(check)]) => verification(check, of),
        (Asked::Grow { growth }, []) => grow(growth),
        (Asked::Grow { growth }, [Event::Grown(grown)]) => {
            let few = grown.ends.len() <= limits::MAX_GROW_NODES as usize
                && grown.nodes <= limits::MAX_GROW_NODES;
            must(few, "too much has grown")?;
            grow(growth)
        }
        (
            Asked::Engines { with, model, temperature, top_p, apart },
            [
                Event::Ready(other),
                Event::Distribution(first),
                Event::Distribution(second),
            ],
        ) => {
            lengths(&[with, &other.name, &other.precision, &other.device], MAX_NAME)?;
            lengths(&[model], MAX_TEXT)?;
            other_sampler(*temperature, *top_p)?;
            let others = Vocabulary { size: other.vocab_size };
            of.distribution(first)?;
            others.distribution(second)?;
            let Some(apart) = apart else { return Ok(()) };
            must(of.size == others.size, "two engines have other tokens")?;
            self::apart(apart.p.iter().chain(&apart.q), apart.entropy_bits)
        }
        (Asked::Guess { chips, player, model, .. }, []) => {
            let few = chips.len() <= MAX_LISTED
                && chips.iter().map(|chip| usize::from(*chip)).sum::<usize>()
                    <= MAX_CHIPS;
            must(few, "too many chips")?;
            must(is_bits(*player) && is_bits(*model), "a score is none")
        }
        _ => Err(Fault::invalid("an answer is of another question")),
    }
}

/// Whether a sampler can have what another one has in place of the page's.
pub(crate) fn other_sampler(
    temperature: Option<f32>,
    top_p: Option<f32>,
) -> Result<(), Fault> {
    let within = |knob: Option<f32>, most: f32| {
        knob.is_none_or(|knob| (0.0..=most).contains(&knob))
    };
    let possible = within(temperature, limits::MAX_TEMPERATURE) && within(top_p, 1.0);
    must(possible, "no sampler is like that")
}

/// Whether these can be distances of two distributions with such entropies.
pub(crate) fn apart<'a>(
    divergences: impl Iterator<Item = &'a Divergence>,
    entropy_bits: [f64; 2],
) -> Result<(), Fault> {
    let divergences = divergences.flat_map(|divergence| {
        let one_sided = [divergence.first_from_second, divergence.second_from_first];
        one_sided.into_iter().flatten().chain([divergence.jensen_shannon])
    });
    let mut numbers = entropy_bits.into_iter().chain(divergences);
    must(numbers.all(is_bits), "a divergence is none")
}

fn drawn(drawn: &Draws, of: Vocabulary) -> Result<(), Fault> {
    must(drawn.vocab_size == of.size, "draws are from another vocabulary")?;
    must(drawn.settings.check().is_ok(), "the sampler has impossible settings")?;
    let few = drawn.tokens.len() <= MAX_LISTED && drawn.draws <= limits::MAX_DRAWS;
    must(few, "too many draws")?;
    let listed = drawn.tokens.iter().map(|token| u64::from(token.draws));
    let counted = listed.sum::<u64>() + u64::from(drawn.outside_draws);
    must(counted == u64::from(drawn.draws), "draws were not counted")?;
    let outside = is_probability(drawn.outside.sampled_probability);
    let tested = drawn.chi_square.is_none_or(|test| {
        (0.0..=1e9).contains(&test.statistic)
            && test.degrees_of_freedom > 0
            && (0.0..=1.0).contains(&test.p_value)
    });
    must(outside && tested, "a count is none")?;
    drawn.tokens.iter().try_for_each(|token| of.candidate(&token.candidate))
}

fn swept(sweep: &Sweep, knob: SweptKnob, of: Vocabulary) -> Result<(), Fault> {
    must(sweep.knob == knob, "another knob was turned")?;
    must(sweep.vocab_size == of.size, "a sweep is over another vocabulary")?;
    let few = sweep.tokens.len() <= MAX_LISTED
        && sweep.points.len() <= limits::MAX_SWEEP_VALUES;
    must(few, "a sweep is too long")?;
    for token in &sweep.tokens {
        of.has(&token.token)?;
        must(is_probability(token.probability), "a probability is none")?;
    }
    for point in &sweep.points {
        let mut numbers = point.sampled_probabilities.iter().chain([&point.outside]);
        let whole = point.sampled_probabilities.len() == sweep.tokens.len()
            && point.value.is_finite()
            && numbers.all(|q| is_probability(*q));
        must(whole, "a point of a sweep is none")?;
    }
    Ok(())
}

fn verification(check: &Verification, of: Vocabulary) -> Result<(), Fault> {
    must(check.vocab_size == of.size, "a verification is of another vocabulary")?;
    lengths(&[&check.computed_by, &check.checked_by], MAX_NAME)?;
    must(check.candidates.len() <= MAX_LISTED, "too many rows")?;
    let numbers =
        [check.entropy_bits, check.reference_entropy_bits, check.divergence_nats];
    let whole = numbers.into_iter().all(is_bits)
        && (0.0..=1.0).contains(&check.largest_difference)
        && (0.0..=1e9).contains(&check.reference_ms);
    must(whole, "a verification is none")?;
    let verified = |row: &VerifiedToken| {
        of.has(&row.token)?;
        let both = [row.probability, row.reference_probability];
        let whole = both.into_iter().all(|p| is_probability(p as f32))
            && row.rank > 0
            && row.reference_rank > 0;
        must(whole, "a row is none")
    };
    check.candidates.iter().chain([&check.largest]).try_for_each(verified)
}

fn grow(growth: &GrowSettings) -> Result<(), Fault> {
    let possible = (1..=limits::MAX_GROW_DEPTH).contains(&growth.depth)
        && (1..=limits::MAX_GROW_WIDTH).contains(&growth.width)
        && (1..=limits::MAX_GROW_NODES).contains(&growth.nodes)
        && growth.mass > 0.0
        && growth.mass <= 1.0
        && (0.0..=1.0).contains(&growth.min_probability);
    must(possible, "nothing grows like that")
}

/// Whether a number can be an amount of information, as rounding leaves it.
fn is_bits(number: f64) -> bool {
    (-1e-3..=1e6).contains(&number)
}
