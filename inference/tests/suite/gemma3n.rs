//! Gemma 3n as its files are published: the text model among others, under names of its own.

use candle_core::Device;
use inference::candle_decoder::CandleDecoder;
use inference::fused_decoder::FusedDecoder;
use inference::{LanguageModel, ModelWeights, Part};
use kernels::CacheFormat;
use model_files::BoxedFile;
use model_files::config::Config;
use model_files::weights::{Placement, SafetensorsSource};
use protocol::Precision;
use serde_json::{Map, Value, json};

use crate::architectures::{Expected, check, decoder, for_each_fixture, read};

/// A safetensors file with other names, and a tensor more of those that see and hear.
fn published(file: &[u8]) -> Vec<u8> {
    let (length, rest) = file.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let (header, data) = rest.split_at(length);
    let header: Map<String, Value> = serde_json::from_slice(header).unwrap();
    let renamed = |(name, tensor): (String, Value)| {
        (name.replacen("model.", "model.language_model.", 1), tensor)
    };
    let mut header: Map<String, Value> = header.into_iter().map(renamed).collect();
    let ends = [data.len(), data.len() + 4];
    header.insert(
        "model.audio_tower.conformer.0.norm.weight".into(),
        json!({"dtype": "F32", "shape": [1], "data_offsets": ends}),
    );
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, data, &[0; 4]].concat()
}

fn each(test: impl Fn(&str, &std::path::Path, Expected)) {
    for_each_fixture(|name, folder, expected| {
        if name.starts_with("gemma3n") {
            test(name, folder, expected);
        }
    });
}

#[test]
fn the_text_model_is_found_among_those_that_see_and_hear() {
    each(|name, folder, expected| {
        let own = std::fs::read(folder.join("config.json")).unwrap();
        let own: Value = serde_json::from_slice(&own).unwrap();
        let whole = json!({
            "model_type": "gemma3n", "text_config": own, "eos_token_id": [1, 106],
            "audio_config": {"hidden_size": 1536}, "vision_config": {"hidden_size": 2048},
        });
        let config = Config::from_json(whole.to_string().as_bytes()).unwrap();
        let file = published(&std::fs::read(folder.join("model.safetensors")).unwrap());
        let shards: Vec<BoxedFile> = vec![Box::new(file)];
        let placement = Placement { precision: Precision::F32, device: Device::Cpu };
        let mut source = SafetensorsSource::new(&shards, &config, placement).unwrap();
        let mut model =
            CandleDecoder::new(config, &mut source, &Device::Cpu, &mut |_, _| ())
                .unwrap();
        let logits = read(&mut model, &expected.ids);
        check(name, "as published", &logits, &expected.logits);
    });
}

#[test]
fn layers_with_the_keys_of_others_keep_none() {
    each(|name, folder, expected| {
        let mut model = decoder(folder, Precision::F32);
        let config = model.config().clone();
        let own = config.layers.iter().filter(|layer| layer.shares.is_none()).count();
        assert_eq!(own, 3, "{name}");
        let each = 2 * config.kv_size() * own;
        assert_eq!(model.bytes_per_token(), each * size_of::<f32>(), "{name}");
        let fused = FusedDecoder::cache_bytes(&config, CacheFormat::F32);
        assert_eq!(fused, each * size_of::<f32>(), "{name}");
        // What is kept of a part is what comes back.
        model.read(&[Part { slot: 0, ids: &expected.ids }]).unwrap();
        model.copy(0, 1, 9).unwrap();
        assert_eq!((model.cached(0), model.cached(1)), (expected.ids.len(), 9));
    });
}
