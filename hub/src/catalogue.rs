//! The models that are offered by name: `models.json`, which lies beside the page so that
//! whoever hosts it can edit it.

use serde::{Deserialize, Serialize};

use crate::ModelId;

/// The models that are offered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// In the order in which they are shown.
    pub models: Vec<CatalogueEntry>,
}

/// A model that is offered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    /// Its name on the hub.
    pub id: ModelId,
    /// How many weights it has.
    pub parameters: u64,
    /// About how much is downloaded in the most compact form that loses nothing to speak
    /// of, in bytes.
    pub download_bytes: u64,
    /// The same for a GGUF file of four bits, if there is one: without it, the published
    /// weights are quantised here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small_bytes: Option<u64>,
    /// The same for the weights as they were published.
    pub exact_bytes: u64,
    /// Bytes of keys and values that a token of a text takes, in 16 bits: two vectors for
    /// each head of each layer. Nothing if it is not known.
    #[serde(default)]
    pub cache_bytes_per_token: u64,
    /// Its licence, by its usual short name.
    pub licence: String,
    /// What a person should know before choosing it.
    #[serde(default)]
    pub note: String,
    /// The one to take when in doubt.
    #[serde(default)]
    pub default: bool,
    /// Where there are GGUF files of it, if not in its own folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gguf: Option<GgufTwin>,
}

/// Another folder of the hub with the same model as GGUF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GgufTwin {
    /// Its name on the hub.
    pub id: ModelId,
    /// The file to take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Catalogue {
    /// Reads `models.json`.
    ///
    /// # Errors
    /// If it is not as described here.
    pub fn read(json: &[u8]) -> Result<Catalogue, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// The GGUF twin of a model, if one is known.
    pub fn twin(&self, id: &ModelId) -> Option<&GgufTwin> {
        self.models.iter().find(|model| model.id == *id)?.gguf.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_of_this_site_can_be_read_and_has_one_default() {
        let catalogue = Catalogue::read(include_bytes!("../../models.json")).unwrap();
        let defaults: Vec<_> = catalogue.models.iter().filter(|m| m.default).collect();
        assert_eq!(defaults.len(), 1);
        assert_eq!(defaults[0].id.as_str(), "HuggingFaceTB/SmolLM2-360M-Instruct");
        assert!(catalogue.twin(&defaults[0].id).is_some());
    }
    /// Layers with attention, key/value heads and channels per head, by the configurations
    /// that are published; and the widths of all convolutions, whose inputs are kept, too.
    const CACHES: [(&str, [u64; 3], u64); 30] = [
        ("SmolLM2-360M-Instruct", [32, 5, 64], 0),
        ("SmolLM2-135M-Instruct", [30, 3, 64], 0),
        ("SmolLM2-1.7B-Instruct", [24, 32, 64], 0),
        ("Qwen2.5-0.5B-Instruct", [24, 2, 64], 0),
        ("Qwen3-0.6B", [28, 8, 128], 0),
        ("Qwen3-1.7B", [28, 8, 128], 0),
        ("Llama-3.2-1B-Instruct", [16, 8, 64], 0),
        ("TinyLlama-1.1B-Chat-v1.0", [22, 4, 64], 0),
        ("Qwen2.5-1.5B-Instruct", [28, 2, 128], 0),
        ("SmolLM3-3B", [36, 4, 128], 0),
        ("SmolLM2-135M", [30, 3, 64], 0),
        ("SmolLM2-360M", [32, 5, 64], 0),
        ("SmolLM2-1.7B", [24, 32, 64], 0),
        ("Qwen2.5-0.5B", [24, 2, 64], 0),
        ("gemma-3-270m-it", [18, 1, 256], 0),
        ("gemma-3-1b-it", [26, 1, 256], 0),
        ("LFM2-350M", [6, 8, 64], 10 * 1024),
        ("LFM2-700M", [6, 8, 64], 10 * 1536),
        ("LFM2.5-1.2B-Instruct", [6, 8, 64], 10 * 2048),
        ("OLMo-2-0425-1B-Instruct", [16, 16, 128], 0),
        ("granite-3.3-2b-instruct", [40, 8, 64], 0),
        ("gemma-2-2b-it", [26, 4, 256], 0),
        ("Phi-3.5-mini-instruct", [32, 32, 96], 0),
        ("Phi-4-mini-instruct", [32, 8, 128], 0),
        ("stablelm-2-zephyr-1_6b", [24, 32, 64], 0),
        ("gpt2", [12, 12, 64], 0),
        ("distilgpt2", [6, 12, 64], 0),
        ("pythia-160m", [12, 12, 64], 0),
        ("pythia-410m", [24, 16, 64], 0),
        ("phi-1_5", [24, 32, 64], 0),
    ];

    #[test]
    fn what_a_text_takes_is_what_the_configurations_give() {
        let catalogue = Catalogue::read(include_bytes!("../../models.json")).unwrap();
        assert_eq!(catalogue.models.len(), CACHES.len());
        for model in &catalogue.models {
            let name = model.id.as_str().rsplit('/').next().unwrap();
            let found = CACHES.iter().find(|(of, ..)| *of == name);
            let (_, [layers, heads, channels], convolutions) = found.expect(name);
            // Keys and values, in 16 bits.
            let bytes = 2 * 2 * layers * heads * channels + 2 * convolutions;
            let off = model.cache_bytes_per_token.abs_diff(bytes);
            assert!(off * 100 <= bytes, "{name}: {bytes}");
        }
    }

    #[test]
    fn sizes_are_those_that_so_many_weights_take() {
        let catalogue = Catalogue::read(include_bytes!("../../models.json")).unwrap();
        for model in &catalogue.models {
            let bits = |bytes: u64| bytes as f64 * 8.0 / model.parameters as f64;
            let id = &model.id;
            // 16 or 32 bits; some store a head that is the embedding once more, some masks.
            let exact = bits(model.exact_bytes);
            assert!(
                (15.9..21.0).contains(&exact) || (31.9..36.0).contains(&exact),
                "{id}: {exact}"
            );
            match &model.gguf {
                Some(_) => {
                    let eight = bits(model.download_bytes);
                    assert!((8.4..8.8).contains(&eight), "{id}: {eight}");
                }
                None => assert_eq!(model.download_bytes, model.exact_bytes, "{id}"),
            }
            // With embeddings in more bits, which small models consist of.
            if let Some(small) = model.small_bytes {
                assert!((4.5..7.7).contains(&bits(small)), "{id}: {}", bits(small));
                assert!(small < model.download_bytes, "{id}");
            }
            assert!(!model.licence.is_empty() && model.note.ends_with('.'), "{id}");
        }
        let mut ids: Vec<_> = catalogue.models.iter().map(|model| &model.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), catalogue.models.len());
    }
}
