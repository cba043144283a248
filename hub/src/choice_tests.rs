//! Which files are taken of models as they are published.

use super::*;

const NEEDED: [&str; 2] = ["config.json", "tokenizer.json"];

fn index(names: &[&str]) -> ShardIndex {
    let map: BTreeMap<String, &&str> =
        names.iter().enumerate().map(|(n, name)| (format!("t{n}"), name)).collect();
    let json = serde_json::json!({ "metadata": {}, "weight_map": map });
    ShardIndex::read(json.to_string().as_bytes()).unwrap()
}

fn chosen(
    paths: &[&str],
    wanted: &Wanted,
    preference: Preference,
    index: Option<&ShardIndex>,
) -> Result<Vec<String>, String> {
    match choose(paths, wanted, preference, index) {
        Ok(Selected::Files(files)) => Ok(files.weights),
        Ok(Selected::NeedsIndex(path)) => Err(format!("wants {path}")),
        Err(Unusable::Missing(path)) => Err(format!("{path} is not there")),
        Err(Unusable::Because(reason)) => Err(reason),
    }
}

fn any(paths: &[&str]) -> Result<Vec<String>, String> {
    chosen(paths, &Wanted::Any, Preference::Compact, None)
}

#[test]
fn the_8_bit_gguf_is_taken_before_others_and_before_safetensors() {
    let files = [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "n-Q4_K_M.gguf",
        "n-q8_0.gguf",
    ];
    let of = |preference| chosen(&files, &Wanted::Any, preference, None).unwrap();
    assert_eq!(of(Preference::Compact), ["n-q8_0.gguf"]);
    assert_eq!(of(Preference::Exact), ["model.safetensors"]);
    assert_eq!(of(Preference::Small), ["n-Q4_K_M.gguf"]);
}

#[test]
fn four_bits_come_of_published_weights_rather_than_of_eight() {
    let files = [&NEEDED[..], &["model.safetensors", "n-q8_0.gguf"]].concat();
    let of = |files: &[&str]| chosen(files, &Wanted::Any, Preference::Small, None);
    assert_eq!(of(&files).unwrap(), ["model.safetensors"]);
    assert_eq!(of(&files[3..]).unwrap(), ["n-q8_0.gguf"]);
    let files = [&files[..], &["n-Q5_K_M.gguf"]].concat();
    assert_eq!(of(&files).unwrap(), ["n-Q5_K_M.gguf"]);
}

#[test]
fn what_cannot_be_used_of_one_kind_leaves_the_other() {
    let files = ["config.json", "tokenizer.json", "model.safetensors", "imatrix.gguf"];
    assert_eq!(any(&files).unwrap(), ["model.safetensors"]);
    // A model without its tokenizer, and a GGUF file that has one inside.
    let files = ["config.json", "model.safetensors", "n-q8_0.gguf"];
    let exact = chosen(&files, &Wanted::Any, Preference::Exact, None);
    assert_eq!(exact.unwrap(), ["n-q8_0.gguf"]);
}

#[test]
fn all_parts_of_weights_are_needed_and_taken_in_order() {
    let parts = ["model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors"];
    let all = [&NEEDED[..], &parts[..]].concat();
    assert_eq!(any(&all).unwrap(), [parts[1], parts[0]]);
    let error = any(&all[..3]).unwrap_err();
    assert!(error.contains("model-00001-of-00002.safetensors is missing"), "{error}");
    let absurd = [&NEEDED[..], &["model-00001-of-99999999.safetensors"]].concat();
    assert!(any(&absurd).unwrap_err().contains("is missing"));
}

#[test]
fn an_index_is_followed_whatever_its_files_are_called() {
    let shards = ["b.safetensors", "pytorch_model-00001-of-00002.safetensors"];
    let files = [&NEEDED[..], &["model.safetensors.index.json"], &shards].concat();
    assert_eq!(any(&files).unwrap_err(), "wants model.safetensors.index.json");
    let with = |names: &[&str]| {
        chosen(&files, &Wanted::Any, Preference::Compact, Some(&index(names)))
    };
    assert_eq!(with(&[shards[1], shards[0], shards[1]]).unwrap(), shards);
    let error = with(&[shards[0], "model-00003-of-00003.safetensors"]).unwrap_err();
    assert!(error.contains("model-00003-of-00003.safetensors is missing"), "{error}");
    assert!(with(&[]).is_err());
}

#[test]
fn an_index_names_only_its_neighbours() {
    for name in ["../x", "/etc/passwd", "a/b.safetensors", "..", "C:\\x", ""] {
        let json = serde_json::json!({ "weight_map": { "t": name } }).to_string();
        assert!(ShardIndex::read(json.as_bytes()).is_err(), "{name}");
    }
}

