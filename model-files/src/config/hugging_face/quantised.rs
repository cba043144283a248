//! Weights that are stored quantised: a `config.json` says so.

use serde_json::Value;

/// What the weights are quantised by, if they are: as `config.json` names the method.
pub(super) fn method(config: &Value) -> Option<String> {
    let object = |name: &str| {
        let within = [config, &config["text_config"]];
        let found = within.into_iter().find_map(|part| part[name].as_object());
        found.filter(|members| !members.is_empty())
    };
    // MLX's own member; beside it may stand a copy that names no method.
    let mlx = object("quantization");
    let other = object("quantization_config");
    let named = other.and_then(|members| members.get("quant_method")?.as_str());
    let on = |name: &str| {
        other.is_some_and(|members| members.get(name) == Some(&Value::Bool(true)))
    };
    match (named, mlx) {
        (Some(method), _) => Some(method.to_owned()),
        (None, Some(_)) => Some("MLX".into()),
        // Files from before the member.
        (None, None) if on("load_in_4bit") || on("load_in_8bit") => {
            Some("bitsandbytes".into())
        }
        (None, None) => other.map(|_| "a method that it does not name".into()),
    }
}
