//! Whether a model is expected to run in this browser, and what to choose if it does not.

use hub::CatalogueEntry;
use protocol::Precision;

use super::models::Models;

/// The most memory of a WebAssembly program, in bytes.
const MAX_WASM_MEMORY: f64 = 4.2e9;
/// The memory of the program, its tables and activations, in bytes.
const PROGRAM_MEMORY: f64 = 150e6;
/// The largest share of a device's memory that a page can have.
const SHARE_OF_DEVICE: f64 = 0.7;

/// What a model needs, and whether the browser has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fit {
    /// Bytes to download.
    pub(crate) download: u64,
    /// Bytes of memory, with a text of 4,096 tokens if the model takes so many.
    pub(crate) memory: f64,
    pub(crate) verdict: Verdict,
    /// What to choose if it does not fit.
    pub(crate) alternative: Option<Alternative>,
}

/// Whether a model is expected to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is expected to run.
    Fits,
    /// It is expected to run, but every visit downloads it, since there is no room to store it.
    NotStored,
    /// The device may have too little memory.
    Tight,
    /// No browser can run it.
    TooLarge,
}

/// What fits instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alternative {
    /// The same model in four bits.
    FourBits,
    /// Another model, by its name.
    Model(String),
    /// The native server.
    NativeServer,
}

impl Models {
    /// What a model on offer needs in the chosen precision.
    pub(crate) fn fit(&self, entry: &CatalogueEntry) -> Fit {
        let mut fit = self.fit_in(entry, self.precision);
        if fit.verdict == Verdict::Fits {
            return fit;
        }
        let fits = |entry: &CatalogueEntry, precision| {
            self.fit_in(entry, precision).verdict == Verdict::Fits
        };
        let others = self.catalogue.iter().flat_map(|catalogue| &catalogue.models);
        let others = others.filter(|other| fits(other, self.precision));
        // The default model, otherwise the largest.
        let best = others.max_by_key(|other| (other.default, other.parameters));
        fit.alternative = Some(match best {
            _ if self.precision != Precision::Q4 && fits(entry, Precision::Q4) => {
                Alternative::FourBits
            }
            Some(best) => Alternative::Model(best.id.to_string()),
            None => Alternative::NativeServer,
        });
        fit
    }

    fn fit_in(&self, entry: &CatalogueEntry, precision: Precision) -> Fit {
        let in_bits = |bits: f64| entry.parameters as f64 * bits / 8.0;
        let (download, weights) = match (precision, entry.small_bytes) {
            (Precision::Auto | Precision::Q8, _) => {
                let known = (entry.weight_bytes > 0).then_some(entry.weight_bytes as f64);
                (entry.download_bytes, known.unwrap_or_else(|| in_bits(8.5)))
            }
            (Precision::Q4, Some(small)) => (small, small as f64),
            (Precision::Q4, None) => (entry.exact_bytes, in_bits(5.5)),
            (Precision::F16 | Precision::Bf16, _) => (entry.exact_bytes, in_bits(16.0)),
            (Precision::F32, _) => (entry.exact_bytes, in_bits(32.0)),
        };
        let bytes = weights + entry.cache_bytes as f64;
        self.fit_of(entry.id.as_str(), download, bytes)
    }

    /// What a GGUF file of this name needs; what a text takes is not known.
    pub(crate) fn fit_of_file(&self, name: &str, bytes: u64) -> Fit {
        self.fit_of(name, bytes, bytes as f64)
    }

    /// What a model needs that takes so many bytes of memory.
    fn fit_of(&self, name: &str, download: u64, bytes: f64) -> Fit {
        let mut memory = bytes + PROGRAM_MEMORY;
        let stored = self.is_stored(name);
        let is_short = self.room().is_some_and(|room| room < download as f64);
        let not_stored = is_short && !stored;
        if not_stored {
            // The file is in memory together with the weights that are made from it.
            memory += download as f64;
        }
        let most = self.device_memory.map_or(f64::MAX, |memory| memory * SHARE_OF_DEVICE);
        let verdict = match () {
            () if memory > MAX_WASM_MEMORY => Verdict::TooLarge,
            () if memory > most => Verdict::Tight,
            () if not_stored => Verdict::NotStored,
            () => Verdict::Fits,
        };
        Fit { download, memory, verdict, alternative: None }
    }

    /// How many more bytes the browser can store; none if it does not say.
    pub(crate) fn room(&self) -> Option<f64> {
        let stored = self.stored.as_ref()?;
        Some(stored.quota?.saturating_sub(stored.used?) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub::Catalogue;
    use protocol::StoredModels;

    fn models(device: Option<f64>, room: u64) -> Models {
        let stored = StoredModels { used: Some(0), quota: Some(room), models: vec![] };
        let catalogue = Catalogue::read(include_bytes!("../../../models.json")).ok();
        Models {
            catalogue,
            stored: Some(stored),
            device_memory: device,
            ..Models::default()
        }
    }

    fn fit(models: &Models, id: &str) -> Fit {
        let entries = &models.catalogue.as_ref().unwrap().models;
        models.fit(entries.iter().find(|entry| entry.id.as_str() == id).unwrap())
    }

    const SMALL: &str = "HuggingFaceTB/SmolLM2-135M-Instruct";
    const DEFAULT: &str = "HuggingFaceTB/SmolLM2-360M-Instruct";
    const LARGE: &str = "HuggingFaceTB/SmolLM2-1.7B-Instruct";

    #[test]
    fn with_room_for_all_all_of_a_common_size_fit() {
        let models = models(Some(8e9), 50_000_000_000);
        for id in [SMALL, DEFAULT, LARGE] {
            assert_eq!(fit(&models, id).verdict, Verdict::Fits, "{id}");
        }
        assert_eq!(fit(&models, DEFAULT).download, 386_404_992);
    }

    #[test]
    fn on_a_small_device_four_bits_or_a_smaller_model_are_named_instead() {
        let models = models(Some(3e9), 50_000_000_000);
        assert_eq!(fit(&models, DEFAULT).verdict, Verdict::Fits);
        let large = fit(&models, LARGE);
        assert_eq!(large.verdict, Verdict::Tight);
        assert_eq!(large.alternative, Some(Alternative::FourBits));
        let models = Models { precision: Precision::F32, ..models };
        let large = fit(&models, LARGE);
        assert_eq!(large.verdict, Verdict::TooLarge);
        assert_eq!(large.alternative, Some(Alternative::FourBits));
        let models =
            Models { device_memory: Some(0.9e9), precision: Precision::Q4, ..models };
        assert_eq!(
            fit(&models, LARGE).alternative,
            Some(Alternative::Model(DEFAULT.into()))
        );
    }

    #[test]
    fn what_cannot_be_stored_needs_more_memory_and_the_verdict_says_so() {
        let models = models(None, 200_000_000);
        assert_eq!(fit(&models, SMALL).verdict, Verdict::Fits);
        let kept_in_memory = fit(&models, DEFAULT);
        assert_eq!(kept_in_memory.verdict, Verdict::NotStored);
        assert!(kept_in_memory.memory > 2.0 * 386e6);
    }
}
