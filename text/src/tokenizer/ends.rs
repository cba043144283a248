//! Control tokens that end a text or a turn whatever a model's files say of them.

use protocol::TokenId;

use super::Tokenizer;

/// Their texts, after llama.cpp's `llama-vocab.cpp`: files often name only one of them.
const ENDS: [&str; 21] = [
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<turn|>",
    "<|tool_response>",
    "<\u{ff5c}end\u{2581}of\u{2581}sentence\u{ff5c}>",
];

/// Ends a message and not the turn, where the second ends the turn.
const WITHIN: (&str, &str) = ("<|end|>", "<|return|>");

impl Tokenizer {
    /// The control tokens of this vocabulary that are known to end a text or a turn.
    pub fn well_known_ends(&self) -> impl Iterator<Item = TokenId> {
        let control =
            |text: &str| self.token_to_id(text).filter(|id| self.special.contains(id));
        let (within, end) = WITHIN;
        let passed_over = control(end).and_then(|_| control(within));
        ENDS.iter()
            .filter_map(move |text| control(text))
            .filter(move |id| Some(*id) != passed_over)
    }
}
