//! Llama, Mistral, Qwen2, Qwen3 and SmolLM3.

use super::base::{base, check_length, sliding};
use super::fields::Fields;
use super::rope;
use crate::config::{Config, LayerKind, QkNorm};
use crate::error::Result;

pub(super) fn config(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = base(architecture, fields)?;
    config.layers = layers(architecture, fields, config.num_hidden_layers)?;
    match architecture {
        // Always has biases of queries, keys and values, and never one of the output.
        "qwen2" => {
            config.attention.qkv_bias = true;
            config.attention.output_bias = false;
        }
        "qwen3" => config.attention.qk_norm = QkNorm::Heads,
        "smollm3" => {
            let defaults = rope::Defaults { theta: 2_000_000.0, ..Default::default() };
            let context = config.context_length;
            config.rope = rope::config(fields, config.head_dim, context, defaults)?;
            config.tie_word_embeddings.get_or_insert(true);
        }
        _ => (),
    }
    Ok(config)
}

fn layers(
    architecture: &str,
    fields: Fields<'_>,
    count: usize,
) -> Result<Vec<LayerKind>> {
    let sliding = sliding(fields, count)?;
    let marks: Option<Vec<u8>> = fields.get("no_rope_layers")?;
    if let Some(marks) = &marks {
        check_length("no_rope_layers", marks.len(), count)?;
    }
    // Only Mistral has a window without `use_sliding_window`.
    let slides = fields.get("use_sliding_window")?.unwrap_or(architecture == "mistral");
    let window: Option<usize> = fields.get("sliding_window")?;
    let window = window.filter(|_| slides && architecture != "llama");
    let interval: usize = fields.get("no_rope_layer_interval")?.unwrap_or(4);
    let first_sliding: usize = fields.get("max_window_layers")?.unwrap_or(28);
    let kind = |i: usize| {
        // A 1 in the list marks a layer with rotary embedding.
        let rope = match (&marks, architecture) {
            (Some(marks), "smollm3") => marks[i] != 0,
            (None, "smollm3") => interval == 0 || !(i + 1).is_multiple_of(interval),
            _ => true,
        };
        let sliding = match (&sliding, architecture) {
            (_, "mistral") => true,
            (Some(sliding), _) => sliding[i],
            (None, "smollm3") => !rope,
            (None, _) => i >= first_sliding,
        };
        LayerKind { rope, window: window.filter(|_| sliding), ..LayerKind::ATTENTION }
    };
    Ok((0..count).map(kind).collect())
}
