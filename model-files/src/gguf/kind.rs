//! Recognises GGUF files that are not a model that can run by itself.

use super::{Gguf, GgufError};

impl Gguf {
    /// Checks that this is a whole model of a supported kind.
    ///
    /// # Errors
    /// What it is instead, with advice.
    pub(crate) fn check_kind(&self) -> Result<(), GgufError> {
        let kind = |is: String, advice| Err(GgufError::Kind { is, advice });
        let kind_of_file = self.string("general.type").unwrap_or("model");
        let architecture = self.string("general.architecture").unwrap_or_default();
        let count = |key: &str| self.usize(key).unwrap_or(0);
        let part_count = count("split.count");
        if part_count > 1 {
            let number = count("split.no").saturating_add(1);
            return kind(
                format!(
                    "part {number} of {part_count} of a model, and parts are not supported"
                ),
                "Take a GGUF file that holds the whole model, or join the parts with \
                 llama.cpp's program llama-gguf-split --merge.",
            );
        }
        if self.bool(&format!("{architecture}.attention.causal")) == Ok(false) {
            return kind(
                "a model that reads texts both ways, for embeddings, and predicts no token"
                    .into(),
                "Take a model that writes texts.",
            );
        }
        match (kind_of_file, architecture) {
            ("adapter", _) => kind(
                "an adapter (LoRA), which changes a model and is none itself".into(),
                WHOLE_MODEL,
            ),
            ("imatrix", _) => kind(
                "an importance matrix, which helps to quantise a model and is none itself"
                    .into(),
                WHOLE_MODEL,
            ),
            ("mmproj", _) | (_, "clip") => kind(
                "the part of a model that takes in pictures or sound (mmproj)".into(),
                "Take the GGUF file with the text model; it lies beside this one as a rule.",
            ),
            (_, "controlvector") => kind(
                "a control vector, which steers a model and is none itself".into(),
                WHOLE_MODEL,
            ),
            ("vocab", _) => kind("a vocabulary without weights".into(), WHOLE_MODEL),
            ("model", _) if self.tensors.is_empty() && !self.metadata.is_empty() => {
                kind("a vocabulary without weights".into(), WHOLE_MODEL)
            }
            ("model", _) => Ok(()),
            (other, _) => kind(format!("of the type {other:?}, not a model"), WHOLE_MODEL),
        }
    }
}

const WHOLE_MODEL: &str = "Take a GGUF file that holds a whole model.";
