//! The locations of each role's tensors in a family's checkpoints: names, and rows where
//! a matrix holds the tensors of several roles.

mod altup;
mod experts;
mod gguf;
mod hugging_face;
mod location;
mod name;
mod recurrences;
mod rows;

use self::hugging_face as hf;
pub(super) use self::location::TensorLocation;
use self::name::Name;
use self::rows::Sizes;
use super::tensor_id::{Role, TensorId};
use crate::config::Config;
use crate::family::Family;

/// The names of tensors in one family's checkpoints, and the sizes of joined matrices.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The possible prefixes of names.
    roots: &'static [&'static str],
    names: Vec<Name>,
    /// Whether matrices of layers are stored as [columns, rows].
    transposed: bool,
    sizes: Sizes,
}

const NO_ROOT: &[&str] = &[""];

impl Layout {
    /// The layout of Hugging Face checkpoints.
    pub(super) fn hugging_face(config: &Config) -> Layout {
        let (roots, names): (&[&str], Vec<Name>) = match config.family {
            Family::Llama => (&["model."], [hf::LLAMA, hf::PRE_NORM].concat()),
            Family::Moe => {
                (&["model."], [experts::NAMES, hf::LLAMA, hf::PRE_NORM].concat())
            }
            Family::GptOss => {
                (&["model."], [experts::GPT_OSS, hf::LLAMA, hf::PRE_NORM].concat())
            }
            // Models with vision contain the text model.
            Family::Gemma => (
                &["model.", "language_model.model.", "model.language_model."],
                [hf::LLAMA, hf::SANDWICH].concat(),
            ),
            Family::Gemma3n => (
                &[
                    "model.",
                    "model.language_model.",
                    "language_model.model.",
                    "language_model.",
                ],
                [altup::NAMES, hf::LLAMA, hf::SANDWICH].concat(),
            ),
            Family::Olmo2 => (&["model."], [hf::LLAMA, hf::POST_NORM].concat()),
            Family::Phi3 => (&["model."], [hf::PHI3, hf::LLAMA, hf::PRE_NORM].concat()),
            Family::Phi => (&["model."], [hf::PHI, hf::LLAMA].concat()),
            // Checkpoints of the model without its head have no root.
            Family::Gpt2 => (&["transformer.", ""], hf::GPT2.to_vec()),
            Family::GptNeo => (&["transformer.", ""], [hf::GPT_NEO, hf::GPT2].concat()),
            Family::GptBigcode if config.num_key_value_heads > 1 => {
                (&["transformer."], [hf::GPT_BIGCODE_HEADS, hf::GPT2].concat())
            }
            Family::GptBigcode => (&["transformer."], hf::GPT2.to_vec()),
            Family::Starcoder2 => {
                (&["model."], [hf::STARCODER2, hf::LLAMA, hf::PRE_NORM].concat())
            }
            Family::Opt => {
                (&["model.decoder.", "decoder."], [hf::OPT, hf::LLAMA].concat())
            }
            Family::Glm => (&["model."], [hf::GLM4, hf::LLAMA].concat()),
            Family::GptNeox => (&["gpt_neox."], hf::GPT_NEOX.to_vec()),
            Family::Falcon => (&["transformer."], hf::FALCON.to_vec()),
            // Its files of the model without its head have no root.
            Family::Bloom => (&["transformer.", ""], [hf::BLOOM, hf::FALCON].concat()),
            Family::Mpt => (&["transformer."], hf::MPT.to_vec()),
            Family::Lfm2 => (&["model."], [hf::LFM2, hf::LLAMA].concat()),
            Family::Mamba => (&["backbone."], recurrences::MAMBA.to_vec()),
            Family::Rwkv4 => (&["rwkv."], recurrences::RWKV4.to_vec()),
            Family::Rwkv7 => (&["model."], recurrences::RWKV.to_vec()),
            Family::GraniteHybrid => {
                let hybrid = match config.experts {
                    Some(_) => recurrences::GRANITE_EXPERTS,
                    None => recurrences::GRANITE_DENSE,
                };
                let own = [recurrences::GRANITE, hybrid, experts::NAMES].concat();
                (&["model."], [&own[..], hf::LLAMA, hf::PRE_NORM].concat())
            }
            Family::RecurrentGemma => {
                (&["model."], [recurrences::GEMMA, hf::LLAMA].concat())
            }
            Family::Deepseek => (
                &["model."],
                [experts::DEEPSEEK, experts::NAMES, hf::LLAMA, hf::PRE_NORM].concat(),
            ),
            // Models with vision contain the text model.
            Family::Qwen35 => (
                &["model.", "model.language_model."],
                [recurrences::QWEN, experts::NAMES, hf::LLAMA, hf::PRE_NORM].concat(),
            ),
        };
        let transposed = config.family == Family::Gpt2;
        Layout { roots, names, transposed, sizes: Sizes::of(config) }
    }

