//! The properties of architectures that the metadata of their files do not give. Source:
//! llama.cpp's `llama-model.cpp`.

use crate::config::shape::{Activation, Block, NormKind, QkNorm};
use crate::family::Family;

/// The properties of an architecture that its metadata do not give.
pub(super) struct Traits {
    pub(super) family: Family,
    pub(super) norm: NormKind,
    pub(super) block: Block,
    pub(super) qk_norm: QkNorm,
    pub(super) gated: bool,
    pub(super) activation: Activation,
    /// Whether rows of q and k in its files are reordered, so that rotated pairs are
    /// neighbours.
    pub(super) interleaved: bool,
}

impl Traits {
    /// The properties of an architecture; `None` if it is not supported.
    pub(super) fn of(architecture: &str) -> Option<Traits> {
        let llama = Traits {
            family: Family::Llama,
            norm: NormKind::Rms,
            block: Block::PreNorm,
            qk_norm: QkNorm::None,
            gated: true,
            activation: Activation::Silu,
            interleaved: false,
        };
        let gpt = Traits {
            family: Family::Gpt2,
            norm: NormKind::Layer,
            gated: false,
            activation: Activation::GeluTanh,
            ..llama
        };
        Some(match architecture {
            "llama" | "smollm3" | "granite" => Traits { interleaved: true, ..llama },
            "ernie4_5" => Traits { interleaved: true, ..llama },
            "granitemoe" => Traits { family: Family::Moe, interleaved: true, ..llama },
            "qwen2moe" => Traits { family: Family::Moe, ..llama },
            "qwen3moe" => Traits { family: Family::Moe, qk_norm: QkNorm::Heads, ..llama },
            "olmoe" => Traits { family: Family::Moe, qk_norm: QkNorm::Whole, ..llama },
            "gpt-oss" => Traits {
                family: Family::GptOss,
                activation: Activation::ClampedSwiglu,
                ..llama
            },
            "olmo" => Traits { norm: NormKind::Layer, interleaved: true, ..llama },
            "command-r" | "cohere2" => Traits {
                norm: NormKind::Layer,
                block: Block::Parallel,
                interleaved: true,
                ..llama
            },
            "chatglm" => Traits { family: Family::Glm, interleaved: true, ..llama },
            "glm4" => Traits {
                family: Family::Glm,
                block: Block::Sandwich,
                interleaved: true,
                ..llama
            },
            "exaone4" => Traits {
                family: Family::Olmo2,
                block: Block::PostNorm,
                qk_norm: QkNorm::Heads,
                ..llama
            },
            "starcoder" => Traits { family: Family::GptBigcode, ..gpt },
            "starcoder2" => Traits { family: Family::Starcoder2, ..gpt },
            "bloom" => Traits { family: Family::Bloom, ..gpt },
            "mpt" => Traits { family: Family::Mpt, activation: Activation::Gelu, ..gpt },
            "qwen2" => llama,
            "qwen3" => Traits { qk_norm: QkNorm::Heads, ..llama },
            "stablelm" => Traits { norm: NormKind::Layer, ..llama },
            "phi3" => Traits { family: Family::Phi3, ..llama },
            "olmo2" => Traits {
                family: Family::Olmo2,
                block: Block::PostNorm,
                qk_norm: QkNorm::Whole,
                ..llama
            },
            "gemma2" | "gemma3" => Traits {
                family: Family::Gemma,
                block: Block::Sandwich,
                qk_norm: match architecture {
                    "gemma3" => QkNorm::Heads,
                    _ => QkNorm::None,
                },
                activation: Activation::GeluTanh,
                ..llama
            },
            "gemma3n" => Traits {
                family: Family::Gemma3n,
                block: Block::Sandwich,
                qk_norm: QkNorm::Heads,
                activation: Activation::GeluTanh,
                ..llama
            },
            "lfm2" => Traits { family: Family::Lfm2, qk_norm: QkNorm::Heads, ..llama },
            "mamba" | "mamba2" => {
                Traits { family: Family::Mamba, block: Block::MixerOnly, ..llama }
            }
            "rwkv7" => Traits {
                family: Family::Rwkv7,
                activation: Activation::ReluSquared,
                ..gpt
            },
            "granitehybrid" => {
                Traits { family: Family::GraniteHybrid, interleaved: true, ..llama }
            }
            "qwen35" | "qwen35moe" | "qwen3next" => {
                Traits { family: Family::Qwen35, qk_norm: QkNorm::Heads, ..llama }
            }
            "ernie4_5-moe" => Traits { family: Family::Moe, interleaved: true, ..llama },
            "lfm2moe" => Traits { family: Family::Lfm2, qk_norm: QkNorm::Heads, ..llama },
            "hunyuan-dense" => Traits { qk_norm: QkNorm::HeadsRotated, ..llama },
            "arcee" => Traits {
                gated: false,
                activation: Activation::ReluSquared,
                interleaved: true,
                ..llama
            },
            "nemotron" => Traits {
                norm: NormKind::Layer,
                gated: false,
                activation: Activation::ReluSquared,
                ..llama
            },
            "glm4moe" => Traits { family: Family::Deepseek, ..llama },
            "deepseek2" => {
                Traits { family: Family::Deepseek, interleaved: true, ..llama }
            }
            "gpt2" => gpt,
            // llama.cpp uses the tanh approximation for these too; they were trained with
            // the exact function.
            "gptneox" => Traits {
                family: Family::GptNeox,
                block: Block::ParallelTwoNorms,
                activation: Activation::Gelu,
                ..gpt
            },
            "phi2" => Traits { family: Family::Phi, block: Block::Parallel, ..gpt },
            "falcon" => Traits {
                family: Family::Falcon,
                block: Block::Parallel,
                activation: Activation::Gelu,
                ..gpt
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::SUPPORTED;

    /// The cells of the README's table of architectures, row by row.
    fn table() -> Vec<Vec<&'static str>> {
        let readme = include_str!("../../../../README.md");
        let (_, section) = readme.split_once("## Which models run").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
        rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
            .collect()
    }

    #[test]
    fn the_readme_lists_every_architecture_once_and_no_other() {
        let mut listed: Vec<&str> = table()
            .iter()
            .flat_map(|cells| cells[1].split(", ").map(|name| name.trim_matches('`')))
            .collect();
        let mut supported = SUPPORTED.to_vec();
        listed.sort_unstable();
        supported.sort_unstable();
        assert_eq!(listed, supported);
    }

    #[test]
    fn the_readme_names_gguf_where_such_files_are_read() {
        for cells in table() {
            for name in cells[1].split(", ").map(|name| name.trim_matches('`')) {
                // Some have another name in GGUF files.
                let in_gguf = match name {
                    "cohere" => "command-r",
                    "falcon_mamba" => "mamba",
                    "granitemoehybrid" => "granitehybrid",
                    "glm" => "chatglm",
                    "gpt_bigcode" => "starcoder",
                    "gpt_neox" => "gptneox",
                    "gpt_oss" => "gpt-oss",
                    "mistral" | "mixtral" => "llama",
                    "olmo3" => "olmo2",
                    "phi" => "phi2",
                    "qwen2_moe" => "qwen2moe",
                    "deepseek_v2" | "deepseek_v3" | "glm4_moe_lite" => "deepseek2",
                    "ernie4_5_moe" => "ernie4_5-moe",
                    "glm4_moe" => "glm4moe",
                    "hunyuan_v1_dense" => "hunyuan-dense",
                    "lfm2_moe" => "lfm2moe",
                    "qwen3_5" => "qwen35",
                    "qwen3_5_moe" => "qwen35moe",
                    "qwen3_next" => "qwen3next",
                    "qwen3_moe" => "qwen3moe",
                    name => name,
                };
                let is_read = Traits::of(in_gguf).is_some();
                assert_eq!(cells[2].contains("GGUF"), is_read, "{name}");
            }
        }
    }
}
