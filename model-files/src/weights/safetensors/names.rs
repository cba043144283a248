//! What the names of stored tensors say: how they differ from the usual ones as a whole, and
//! that weights are quantised or are an adapter.

use crate::error::{ModelFileError, Result};

/// A beginning of usual names, and what stands there in the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Renaming {
    usual: &'static str,
    stored: &'static str,
}

/// What programs put before names: data-parallel training, `torch.compile`, PEFT, models
/// with vision; and the model without its head.
const RENAMINGS: [Renaming; 8] = [
    Renaming { usual: "", stored: "module." },
    Renaming { usual: "", stored: "_orig_mod." },
    Renaming { usual: "", stored: "base_model.model." },
    Renaming { usual: "", stored: "language_model." },
    Renaming { usual: "model.", stored: "model.language_model." },
    Renaming { usual: "model.", stored: "model.text_model." },
    Renaming { usual: "model.", stored: "" },
    Renaming { usual: "transformer.", stored: "" },
];

impl Renaming {
    /// The renaming by which one of some usual names is among the stored ones; none where
    /// one is there as it is, or by no renaming.
    pub(super) fn of(usual: &[String], stored: impl Fn(&str) -> bool) -> Renaming {
        if usual.iter().any(|name| stored(name)) {
            return Renaming::default();
        }
        let fits = |renaming: &&Renaming| {
            usual.iter().any(|name| stored(&renaming.stored_name(name)))
        };
        RENAMINGS.iter().find(fits).copied().unwrap_or_default()
    }

    /// The stored name of a tensor.
    pub(super) fn stored_name(&self, usual: &str) -> String {
        match usual.strip_prefix(self.usual) {
            Some(rest) => format!("{}{rest}", self.stored),
            None => usual.to_owned(),
        }
    }

    /// The usual name of a stored tensor; none if it is of another part of the model.
    pub(super) fn usual_name(&self, stored: &str) -> Option<String> {
        let rest = stored.strip_prefix(self.stored)?;
        Some(format!("{}{rest}", self.usual))
    }
}

/// Endings that only quantised tensors have, and the programs that write them.
const QUANTISED: [(&str, &str); 14] = [
    (".qweight", "GPTQ or AWQ"),
    (".qzeros", "GPTQ or AWQ"),
    (".weight_packed", "compressed-tensors"),
    (".weight_scale_2", "ModelOpt"),
    (".weight_scale", "fp8 or NVFP4"),
    (".weight_scale_inv", "fp8"),
    (".SCB", "bitsandbytes"),
    (".weight.absmax", "bitsandbytes"),
    (".quant_state.bitsandbytes__nf4", "bitsandbytes"),
    (".quant_state.bitsandbytes__fp4", "bitsandbytes"),
    (".W_q", "HQQ"),
    (".codebooks", "AQLM"),
    (".q_weight", "EXL2"),
    (".trellis", "EXL3"),
];

/// Refuses tensors that are quantised, or an adapter beside its model, though the
/// configuration does not say so: older files do not, and some say it in a file beside.
///
/// # Errors
/// The method, or that it is an adapter.
pub(super) fn check<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
    for name in names.clone() {
        let ending = QUANTISED.iter().find(|(ending, _)| name.ends_with(ending));
        if let Some((_, method)) = ending {
            return Err(ModelFileError::Quantised { method: (*method).into() });
        }
        if name.contains(".lora_A") || name.contains(".lora_embedding_A") {
            return Err(ModelFileError::NotAModel {
                is: "an adapter (LoRA) that was not merged with its model",
            });
        }
    }
    // Of MLX; `biases` is a name that nothing else has.
    match names.clone().any(|name| name.ends_with("_proj.biases")) {
        true => Err(ModelFileError::Quantised { method: "MLX".into() }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_as_a_whole_are_found() {
        let usual = ["model.embed_tokens.weight".to_owned()];
        for (stored, of_norm) in [
            ("model.embed_tokens.weight", "model.norm.weight"),
            ("module.model.embed_tokens.weight", "module.model.norm.weight"),
            (
                "base_model.model.model.embed_tokens.weight",
                "base_model.model.model.norm.weight",
            ),
            ("embed_tokens.weight", "norm.weight"),
            (
                "model.language_model.embed_tokens.weight",
                "model.language_model.norm.weight",
            ),
            ("something.else", "model.norm.weight"),
        ] {
            let renaming = Renaming::of(&usual, |name| name == stored);
            assert_eq!(renaming.stored_name("model.norm.weight"), of_norm);
            assert_eq!(
                renaming.usual_name(of_norm).as_deref(),
                Some("model.norm.weight")
            );
        }
        let bare = Renaming::of(&usual, |name| name == "embed_tokens.weight");
        assert_eq!(bare.stored_name("lm_head.weight"), "lm_head.weight");
    }

    #[test]
    fn quantised_weights_and_adapters_are_told_by_their_names() {
        for (name, expected) in [
            ("model.layers.0.mlp.up_proj.qweight", "GPTQ"),
            ("model.layers.0.mlp.up_proj.weight_packed", "compressed-tensors"),
            ("model.layers.0.mlp.up_proj.weight_scale_inv", "fp8"),
            ("model.layers.0.mlp.up_proj.SCB", "bitsandbytes"),
            ("model.layers.0.mlp.up_proj.weight.absmax", "bitsandbytes"),
            ("model.layers.0.mlp.up_proj.biases", "MLX"),
            ("model.layers.0.mlp.up_proj.lora_A.default.weight", "adapter"),
        ] {
            let error = check([name].into_iter()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let usual = ["model.norm.weight", "model.layers.0.mlp.up_proj.bias"];
        assert!(check(usual.into_iter()).is_ok());
    }
}
