//! Where a family's checkpoints have the tensors of each role: under which name, and in
//! which rows, where one matrix holds several.

mod gguf;
mod hugging_face;
mod location;
mod name;
mod rows;

use self::hugging_face as hf;
pub(super) use self::location::TensorLocation;
use self::name::Name;
use self::rows::Sizes;
use super::tensor_id::TensorId;
use crate::config::Config;
use crate::family::Family;

/// The names of one family's checkpoints, and the sizes that tell rows apart.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Names may begin with one of these.
    roots: &'static [&'static str],
    names: Vec<Name>,
    /// Layers' matrices are stored as [columns, rows].
    pub(super) transposed: bool,
    sizes: Sizes,
}

const NO_ROOT: &[&str] = &[""];

impl Layout {
    /// That of Hugging Face checkpoints.
    pub(super) fn hugging_face(config: &Config) -> Layout {
        let (roots, names): (&[&str], Vec<Name>) = match config.family {
            Family::Llama => (&["model."], [hf::LLAMA, hf::PRE_NORM].concat()),
            // Models that see pictures have the text model within.
            Family::Gemma => (
                &["model.", "language_model.model.", "model.language_model."],
                [hf::LLAMA, hf::SANDWICH].concat(),
            ),
            Family::Olmo2 => (&["model."], [hf::LLAMA, hf::POST_NORM].concat()),
            Family::Phi3 => (&["model."], [hf::PHI3, hf::LLAMA, hf::PRE_NORM].concat()),
            Family::Phi => (&["model."], [hf::PHI, hf::LLAMA].concat()),
            // Checkpoints of the model without its head have no root.
            Family::Gpt2 => (&["transformer.", ""], hf::GPT2.to_vec()),
            Family::GptNeox => (&["gpt_neox."], hf::GPT_NEOX.to_vec()),
            Family::Falcon => (&["transformer."], hf::FALCON.to_vec()),
            Family::Lfm2 => (&["model."], [hf::LFM2, hf::LLAMA].concat()),
        };
        let transposed = config.family == Family::Gpt2;
        Layout { roots, names, transposed, sizes: Sizes::of(config) }
    }

    /// That of GGUF files, which is the same for all families but for a few names.
    pub(super) fn gguf(config: &Config) -> Layout {
        let own: &[Name] = match config.family {
            Family::Phi3 => gguf::PHI3,
            Family::Falcon => gguf::FALCON,
            _ => &[],
        };
        let names = [own, gguf::ALL].concat();
        Layout { roots: &[""], names, transposed: false, sizes: Sizes::of(config) }
    }

    /// Where a tensor lies: the first of its places that `exists`.
    pub(super) fn find(
        &self,
        wanted: TensorId,
        exists: impl Fn(&str) -> bool,
    ) -> Option<TensorLocation> {
        self.places(wanted).find(|location| exists(&location.name))
    }

    /// The name that it should have, for people.
    pub(super) fn usual_name(&self, wanted: TensorId) -> String {
        self.places(wanted)
            .next()
            .map_or_else(|| wanted.to_string(), |location| location.name)
    }

    fn places(&self, wanted: TensorId) -> impl Iterator<Item = TensorLocation> {
        let kind = if wanted.bias { "bias" } else { "weight" };
        let names = self.names.iter().filter(move |name| name.0 == wanted.role);
        names.flat_map(move |Name(_, name, slice)| {
            let name = match wanted.layer {
                Some(layer) => name.replace("{}", &layer.to_string()),
                None => (*name).to_owned(),
            };
            let rows = self.sizes.rows(*slice);
            let (roots, name) = match name.strip_prefix('/') {
                Some(name) => (NO_ROOT, name.to_owned()),
                None => (self.roots, name),
            };
            roots.iter().map(move |root| TensorLocation {
                name: format!("{root}{name}.{kind}"),
                rows,
            })
        })
    }
}
