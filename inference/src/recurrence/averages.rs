//! RWKV-4's averages (Peng et al., 2023, arXiv:2305.13048, section 3): of each channel, the mean
//! of all values so far, weighted by the exponentials of their keys, which decay with every
//! token; the token's own counts by a key with a bonus.

use super::operations::sigmoid;

/// One token: receptance, key and value, `[inner]` each, to `[inner]`. The state has for each
/// channel the sum of weighted values, that of the weights, and the exponent of the factor of
/// both, [3, inner]; no weights have been summed before the first token.
pub(super) fn step(
    decay: &[f32],
    bonus: &[f32],
    projected: &[f32],
    state: &mut [f32],
    out: &mut [f32],
) {
    let inner = out.len();
    let (receptance, rest) = projected.split_at(inner);
    let (keys, values) = rest.split_at(inner);
    let (sums, rest) = state.split_at_mut(inner);
    let (weights, exponents) = rest.split_at_mut(inner);
    for channel in 0..inner {
        let (key, value) = (keys[channel], values[channel]);
        let (sum, weight) = (&mut sums[channel], &mut weights[channel]);
        let is_first = *weight == 0.0;
        let exponent = if is_first { f32::NEG_INFINITY } else { exponents[channel] };

        // Both are kept times a power that neither overflows nor vanishes.
        let own = key + bonus[channel];
        let largest = exponent.max(own);
        let (before, now) = ((exponent - largest).exp(), (own - largest).exp());
        let mean = (before * *sum + now * value) / (before * *weight + now);
        out[channel] = sigmoid(receptance[channel]) * mean;

        let decayed = exponent + decay[channel];
        let largest = decayed.max(key);
        let (before, now) = ((decayed - largest).exp(), (key - largest).exp());
        *sum = before * *sum + now * value;
        *weight = before * *weight + now;
        exponents[channel] = largest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_far_beyond_what_an_exponential_holds_weigh_values_as_they_should() {
        let (decay, bonus) = ([-0.5], [0.25]);
        let tokens: [(f32, f32); 4] =
            [(-300.0, 2.0), (200.0, -1.0), (199.0, 3.0), (-400.0, 9.0)];
        let (mut state, mut found) = (vec![0.0; 3], Vec::new());
        for (key, value) in tokens {
            let mut out = [0.0];
            // A receptance of which the sigmoid is 1.
            step(&decay, &bonus, &[50.0, key, value], &mut state, &mut out);
            found.push(f64::from(out[0]));
        }
        for (at, found) in found.into_iter().enumerate() {
            let weight = |token: usize| {
                let key = f64::from(tokens[token].0);
                if token == at { key + 0.25 } else { key - 0.5 * (at - token - 1) as f64 }
            };
            let largest = (0..=at).map(weight).fold(f64::MIN, f64::max);
            let (mut sum, mut weights) = (0.0, 0.0);
            for (token, (_, value)) in tokens[..=at].iter().enumerate() {
                let power = (weight(token) - largest).exp();
                sum += power * f64::from(*value);
                weights += power;
            }
            assert!((found - sum / weights).abs() < 1e-5, "{at}: {found}");
        }
    }
}
