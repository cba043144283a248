//! Well-known control tokens that end a text or a turn even if a model's files do not say
//! so.

use protocol::TokenId;

use super::Tokenizer;

/// The texts of these tokens, from llama.cpp's `llama-vocab.cpp`. Files often name only
/// one of them.
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

/// The first token only ends a message in vocabularies with the second one, which ends
/// the turn.
const MESSAGE_END_WITH_TURN_END: (&str, &str) = ("<|end|>", "<|return|>");

impl Tokenizer {
    /// Whether it is a control token, which stands for no text.
    pub fn is_special(&self, id: TokenId) -> bool {
        self.special.contains(&id)
    }

    /// The control tokens of this vocabulary that are known to end a text or a turn.
    pub fn well_known_ends(&self) -> impl Iterator<Item = TokenId> {
        let control =
            |text: &str| self.token_to_id(text).filter(|id| self.special.contains(id));
        let (message_end, turn_end) = MESSAGE_END_WITH_TURN_END;
        let excluded = control(turn_end).and_then(|_| control(message_end));
        ENDS.iter()
            .filter_map(move |text| control(text))
            .filter(move |id| Some(*id) != excluded)
    }
}
