//! The causal mask: which positions each new token may see.

use candle_core::{Device, Result, Tensor};
use kernels::LinearBias;
use model_files::config::Config;

/// The additive mask of T new positions after `past` cached ones: 0 where the key is
/// visible and −∞ where it is later than the query or outside its window. [T, past + T],
/// or `None` if everything is visible.
pub(crate) fn causal_mask(
    past: usize,
    count: usize,
    window: Option<usize>,
    device: &Device,
) -> Result<Option<Tensor>> {
    let total = past + count;
    let window = window.unwrap_or(total);
    if count == 1 && total <= window {
        return Ok(None);
    }
    let visible = |query: usize, key: usize| key <= query && query - key < window;
    let values: Vec<f32> = (past..total)
        .flat_map(|query| {
            (0..total)
                .map(move |key| if visible(query, key) { 0.0 } else { f32::NEG_INFINITY })
        })
        .collect();
    Tensor::from_vec(values, (count, total), device).map(Some)
}

/// What is added to scores by the position of the key, for S positions: [K, G, 1, S], or
/// `None` if the model has no such biases.
pub(crate) fn linear_bias(
    config: &Config,
    positions: usize,
    device: &Device,
) -> Result<Option<Tensor>> {
    let Some(alibi) = &config.alibi else { return Ok(None) };
    let bias = LinearBias {
        slopes: &alibi.slopes,
        origin: positions.saturating_sub(1),
        rounded: alibi.rounded.then_some(config.attention.scale as f32),
    };
    let of_head = |head| (0..positions).map(move |position| bias.of(head, position));
    let values: Vec<f32> = (0..config.num_attention_heads).flat_map(of_head).collect();
    let shape = (config.num_key_value_heads, config.group_size(), 1, positions);
    Tensor::from_vec(values, shape, device).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(past: usize, count: usize, window: Option<usize>) -> Vec<String> {
        let mask = causal_mask(past, count, window, &Device::Cpu).unwrap().unwrap();
        let rows = mask.to_vec2::<f32>().unwrap();
        let mark = |v: &f32| if *v == 0.0 { 'x' } else { '.' };
        rows.iter().map(|row| row.iter().map(mark).collect()).collect()
    }

    #[test]
    fn a_token_sees_itself_and_what_precedes_it() {
        assert_eq!(rows(2, 3, None), ["xxx..", "xxxx.", "xxxxx"]);
    }

    #[test]
    fn a_window_counts_the_token_itself() {
        assert_eq!(rows(2, 3, Some(2)), [".xx..", "..xx.", "...xx"]);
        assert_eq!(rows(3, 1, Some(2)), ["..xx"]);
    }

    #[test]
    fn one_token_that_sees_all_needs_no_mask() {
        assert!(causal_mask(5, 1, None, &Device::Cpu).unwrap().is_none());
        assert!(causal_mask(5, 1, Some(6), &Device::Cpu).unwrap().is_none());
    }
}
