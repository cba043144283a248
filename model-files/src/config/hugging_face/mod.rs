//! `config.json` as transformers writes it, versions 4 and 5: one file per family, each
//! of which starts from [`base`] and changes what is different.

mod alibi;
mod alike;
mod base;
mod code;
mod cohere;
mod deepseek;
mod delta;
mod exaone;
mod experts;
mod falcon;
mod fields;
mod gemma;
mod gemma3n;
mod glm;
mod gpt;
mod granite;
mod griffin;
mod lfm2;
mod llama;
mod mamba;
mod olmo;
mod opt;
mod other_code;
mod phi;
mod quantised;
mod rope;
mod rwkv;
mod stablelm;

use serde_json::Value;

use super::Config;
use crate::error::invalid_config;
use crate::error::{ModelFileError, Result};
use crate::python_json;
use fields::Fields;

impl Config {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// If it is not JSON, names an architecture that is not supported or weights that
    /// are quantised, or its sizes contradict each other.
    pub fn from_json(json: &[u8]) -> Result<Config> {
        let value: Value = python_json::from_slice(json)
            .map_err(|e| invalid_config(format!("config.json is not JSON ({e})")))?;
        let named = value["model_type"].as_str().map(str::to_owned).or_else(|| {
            value["architectures"][0]
                .as_str()
                .map(|class| class.trim_end_matches("ForCausalLM").to_lowercase())
        });
        let name =
            named.ok_or_else(|| invalid_config("config.json has no model_type"))?;
        let fields = Fields::new(&value)?;
        let family = match name.as_str() {
            "llama" | "mistral" | "qwen2" | "qwen3" | "smollm3" | "ministral"
            | "ministral3" | "cwm" | "internlm3" | "iquestcoder" | "seed_oss" => {
                llama::config(&name, fields)
            }
            "arcee" => llama::arcee(fields),
            "nemotron" => llama::nemotron(fields),
            "hunyuan_v1_dense" => llama::hunyuan(fields),
            // Reads pictures, too; its text model is told by its own name.
            "mistral3" => llama::text_model(&name, fields),
            "gemma" => gemma::gemma1(fields),
            "gemma2" => gemma::gemma2(fields),
            "vaultgemma" => gemma::vaultgemma(fields),
            // The text model of a model with vision, or the text model alone.
            "gemma3" => gemma::gemma3(fields.object("text_config")?.unwrap_or(fields)),
            "gemma3_text" => gemma::gemma3(fields),
            "gemma3n" => gemma3n::config(fields.object("text_config")?.unwrap_or(fields)),
            "gemma3n_text" => gemma3n::config(fields),
            "phi3" => phi::phi3(fields),
            "phi" => phi::phi(fields),
            "gpt2" => gpt::gpt2(fields),
            "gpt_neo" => gpt::gpt_neo(fields),
            "gpt_neox" | "gptneox" => gpt::gpt_neox(fields),
            "granite" => granite::config(fields),
            "mixtral" => experts::mixtral(fields),
            "qwen2_moe" => experts::qwen2(fields),
            "qwen3_moe" => experts::qwen3(fields),
            "granitemoe" => experts::granite(fields),
            "olmoe" => experts::olmoe(fields),
            "gpt_oss" => experts::gpt_oss(fields),
            "bloom" => alibi::bloom(fields),
            "mpt" => alibi::mpt(fields),
            "olmo" => olmo::olmo(fields),
            "olmo2" => olmo::olmo2(fields),
            "olmo3" => olmo::olmo3(fields),
            "exaone4" => exaone::config(fields),
            "cohere" | "cohere2" => cohere::config(&name, fields),
            "glm" | "glm4" => glm::glm(&name, fields),
            "helium" | "ernie4_5" => glm::interleaved(&name, fields),
            "starcoder2" => code::starcoder2(fields),
            "gpt_bigcode" => code::gpt_bigcode(fields),
            "opt" => opt::config(fields),
            "stablelm" => stablelm::config(fields),
            "lfm2" => lfm2::config(fields),
            "lfm2_moe" => lfm2::moe(fields),
            "mamba" | "falcon_mamba" => mamba::mamba(&name, fields),
            "mamba2" => mamba::mamba2(fields),
            "granitemoehybrid" => mamba::granite_hybrid(fields),
            "recurrent_gemma" => griffin::config(fields),
            "rwkv" => rwkv::v4(fields),
            "rwkv7" => rwkv::v7(fields),
            "deepseek_v2" => deepseek::v2(fields),
            "deepseek_v3" | "glm4_moe_lite" => deepseek::v3(&name, fields),
            "glm4_moe" => deepseek::glm4_moe(fields),
            "youtu" => deepseek::youtu(fields),
            "minicpm3" => deepseek::minicpm3(fields),
            "ernie4_5_moe" => glm::ernie_moe(fields),
            "qwen3_5" | "qwen3_5_text" => delta::qwen3_5(fields),
            "qwen3_5_moe" | "qwen3_5_moe_text" => delta::qwen3_5_moe(fields),
            "qwen3_next" => delta::qwen3_next(fields),
            "falcon" => falcon::config(fields),
            _ => alike::config(&name, &value, fields),
        };
        let mut config = match (family, quantised::method(&value)) {
            (Err(error @ ModelFileError::UnsupportedArchitecture { .. }), _) => {
                Err(error)
            }
            // Blocks of four bits that are computed with as they are.
            (family, Some(method)) if name == "gpt_oss" && method == "mxfp4" => family,
            (_, Some(method)) => Err(ModelFileError::Quantised { method }),
            (family, None) => family,
        }?;
        // A model with vision has its end tokens outside of the text model's object.
        if config.end_of_generation.is_empty() {
            config.end_of_generation = fields.ends();
        }
        config.checked()
    }
}
