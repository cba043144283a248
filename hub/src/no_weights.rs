//! What is said of a model none of whose files can be used.

use crate::name_list::name_list;

/// Endings of weights for other programs, and which programs those are.
const OTHER_PROGRAMS: [(&str, &str); 14] = [
    (".llamafile", "llamafile, a program with the weights in it"),
    (".nemo", "NeMo"),
    (".litertlm", "LiteRT"),
    (".task", "MediaPipe"),
    (".tflite", "TensorFlow Lite"),
    (".mlmodel", "Core ML"),
    (".mlpackage", "Core ML"),
    ("coremldata.bin", "Core ML"),
    (".pte", "ExecuTorch"),
    (".engine", "TensorRT"),
    (".onnx", "ONNX"),
    (".npz", "MLX or NumPy"),
    (".h5", "TensorFlow"),
    (".msgpack", "Flax"),
];
/// Parts of names of tensors that are no model, or only a part of one.
const NO_MODEL: [&str; 7] =
    ["adapter", "lora", "optimizer", "vae", "vision", "embedding", "consolidated"];

/// The only safetensors file outside of folders, unless its name says that it is no model.
pub(crate) fn only_safetensors<'a>(paths: &[&'a str]) -> Option<&'a str> {
    let is_here = |path: &&&str| path.ends_with(".safetensors") && !path.contains('/');
    let mut found = paths.iter().filter(is_here);
    let only = found.next().filter(|_| found.next().is_none())?;
    let name = only.to_ascii_lowercase();
    (!NO_MODEL.iter().any(|part| name.contains(part))).then_some(*only)
}

/// Why there are no weights that can be used among the paths in a folder with this prefix.
/// `kind` is the kind of GGUF file that was asked for.
pub(crate) fn why_none(paths: &[&str], prefix: &str, kind: Option<&str>) -> String {
    if let Some(kind) = kind {
        return format!("it has no GGUF files, and so none of the kind {kind}");
    }
    let has = |name: &str| paths.contains(&name);
    let ends = |ending: &str| paths.iter().find(|path| path.ends_with(ending));
    if has("adapter_config.json") || has("adapter_model.safetensors") {
        return "it is an adapter (LoRA) for another model and has no weights of its own; \
                take a version that was merged with that model"
            .into();
    }
    if has("consolidated.safetensors")
        || ends(".safetensors").is_some_and(|path| path.starts_with("consolidated-"))
    {
        return "its weights are in the layout of consolidated.safetensors and \
                params.json, which is not supported; look for a version with \
                model.safetensors or a GGUF file"
            .into();
    }
    let here = |path: &&&str| path.ends_with(".safetensors") && !path.contains('/');
    if paths.iter().any(|path| here(&path)) {
        let names = name_list(paths.iter().filter(here).copied());
        return format!(
            "the names of its safetensors files do not say which one is meant; name it \
             after the model's name and a slash: {names}"
        );
    }
    let of_ggml = |path: &&&str| {
        let name = path.to_ascii_lowercase();
        name.contains("ggml") && name.ends_with(".bin")
    };
    if let Some(path) = paths.iter().find(of_ggml) {
        return format!(
            "its weights are in a format from before GGUF ({path}), which nothing reads any \
             more; look for a newer GGUF version of it"
        );
    }
    let is_python = |path: &&&str| {
        let endings = [".bin", ".pth", ".pt", ".ckpt"];
        endings.iter().any(|end| path.ends_with(end)) && !path.ends_with("data.bin")
    };
    if paths.iter().any(|path| is_python(&path)) {
        return "it only has weights in Python's own format, which can hold programs; look \
                for a safetensors or GGUF version of it"
            .into();
    }
    for ending in [".safetensors", ".gguf"] {
        if let Some(path) = ends(ending) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            return format!(
                "it has no weights outside of folders; {prefix}{folder} is one that has some"
            );
        }
    }
    match OTHER_PROGRAMS.iter().find_map(|(ending, of)| Some((ends(ending)?, of))) {
        Some((path, of)) => format!(
            "its weights are for {of}, which is not supported ({path}); look for a \
             safetensors or GGUF version of it"
        ),
        None => "it has neither safetensors nor GGUF weights".into(),
    }
}
