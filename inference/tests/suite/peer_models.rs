//! The candle decoder against the models of candle-transformers, which are written for
//! one family each, on the same checkpoints.

use std::collections::BTreeSet;
use std::path::Path;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{
    gemma2, llama, mistral, olmo2, phi, phi3, qwen2, qwen3, stable_lm,
};
use protocol::Precision;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::architectures::{decoder, for_each_fixture, read};

/// The largest difference of a logit that passes: both sum in f32, in different orders.
const TOLERANCE: f32 = 1e-4;

/// The fixtures that a model of candle-transformers can read. The others have what it
/// refuses or ignores: biases, heads of other widths, rotary scaling.
const COVERED: [&str; 11] = [
    "gemma2",
    "llama",
    "llama-rope-llama3",
    "mistral",
    "olmo2",
    "phi",
    "phi3",
    "qwen2",
    "qwen2-window",
    "qwen3",
    "stablelm",
];

/// `config.json` as transformers 4 wrote it, which is what candle-transformers reads.
fn config<C: DeserializeOwned>(json: &Value) -> C {
    let mut json = json.clone();
    let rope = json["rope_parameters"].take();
    if let Value::Object(rope) = &rope {
        let own = rope.get("full_attention").unwrap_or(&Value::Null);
        let local = rope.get("sliding_attention").unwrap_or(&Value::Null);
        for (name, value) in [
            ("rope_theta", rope.get("rope_theta").or(own.get("rope_theta"))),
            ("rope_local_base_freq", local.get("rope_theta")),
            ("partial_rotary_factor", rope.get("partial_rotary_factor")),
        ] {
            if let Some(value) = value {
                json[name] = value.clone();
            }
        }
        if rope.get("rope_type").is_some_and(|kind| kind != "default") {
            json["rope_scaling"] = Value::Object(rope.clone());
        }
    }
    if json["sliding_window"].is_null() {
        json["sliding_window"] = json["max_position_embeddings"].clone();
    }
    serde_json::from_value(json).unwrap()
}

/// The first of the ids, within every window: in candle-transformers a token sees one
/// more than its window has.
fn within_window<'a>(folder: &Path, ids: &'a [u32]) -> &'a [u32] {
    let window = json(folder)["sliding_window"].as_u64();
    &ids[..window.map_or(ids.len(), |window| ids.len().min(window as usize))]
}

fn json(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap()
}

/// The logits after the last of the ids, by the family's own model.
fn peer(folder: &Path, ids: &[u32]) -> Result<Vec<f32>> {
    let device = &Device::Cpu;
    let json = json(folder);
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let vb = VarBuilder::from_buffered_safetensors(bytes, DType::F32, device)?;
    let x = Tensor::new(ids, device)?.unsqueeze(0)?;
    let logits = match json["model_type"].as_str().unwrap() {
        "llama" => {
            let config = config::<llama::LlamaConfig>(&json).into_config(false);
            let mut cache = llama::Cache::new(true, DType::F32, &config, device)?;
            llama::Llama::load(vb, &config)?.forward(&x, 0, &mut cache)?
        }
        "mistral" => mistral::Model::new(&config(&json), vb)?.forward(&x, 0)?,
        "qwen2" => qwen2::ModelForCausalLM::new(&config(&json), vb)?.forward(&x, 0)?,
        "qwen3" => qwen3::ModelForCausalLM::new(&config(&json), vb)?.forward(&x, 0)?,
        "gemma2" => gemma2::Model::new(false, &config(&json), vb)?.forward(&x, 0)?,
        "phi" => phi::Model::new(&config(&json), vb)?.forward(&x)?,
        "phi3" => phi3::Model::new(&config(&json), vb)?.forward(&x, 0)?,
        "olmo2" => olmo2::Model::new(&config(&json), vb)?.forward(&x, 0)?,
        "stablelm" => stable_lm::Model::new(&config(&json), vb)?.forward(&x, 0)?,
        other => candle_core::bail!("there is no model for {other}"),
    };
    let vocab_size = logits.dims().last().copied().unwrap_or(1);
    let rows = logits.reshape(((), vocab_size))?;
    rows.get(rows.dim(0)? - 1)?.to_vec1()
}

#[test]
fn the_models_of_candle_transformers_give_the_same_logits() {
    let covered = std::cell::RefCell::new(BTreeSet::new());
    for_each_fixture(|name, folder, expected| {
        if !COVERED.contains(&name) {
            return;
        }
        let ids = within_window(folder, &expected.ids);
        let logits = read(&mut decoder(folder, Precision::F32), ids);
        let ours = logits.last().unwrap();
        let theirs = peer(folder, ids).unwrap();
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let differences = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs());
        let largest = differences.fold(0.0, f32::max);
        println!("{name}: largest difference {largest:.1e}");
        assert!(largest < TOLERANCE, "{name}: {largest}");
        covered.borrow_mut().insert(name.to_owned());
    });
    assert_eq!(covered.into_inner(), COVERED.map(str::to_owned).into());
}
