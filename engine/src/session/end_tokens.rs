//! The tokens that end a model's text or turn.

use model_files::config::{Config, end_ids};
use model_files::{ModelFiles, python_json};
use protocol::TokenId;
use serde_json::Value;
use text::chat::ChatTemplate;
use text::tokenizer::Tokenizer;

/// All tokens that end a text or a turn, as far as configuration, files, tokenizer and chat
/// template name them, in order. `eos` is the text of the tokenizer's own.
pub(super) fn end_tokens(
    config: &Config,
    files: &ModelFiles,
    tokenizer: &Tokenizer,
    eos: Option<&str>,
    template: Option<&ChatTemplate>,
) -> Vec<TokenId> {
    let mut ends = config.end_of_generation.clone();
    // Only the end tokens are used. A broken file is ignored.
    let generation = files.generation_config.as_deref().unwrap_or_default();
    let generation: Value = python_json::from_slice(generation).unwrap_or_default();
    if let Some(named) = generation.get("eos_token_id") {
        ends.extend(end_ids(named, |text| tokenizer.token_to_id(text)));
    }
    ends.extend(eos.and_then(|text| tokenizer.token_to_id(text)));
    ends.extend(tokenizer.well_known_ends());
    if let Some(template) = template {
        let end = template.end_of_turn(tokenizer.special_tokens());
        ends.extend(end.and_then(|text| tokenizer.token_to_id(&text)));
    }
    ends.retain(|id| (*id as usize) < config.vocab_size);
    ends.sort_unstable();
    ends.dedup();
    ends
}
