//! Members of OpenAI's API, and of other servers with that API, that are not supported. Each
//! can only have the value that has no effect.

use serde_json::{Value, json};

use crate::http::error::ApiError;
use crate::http::members::Members;

/// Members that do not change the answer, whatever their value.
const IGNORED: [&str; 12] = [
    "user",
    "metadata",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prediction",
    "parallel_tool_calls",
    "cache_prompt",
    "keep_alive",
    "priority",
];

/// Members of other servers that are unknown here, and the value by which each is off, which
/// their clients send along.
const OFF: [(&str, IsDefault); 21] = [
    ("dry_multiplier", is_zero),
    ("early_stopping", is_false),
    ("epsilon_cutoff", is_zero),
    ("eta_cutoff", is_zero),
    ("guidance_scale", is_one),
    ("include_stop_str_in_output", is_false),
    ("length_penalty", is_one),
    ("mirostat", is_zero),
    ("mirostat_mode", is_zero),
    ("n_predict", is_minus_one),
    ("no_repeat_ngram_size", is_zero),
    ("num_beams", is_one),
    ("return_tokens_as_token_ids", is_false),
    ("skip_special_tokens", is_true),
    ("smoothing_factor", is_zero),
    ("spaces_between_special_tokens", is_true),
    ("tfs", is_one),
    ("tfs_z", is_one),
    ("top_a", is_zero),
    ("use_beam_search", is_false),
    ("xtc_probability", is_zero),
];

/// Whether a value has no effect.
pub(super) type IsDefault = fn(&Value) -> bool;

/// Members with the test for a value without effect, and with what can be given.
const UNSUPPORTED: [(&str, IsDefault, &str); 11] = [
    ("prompt_logprobs", never, "left out; /v1/completions has it"),
    ("tools", is_empty, "empty, as tools are not supported"),
    ("functions", is_empty, "empty, as tools are not supported"),
    ("tool_choice", is_no_tool, "\"none\" or \"auto\", as tools are not supported"),
    ("function_call", is_no_tool, "\"none\" or \"auto\", as tools are not supported"),
    (
        "response_format",
        is_text,
        "{\"type\":\"text\"}, as other formats are not supported",
    ),
    ("modalities", is_text_alone, "[\"text\"]"),
    ("chat_template_kwargs", is_empty, "empty, as a text has no template"),
    ("enable_thinking", never, "in chat_template_kwargs"),
    ("continue_final_message", is_false, "false, as a text has no messages"),
    ("add_generation_prompt", is_true, "true, as a text has no messages"),
];

/// Takes these members.
///
/// # Errors
/// The first with a value that would have an effect.
pub(super) fn check(members: &mut Members) -> Result<(), ApiError> {
    for name in IGNORED {
        members.take(name);
    }
    for (name, is_off) in OFF {
        members.drop_if(name, is_off);
    }
    for (name, is_default, what) in UNSUPPORTED {
        if let Some(value) = members.take(name).filter(|value| !is_default(value)) {
            return Err(members.wrong(name, &value, what));
        }
    }
    Ok(())
}

fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0)
}

fn is_one(value: &Value) -> bool {
    value.as_f64() == Some(1.0)
}

fn is_minus_one(value: &Value) -> bool {
    value.as_f64() == Some(-1.0)
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

pub(super) fn is_no_tool(value: &Value) -> bool {
    value == "none" || value == "auto"
}

fn is_text(value: &Value) -> bool {
    *value == json!({ "type": "text" })
}

fn is_text_alone(value: &Value) -> bool {
    *value == json!(["text"])
}

pub(super) fn is_false(value: &Value) -> bool {
    *value == json!(false)
}

fn is_true(value: &Value) -> bool {
    *value == json!(true)
}

pub(super) fn never(_: &Value) -> bool {
    false
}