    /// The layout of GGUF files, the same for all families but for a few names.
    pub(super) fn gguf(config: &Config) -> Layout {
        let family_names: &[Name] = match config.family {
            Family::Phi3 | Family::Glm => gguf::PHI3,
            Family::GptOss => gguf::GPT_OSS,
            Family::Falcon => gguf::FALCON,
            Family::Qwen35 => gguf::QWEN35,
            Family::Deepseek => gguf::DEEPSEEK,
            Family::Rwkv7 => recurrences::RWKV_GGUF,
            Family::Gemma3n => altup::GGUF,
            _ => &[],
        };
        let names = [family_names, gguf::ALL].concat();
        Layout { roots: &[""], names, transposed: false, sizes: Sizes::of(config) }
    }

    /// The first of a tensor's possible locations whose name `exists`.
    pub(super) fn find(
        &self,
        id: TensorId,
        exists: impl Fn(&str) -> bool,
    ) -> Option<TensorLocation> {
        self.locations(id).find(|location| exists(&location.name))
    }

    /// The first of a tensor's possible names, for error messages.
    pub(super) fn usual_name(&self, id: TensorId) -> String {
        self.locations(id).next().map_or_else(|| id.to_string(), |location| location.name)
    }

    /// All possible names of a tensor, the most usual first.
    pub(super) fn usual_names(&self, id: TensorId) -> Vec<String> {
        self.locations(id).map(|location| location.name).collect()
    }

    /// Whether a name is that of a tensor of this layout; norms of queries and keys only
    /// `with_norms`.
    pub(super) fn knows(&self, name: &str, with_norms: bool) -> bool {
        let Some((name, kind)) = name.rsplit_once('.') else { return false };
        self.names.iter().any(|Name(role, known, _)| {
            let is_norm = matches!(role, Role::QueryNorm | Role::KeyNorm);
            let (roots, known) = match known.strip_prefix('/') {
                Some(known) => (NO_ROOT, known),
                None => (self.roots, *known),
            };
            let of_root = roots.iter().any(|root| is_of(name.strip_prefix(root), known));
            let known_kind = kind == "weight" || (kind == "bias" && role.has_bias());
            of_root && known_kind && (with_norms || !is_norm)
        })
    }

    /// All possible locations of a tensor, the most usual first.
    fn locations(&self, id: TensorId) -> impl Iterator<Item = TensorLocation> {
        let names = self.names.iter().filter(move |name| name.0 == id.role);
        names.flat_map(move |Name(_, name, slice)| {
            let has_number = name.contains("{e}");
            let name = match id.layer {
                Some(layer) => name.replace("{}", &layer.to_string()),
                None => (*name).to_owned(),
            };
            let rows = self.sizes.rows(*slice);
            let (roots, name) = match name.strip_prefix('/') {
                Some(name) => (NO_ROOT, name.to_owned()),
                None => (self.roots, name),
            };
            let name = match id.expert {
                Some(expert) => name.replace("{e}", &expert.to_string()),
                None => name,
            };
            let expert = id.expert.filter(|_| !has_number);
            roots.iter().map(move |root| {
                let mut location = located(format!("{root}{name}"), id.bias);
                location.transposed |= self.transposed && id.layer.is_some();
                TensorLocation { rows, expert, ..location }
            })
        })
    }
}

/// Whether a name is one of a pattern, whose `{}` stands for a layer's number.
fn is_of(name: Option<&str>, pattern: &str) -> bool {
    let Some(name) = name else { return false };
    let Some((before, after)) = pattern.split_once("{}") else { return name == pattern };
    let number = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A tensor by what a [`Name`] says: its own name, and how it is stored.
fn located(name: String, bias: bool) -> TensorLocation {
    let location = |name: String| TensorLocation {
        name,
        rows: None,
        expert: None,
        transposed: false,
        scales: None,
    };
    let kind = if bias { "bias" } else { "weight" };
    match name.split_once('=') {
        None => location(format!("{name}.{kind}")),
        Some((name, _)) if bias => location(format!("{name}_bias")),
        Some((name, "4")) => TensorLocation {
            scales: Some(format!("{name}_scales")),
            ..location(format!("{name}_blocks"))
        },
        Some((name, how)) => {
            TensorLocation { transposed: how == "T", ..location(name.to_owned()) }
        }
    }
}
