//! What the models of `models.json` need, worked out by the code that loads them: from their
//! published configurations (`fixtures/catalogue.json`, what of them counts for sizes), without
//! their weights. That a configuration is the model's own shows in its number of parameters,
//! which the hub tells of the published weights.

use std::collections::BTreeMap;

use inference::fused_decoder::FusedDecoder;
use kernels::{CacheFormat, PackedFormat, PackedMatrix, TILE_ROWS};
use model_files::config::Config;
use model_files::weights::{
    DecoderWeights, LoadMatrix, Matrix, Role, TensorId, TensorSource, WeightStats,
};
use model_files::{ModelFileError, Result};
use serde_json::Value;

/// The longest text whose keys and values are counted, in tokens.
const TEXT_TOKENS: u64 = 4096;

/// A matrix of 8 bits without its numbers.
#[derive(Clone, Copy)]
struct Size {
    parameters: u64,
    /// In memory.
    bytes: u64,
}

impl LoadMatrix for Size {
    fn load(
        _: &mut dyn TensorSource,
        _: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Size> {
        // Matrices lie in memory by tiles, all of the same size.
        let tile = PackedMatrix::zeros(PackedFormat::Q8_0, TILE_ROWS, columns).unwrap();
        Ok(Size {
            parameters: (rows * columns) as u64,
            bytes: (rows.div_ceil(TILE_ROWS) * tile.bytes()) as u64,
        })
    }
}

/// A source of tensors that are all zero, which counts the numbers that are no matrices.
struct Zeros {
    numbers: u64,
    stats: WeightStats,
}

impl TensorSource for Zeros {
    fn contains(&self, id: TensorId) -> bool {
        id.role == Role::Head
    }

    fn matrix(&mut self, _: TensorId, _: usize, _: usize) -> Result<Matrix> {
        Err(ModelFileError::Weights("only sizes are asked for".into()))
    }

    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.matrix(id, rows, columns)
    }

    fn packed(&mut self, _: TensorId, _: usize, _: usize) -> Result<PackedMatrix> {
        Err(ModelFileError::Weights("only sizes are asked for".into()))
    }

    fn numbers(&mut self, _: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let count = shape.iter().product();
        self.numbers += count as u64;
        Ok(vec![0.0; count])
    }

    fn stored_format(&self, _: TensorId) -> Option<String> {
        None
    }

    fn stats(&self) -> &WeightStats {
        &self.stats
    }
}

/// The parameters of a model, the bytes of its weights in memory in 8 bits, and those of the
/// keys and values of a text.
fn needs(mut config: Config) -> (u64, u64, u64) {
    let mut source = Zeros { numbers: 0, stats: WeightStats::default() };
    let weights: DecoderWeights<Size> =
        DecoderWeights::load(&mut config, &mut source, &mut |_, _| ()).unwrap();
    let mut matrices = vec![weights.embed_tokens];
    matrices.extend(weights.lm_head);
    for layer in &weights.layers {
        layer
            .convert::<_, ModelFileError>(&mut |size: &Size| {
                matrices.push(*size);
                Ok(())
            })
            .unwrap();
    }
    let parameters = matrices.iter().map(|size| size.parameters).sum::<u64>();
    let bytes = matrices.iter().map(|size| size.bytes).sum::<u64>();
    let tokens = TEXT_TOKENS.min(config.context_length as u64);
    let each = FusedDecoder::cache_bytes(&config, CacheFormat::I16) as u64;
    let numbers = source.numbers;
    (parameters + numbers, bytes + numbers * size_of::<f32>() as u64, tokens * each)
}

#[test]
fn the_catalogue_says_what_each_model_needs() {
    let configs: BTreeMap<String, Value> =
        serde_json::from_slice(include_bytes!("../fixtures/catalogue.json")).unwrap();
    let catalogue: Value =
        serde_json::from_slice(include_bytes!("../../../models.json")).unwrap();
    let models = catalogue["models"].as_array().unwrap();
    assert_eq!(models.len(), configs.len());
    let mut wrong = Vec::new();
    for model in models {
        let id = model["id"].as_str().unwrap();
        let config = Config::from_json(configs[id].to_string().as_bytes()).unwrap();
        let (parameters, weights, cache) = needs(config);
        for (name, expected) in [
            ("parameters", parameters),
            ("weight_bytes", weights),
            ("cache_bytes", cache),
        ] {
            if model[name].as_u64() != Some(expected) {
                wrong.push(format!("{id}: {name} {expected}, not {}", model[name]));
            }
        }
        // The file has the tokenizer, too, and may have the head once more.
        if model["gguf"].is_object() {
            let file = model["download_bytes"].as_u64().unwrap() as f64;
            let beside = file / weights as f64;
            assert!((0.995..1.025).contains(&beside), "{id}: {beside}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
