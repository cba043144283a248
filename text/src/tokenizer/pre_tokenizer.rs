//! The pre-tokenizers that GGUF files name in `tokenizer.ggml.pre`.
//!
//! The names are llama.cpp's (`llama-vocab.cpp`); the patterns are those of the models'
//! own `tokenizer.json` if one is known.

use tokenizers::SplitDelimiterBehavior::Isolated;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};

use super::TokenizerError;

/// Words with the space before them, numbers, punctuation, white space.
const GPT_2: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// As [`GPT_2`], with numbers of three digits, and punctuation before words.
const LLAMA_3: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// As [`LLAMA_3`], digit by digit.
const QWEN_2: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// Words end where capitals begin; digit by digit.
const TEKKEN: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// As [`TEKKEN`] with numbers of three digits, and endings such as 's with their words.
const O200K: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// What is between white space and punctuation, with the space before it.
const BLOOM: &str = r" ?[^(\s|.,!?…。，、।۔،)]+";
const DIGIT: &str = r"\p{N}";

/// A way to split text into words before bytes are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PreKind {
    /// llama.cpp's default, for files that name none.
    Default,
    Gpt2,
    Llama3,
    /// [`PreKind::Llama3`] without its exceptions.
    Smaug,
    Qwen2,
    /// GPT-2's with single digits.
    SmolLm,
    Tekken,
    /// Falcon's, before Falcon 3: GPT-2's, with punctuation first and digits by threes.
    Falcon,
    /// GPT-4o's, which Phi-4-mini uses too.
    O200k,
    Bloom,
}

impl PreKind {
    /// The kind of a name; `None` if it is not known exactly.
    pub(super) fn from_name(name: &str) -> Option<PreKind> {
        Some(match name {
            "default" => PreKind::Default,
            "gpt-2" | "phi-2" | "mpt" | "olmo" | "jais" | "trillion" | "exaone4" => {
                PreKind::Gpt2
            }
            "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "falcon-h1" | "lfm2" => {
                PreKind::Llama3
            }
            "smaug-bpe" | "dbrx" | "chatglm-bpe" | "glm4" => PreKind::Smaug,
            "qwen2" | "deepseek-r1-qwen" | "megrez" | "stablelm2" => PreKind::Qwen2,
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone"
            | "minerva-7b" => PreKind::SmolLm,
            "tekken" => PreKind::Tekken,
            "falcon" => PreKind::Falcon,
            "gpt-4o" | "llama4" => PreKind::O200k,
            "bloom" => PreKind::Bloom,
            _ => return None,
        })
    }

    /// Whether its models begin texts with BOS if their file does not say.
    pub(super) fn adds_bos(self) -> bool {
        matches!(self, PreKind::Llama3 | PreKind::Tekken)
    }

    /// Whether a word that is a token becomes that token, whatever the merges give.
    pub(super) fn ignores_merges(self) -> bool {
        matches!(self, PreKind::Llama3 | PreKind::Tekken)
    }

    /// Whether its models expect composed characters (NFC).
    pub(super) fn composes(self) -> bool {
        self == PreKind::Qwen2
    }

    /// The patterns that split the text, applied one after the other.
    fn patterns(self) -> &'static [&'static str] {
        match self {
            PreKind::Default => {
                &[r"[\p{P}\$\+<=>\^~\|]+", GPT_2, r"\p{N}+", r"[0-9][0-9][0-9]"]
            }
            PreKind::Gpt2 => &[GPT_2],
            PreKind::Llama3 | PreKind::Smaug => &[LLAMA_3],
            PreKind::Qwen2 => &[QWEN_2],
            PreKind::SmolLm => &[DIGIT, GPT_2],
            PreKind::Tekken => &[TEKKEN],
            PreKind::Falcon => &[r"[\p{P}\$\+<=>\^~\|`]+", GPT_2, r"[0-9][0-9][0-9]"],
            PreKind::O200k => &[O200K],
            PreKind::Bloom => &[BLOOM],
        }
    }
}

/// The pre-tokenizer of a kind: its patterns, then bytes in GPT-2's alphabet.
pub(super) fn pre_tokenizer(
    kind: PreKind,
) -> Result<PreTokenizerWrapper, TokenizerError> {
    let mut steps = Vec::new();
    for pattern in kind.patterns() {
        let pattern = SplitPattern::Regex((*pattern).to_owned());
        steps.push(PreTokenizerWrapper::Split(Split::new(pattern, Isolated, false)?));
    }
    steps.push(PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, false)));
    Ok(PreTokenizerWrapper::Sequence(Sequence::new(steps)))
}
