//! Typical-p: keeps the tokens that carry about as much information as is expected.

/// Which of some tokens are kept: the fewest whose surprisal is nearest to the entropy and
/// whose probabilities reach `mass`, and those that are as near as the last of them (Meister
/// et al., 2022, arXiv:2202.00666; transformers' `TypicalLogitsWarper`). The temperature is
/// above 0.
pub(super) fn typical(logits: &[f32], mass: f32, temperature: f32) -> Vec<bool> {
    let temperature = f64::from(temperature);
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scaled = logits.iter().map(|logit| {
        // Both are finite in f64; their difference at the lowest temperature is, too.
        (f64::from(*logit) - f64::from(highest)) / temperature
    });
    let scaled: Vec<f64> = scaled.collect();
    let log_sum = scaled.iter().map(|x| x.exp()).sum::<f64>().ln();
    let probability = |place: usize| (scaled[place] - log_sum).exp();
    let entropy: f64 = (0..scaled.len())
        .map(|place| probability(place) * (log_sum - scaled[place]))
        // A probability of 0 counts nothing, however large its surprisal.
        .filter(|part| part.is_finite())
        .sum();
    let distance = |place: usize| ((log_sum - scaled[place]) - entropy).abs();
    let mut order: Vec<usize> = (0..scaled.len()).collect();
    order.sort_unstable_by(|a, b| distance(*a).total_cmp(&distance(*b)).then(a.cmp(b)));
    let mut sum = 0.0;
    let last = order.iter().find(|place| {
        sum += probability(**place);
        sum >= f64::from(mass)
    });
    let Some(last) = last else { return vec![true; scaled.len()] };
    let farthest = distance(*last);
    (0..scaled.len()).map(|place| distance(place) <= farthest).collect()
}
