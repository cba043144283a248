//! The tokens that end a model's text or turn.

use model_files::config::end_ids;
use model_files::python_json;
use protocol::TokenId;
use serde_json::Value;
use text::chat::ChatTemplate;
use text::tokenizer::Tokenizer;

/// What the files of a model say of the tokens that end a text.
pub(super) struct EndFiles<'a> {
    /// Those that its configuration names.
    pub(super) known: Vec<TokenId>,
    /// `generation_config.json`.
    pub(super) generation_config: Option<&'a [u8]>,
    /// V.
    pub(super) vocab_size: usize,
}

/// All tokens that end a text or a turn, as far as configuration, files, tokenizer and chat
/// template name them, in order. `eos` is the text of the tokenizer's own.
pub(super) fn end_tokens(
    files: EndFiles<'_>,
    tokenizer: &Tokenizer,
    eos: Option<&str>,
    template: Option<&ChatTemplate>,
) -> Vec<TokenId> {
    let EndFiles { known: mut ends, generation_config, vocab_size } = files;
    // Only the end tokens are used. A broken file is ignored.
    let generation = generation_config.unwrap_or_default();
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
    ends.retain(|id| (*id as usize) < vocab_size);
    ends.sort_unstable();
    ends.dedup();
    ends
}
