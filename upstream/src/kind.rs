//! The kinds of engines.

use std::fmt;
use std::str::FromStr;

/// What speaks at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// vLLM, or a native server of this project, whose routes have the same form.
    Vllm,
    /// SGLang.
    Sglang,
    /// llama.cpp's own server.
    LlamaCpp,
    /// Any other server with OpenAI's completions that takes and tells token ids or texts.
    OpenAi,
}

impl Kind {
    /// The names that it is read by, for messages.
    pub const NAMES: &str = "auto, vllm, sglang, llamacpp or openai";

    /// The kind of a name in any case; none for `auto` or an empty one.
    ///
    /// # Errors
    /// If there is no such kind.
    pub fn named(name: &str) -> Result<Option<Kind>, String> {
        match name.to_ascii_lowercase().as_str() {
            "" | "auto" => Ok(None),
            "vllm" => Ok(Some(Kind::Vllm)),
            "sglang" => Ok(Some(Kind::Sglang)),
            "llamacpp" | "llama.cpp" => Ok(Some(Kind::LlamaCpp)),
            "openai" => Ok(Some(Kind::OpenAi)),
            _ => Err(format!("it can be {}", Kind::NAMES)),
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        Kind::named(text)?.ok_or_else(|| format!("it can be {}", Kind::NAMES))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Vllm => "vLLM",
            Kind::Sglang => "SGLang",
            Kind::LlamaCpp => "llama.cpp",
            Kind::OpenAi => "OpenAI's API",
        })
    }
}