#[test]
fn what_a_model_lacks_is_named() {
    for (files, reason) in [
        (&["model.safetensors", "config.json"][..], "no tokenizer.json"),
        (
            &["model.safetensors", "config.json", "tokenizer.model"],
            "tokenizer.model alone is not supported",
        ),
        (&["pytorch_model.bin"], "Python's own format"),
        (&["model.onnx"], "not supported (model.onnx)"),
        (&["README.md"], "neither safetensors nor GGUF"),
        (&["ggml-model-q4_0.bin"], "from before GGUF"),
        (&["m.llamafile"], "llamafile"),
        (&["m.litertlm", "README.md"], "LiteRT"),
        (&["onnx/model.onnx", "tokenizer.json"], "ONNX"),
        (&["a.mlpackage/Data/coremldata.bin"], "Core ML"),
        (
            &["config.json", "tokenizer.json", "consolidated.safetensors", "params.json"],
            "layout of consolidated.safetensors",
        ),
        (&["adapter_config.json", "adapter_model.safetensors"], "an adapter (LoRA)"),
        (
            &["config.json", "tokenizer.json", "a.safetensors", "b.safetensors"],
            "a.safetensors, b.safetensors",
        ),
        (&["unet/model.safetensors", "README.md"], "unet"),
    ] {
        let error = any(files).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_single_file_is_taken_whatever_its_name() {
    let with = |name: &'static str| any(&["config.json", "tokenizer.json", name]);
    assert_eq!(with("pytorch_model.safetensors").unwrap(), ["pytorch_model.safetensors"]);
    assert_eq!(with("model.fp16.safetensors").unwrap(), ["model.fp16.safetensors"]);
    for name in ["my-lora.safetensors", "optimizer.safetensors", "vae.safetensors"] {
        assert!(with(name).unwrap_err().contains("do not say which"), "{name}");
    }
}

#[test]
fn a_file_that_is_named_is_taken() {
    let files = [
        "a-q4_0.gguf",
        "a-q8_0.gguf",
        "x.json",
        "config.json",
        "tokenizer.json",
        "odd.safetensors",
        "m-00001-of-00002.gguf",
    ];
    let named =
        |file: &str| chosen(&files, &Wanted::File(file.into()), Preference::Exact, None);
    assert_eq!(named("a-q4_0.gguf").unwrap(), ["a-q4_0.gguf"]);
    assert_eq!(named("odd.safetensors").unwrap(), ["odd.safetensors"]);
    assert_eq!(named("b.gguf").unwrap_err(), "b.gguf is not there");
    assert!(named("x.json").unwrap_err().contains("not a file of weights"));
    assert!(named("m-00001-of-00002.gguf").unwrap_err().contains("gguf-split"));
}

#[test]
fn a_folder_that_is_named_is_looked_into_and_nowhere_else() {
    let files = [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "sub/x.gguf",
        "subs/y.gguf",
        "small/config.json",
        "small/tokenizer.json",
        "small/model.safetensors",
    ];
    let at = |folder: &str| {
        let wanted = Wanted::Folder(folder.into());
        choose(&files, &wanted, Preference::Compact, None)
    };
    let weights = |found: Result<Selected, Unusable>| match found {
        Ok(Selected::Files(files)) => files,
        other => panic!("{other:?}"),
    };
    assert_eq!(weights(at("sub")).weights, ["sub/x.gguf"]);
    let small = weights(at("small"));
    assert_eq!(small.weights, ["small/model.safetensors"]);
    assert_eq!(small.others, ["small/config.json", "small/tokenizer.json"]);
    assert_eq!(at("none"), Err(Unusable::Missing("none".into())));
}

#[test]
fn a_kind_that_is_named_is_taken_and_nothing_instead() {
    let files = ["config.json", "tokenizer.json", "model.safetensors", "m-Q8_0.gguf"];
    let of = |kind: &str| {
        chosen(&files, &Wanted::Quantization(kind.into()), Preference::Compact, None)
    };
    assert_eq!(of("Q8_0").unwrap(), ["m-Q8_0.gguf"]);
    assert!(of("Q4_K_M").unwrap_err().contains("no GGUF file of the kind Q4_K_M"));
}

#[test]
fn a_list_of_tokens_stands_in_for_a_tokenizer_that_is_not_there() {
    let list = "rwkv_vocab_v20230424.txt";
    let others =
        |paths: &[&str]| match choose(paths, &Wanted::Any, Preference::Exact, None) {
            Ok(Selected::Files(files)) => files.others,
            other => panic!("{other:?}"),
        };
    let files =
        ["config.json", "hf_rwkv_tokenizer.py", "model.safetensors", list, "README.md"];
    assert_eq!(others(&files), ["config.json", list]);
    let both = [&files[..], &["tokenizer.json"]].concat();
    assert_eq!(others(&both), ["config.json", "tokenizer.json"]);
    let error = any(&[list, "model.safetensors"]).unwrap_err();
    assert!(error.contains("no config.json"), "{error}");
}
