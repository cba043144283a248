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
/// As [`QWEN_2`], with marks as parts of words.
const QWEN_35: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}",
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// As [`QWEN_2`], with line breaks apart from punctuation.
const SEED_CODER: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}",
    r"| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// As [`LLAMA_3`], with numbers as they are.
const MINI_CPM: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+",
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
/// As [`O200K`], digit by digit.
const YOUTU: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// Hangul, full-width punctuation, Bopomofo, and Chinese with Japanese.
const YOUTU_SCRIPTS: &str =
    "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥\u{3040}-ゟ゠-ヿ]+";
/// Letters of alphabets with capitals, as DeepSeek's first tokenizer lists them.
const DEEPSEEK_LETTERS: &str = concat!(
    "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ",
    "Ⴀ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u{1F7D}ᾀ-ᾴᾶ-ᾼ\u{1FBE}ῂ-ῄῆ-ῌῐ-\u{1FD3}ῖ-\u{1FDB}ῠ-Ῥῲ-ῴῶ-ῼ",
    "ℂℇℊ-ℓℕℙ-ℝℤ\u{2126}ℨ\u{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ",
    "𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+"
);
/// ASCII, full-width and Chinese punctuation.
const DEEPSEEK_SIGNS: &str = r"\s?[!-/:-~！-／：-～‘-‟　-。]+";
/// Chinese and what lies around it, and Hangul.
const DEEPSEEK_CJK: &str = "[一-龥ࠀ-一가-\u{D7FF}]+";
/// Chinese and Japanese.
const CJK: &str = "[一-龥\u{3040}-ゟ゠-ヿ]+";
/// A sign with the ASCII letters after it, words with marks, signs, white space.
const DEEPSEEK_3: &str = concat!(
    r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"##,
    r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*",
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// Digits by threes from the right.
const THREES_FROM_RIGHT: &str = r"\d{1,3}(?=(?:\d{3})*\b)";
const THREES: &str = r"\p{N}{1,3}";
const LINE_BREAK: &str = r"[\r\n]";
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
    /// [`PreKind::Smaug`], where a word that is a token becomes it.
    Glm4,
    Qwen2,
    /// [`PreKind::Qwen2`] for models that take characters as they are.
    QwenAsIs,
    Qwen35,
    SeedCoder,
    MiniCpm,
    /// GPT-2's with single digits.
    SmolLm,
    Tekken,
    /// Falcon's, before Falcon 3: GPT-2's, with punctuation first and digits by threes.
    Falcon,
    /// GPT-4o's, which Phi-4-mini uses too.
    O200k,
    /// GPT-4o's, with digits by threes from the right before it.
    TinyAya,
    Youtu,
    Bloom,
    /// Bloom's with single digits.
    Viking,
    /// That of DeepSeek LLM and V2.
    DeepSeek,
    DeepSeekCoder,
    /// That of DeepSeek V3 and R1.
    DeepSeek3,
}

impl PreKind {
    /// The kind of a name; `None` if it is not known exactly.
    pub(super) fn from_name(name: &str) -> Option<PreKind> {
        Some(match name {
            "default" => PreKind::Default,
            "gpt-2" | "phi-2" | "mpt" | "olmo" | "jais" | "trillion" | "exaone4"
            | "a.x-4.0" | "gigachat" | "granite-docling" | "mellum" => PreKind::Gpt2,
            "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "falcon-h1" | "lfm2"
            | "midm-2.0" | "pixtral" => PreKind::Llama3,
            "smaug-bpe" | "dbrx" | "chatglm-bpe" => PreKind::Smaug,
            "glm4" | "glm5" => PreKind::Glm4,
            "qwen2" | "deepseek-r1-qwen" | "megrez" | "stablelm2" | "hunyuan" => {
                PreKind::Qwen2
            }
            "kormo" | "solar-open" => PreKind::QwenAsIs,
            "qwen35" => PreKind::Qwen35,
            "seed-coder" => PreKind::SeedCoder,
            "minicpm5" => PreKind::MiniCpm,
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone"
            | "minerva-7b" | "mellum2" => PreKind::SmolLm,
            "tekken" => PreKind::Tekken,
            "falcon" => PreKind::Falcon,
            "gpt-4o" | "llama4" | "kanana2" | "talkie" => PreKind::O200k,
            "tiny_aya" | "cohere2moe" => PreKind::TinyAya,
            "youtu" => PreKind::Youtu,
            "bloom" | "poro-chat" | "gpt3-finnish" => PreKind::Bloom,
            "viking" => PreKind::Viking,
            "deepseek-llm" => PreKind::DeepSeek,
            "deepseek-coder" => PreKind::DeepSeekCoder,
            "deepseek-v3" | "hunyuan-dense" | "joyai-llm" => PreKind::DeepSeek3,
            _ => return None,
        })
    }

    /// Whether its models begin texts with BOS if their file does not say.
    pub(super) fn adds_bos(self) -> bool {
        matches!(self, PreKind::Llama3 | PreKind::Tekken)
    }

    /// Whether a word that is a token becomes that token, whatever the merges give.
    pub(super) fn ignores_merges(self) -> bool {
        use PreKind::*;
        matches!(self, Llama3 | Tekken | Glm4 | MiniCpm | Youtu)
    }

    /// Whether its models expect composed characters (NFC).
    pub(super) fn composes(self) -> bool {
        matches!(self, PreKind::Qwen2 | PreKind::Qwen35)
    }

    /// The patterns that split the text, applied one after the other.
    fn patterns(self) -> &'static [&'static str] {
        match self {
            PreKind::Default => {
                &[r"[\p{P}\$\+<=>\^~\|]+", GPT_2, r"\p{N}+", r"[0-9][0-9][0-9]"]
            }
            PreKind::Gpt2 => &[GPT_2],
            PreKind::Llama3 | PreKind::Smaug | PreKind::Glm4 => &[LLAMA_3],
            PreKind::Qwen2 | PreKind::QwenAsIs => &[QWEN_2],
            PreKind::Qwen35 => &[QWEN_35],
            PreKind::SeedCoder => &[SEED_CODER],
            PreKind::MiniCpm => &[THREES, MINI_CPM],
            PreKind::SmolLm => &[DIGIT, GPT_2],
            PreKind::Tekken => &[TEKKEN],
            PreKind::Falcon => &[r"[\p{P}\$\+<=>\^~\|`]+", GPT_2, r"[0-9][0-9][0-9]"],
            PreKind::O200k => &[O200K],
            PreKind::TinyAya => &[THREES_FROM_RIGHT, O200K],
            PreKind::Youtu => &[YOUTU_SCRIPTS, YOUTU],
            PreKind::Bloom => &[BLOOM],
            PreKind::Viking => &[BLOOM, DIGIT],
            PreKind::DeepSeek => &[
                LINE_BREAK,
                DEEPSEEK_LETTERS,
                DEEPSEEK_SIGNS,
                r"\s+$",
                DEEPSEEK_CJK,
                DIGIT,
            ],
            PreKind::DeepSeekCoder => {
                &[LINE_BREAK, r"\s?\p{L}+", r"\s?\p{P}+", DEEPSEEK_CJK, DIGIT]
            }
            PreKind::DeepSeek3 => &[THREES, CJK, DEEPSEEK_3],
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
