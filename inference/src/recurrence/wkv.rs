//! RWKV-7's generalised delta rule (Peng et al., 2025, arXiv:2503.14456, section 4): a state
//! that maps keys to values, whose channels decay each at its own rate, and which is corrected
//! along one direction by a rate of each channel.

use model_files::weights::WkvNumbers;

use super::operations::{dot, product, sigmoid};

/// The sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) heads: usize,
    /// The channels of a head.
    pub(super) width: usize,
    /// The widths of the first products: of decay, rate, gate, and first values.
    pub(super) ranks: [usize; 4],
    /// Added under the root of the norm of a head's output.
    pub(super) epsilon: f32,
}

/// The exponent of the fastest decay, e^(−1/2).
const FASTEST: f32 = -0.606_530_66;

/// One token: receptance, key and value, `[inner]` each, and the first products of decay,
/// rate, gate and, but for the first layer, first values, to `[inner]`. `first_value` is the
/// token's value in the first layer, which sets it.
pub(super) fn step(
    sizes: Sizes,
    numbers: &WkvNumbers,
    projected: &[f32],
    state: &mut [f32],
    first_value: &mut [f32],
    out: &mut [f32],
) {
    let Sizes { heads, width, ranks, epsilon } = sizes;
    let inner = heads * width;
    let mut parts = projected;
    let mut take = |count: usize| {
        let (part, rest) = parts.split_at(count);
        parts = rest;
        part
    };
    let (receptance, key, value) = (take(inner), take(inner), take(inner));
    let (decay, rate, gate) = (take(ranks[0]), take(ranks[1]), take(ranks[2]));
    let [decay_up, rate_up, gate_up] = &numbers.up;
    let [decay_bias, rate_bias] = &numbers.up_bias;

    // 1. What depends on the token: decays, rates, gates.
    let decay: Vec<f32> = decay.iter().map(|x| x.tanh()).collect();
    let mut decay = product(decay_up, &decay);
    for (decay, bias) in decay.iter_mut().zip(decay_bias) {
        *decay = (FASTEST * sigmoid(*decay + bias)).exp();
    }
    let mut rate = product(rate_up, rate);
    rate.iter_mut().zip(rate_bias).for_each(|(rate, bias)| *rate = sigmoid(*rate + bias));
    let gate: Vec<f32> = gate.iter().map(|x| sigmoid(*x)).collect();
    let gate = product(gate_up, &gate);

    // 2. Values, into which those of the first layer come.
    let mut value = value.to_vec();
    match &numbers.value_up {
        None => first_value.copy_from_slice(&value),
        Some((up, bias)) => {
            let share = product(up, take(ranks[3]));
            let first = first_value.iter().zip(share).zip(bias);
            for (value, ((first, share), bias)) in value.iter_mut().zip(first) {
                *value += (first - *value) * sigmoid(share + bias);
            }
        }
    }

    // 3. The direction that is corrected, of length 1 in each head, and keys.
    let mut removal: Vec<f32> =
        key.iter().zip(&numbers.key_scale).map(|(k, scale)| k * scale).collect();
    for head in removal.chunks_exact_mut(width) {
        let length = dot(head, head).sqrt().max(1e-12);
        head.iter_mut().for_each(|x| *x /= length);
    }
    let key: Vec<f32> = key
        .iter()
        .zip(rate.iter().zip(&numbers.key_rate))
        .map(|(k, (rate, amount))| k * (1.0 + (rate - 1.0) * amount))
        .collect();

    // 4. S ← S (diag(w) − κ̂ (a ∘ κ̂)ᵀ) + v kᵀ, y = S r, for each head; a row of S is of a
    // channel of the value.
    for head in 0..heads {
        let range = head * width..(head + 1) * width;
        let (decay, rate) = (&decay[range.clone()], &rate[range.clone()]);
        let (removal, key) = (&removal[range.clone()], &key[range.clone()]);
        let receptance = &receptance[range.clone()];
        let rows = state[head * width * width..(head + 1) * width * width]
            .chunks_exact_mut(width)
            .zip(&value[range.clone()]);
        let out = &mut out[range.clone()];
        for ((row, value), out) in rows.zip(&mut *out) {
            let removed = dot(row, removal);
            let of_key = decay.iter().zip(rate).zip(removal).zip(key);
            for (kept, (((decay, rate), removal), key)) in row.iter_mut().zip(of_key) {
                *kept = *kept * decay - removed * removal * rate + value * key;
            }
            *out = dot(row, receptance);
        }

        // 5. Normalise each head, add what of the token's own value passes by, then gate.
        let mean = out.iter().sum::<f32>() / width as f32;
        let variance =
            out.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / width as f32;
        let scale = 1.0 / (variance + epsilon).sqrt();
        let bonus: f32 = receptance
            .iter()
            .zip(key)
            .zip(&numbers.bonus[range.clone()])
            .map(|((r, k), bonus)| r * k * bonus)
            .sum();
        for (channel, out) in range.zip(out) {
            let normed = (*out - mean) * scale * numbers.norm[channel]
                + numbers.norm_bias[channel];
            *out = (normed + bonus * value[channel]) * gate[channel];
        }
    }
}
