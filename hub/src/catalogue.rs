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
    /// Bytes of its weights in memory in 8 bits. Nothing if it is not known.
    #[serde(default)]
    pub weight_bytes: u64,
    /// Bytes of memory that a text of 4,096 tokens takes, or the longest one that the model
    /// takes, beside the weights: mostly keys and values in 16 bits. Nothing if it is not
    /// known.
    #[serde(default)]
    pub cache_bytes: u64,
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
