//! Detects weights that are stored quantised, which a `config.json` says.

use serde_json::Value;

/// The method by which the weights are quantised, as `config.json` names it; `None` if
/// they are not.
pub(super) fn method(config: &Value) -> Option<String> {
    let object = |name: &str| {
        let within = [config, &config["text_config"]];
        let found = within.into_iter().find_map(|part| part[name].as_object());
        found.filter(|members| !members.is_empty())
    };
    // MLX's own member; a copy under the other name may lack the method.
    let mlx = object("quantization");
    let other = object("quantization_config");
    let named = other.and_then(|members| members.get("quant_method")?.as_str());
    let on = |name: &str| {
        other.is_some_and(|members| members.get(name) == Some(&Value::Bool(true)))
    };
    match (named, mlx) {
        (Some(method), _) => Some(method.to_owned()),
        (None, Some(_)) => Some("MLX".into()),
        // Older files without `quant_method`.
        (None, None) if on("load_in_4bit") || on("load_in_8bit") => {
            Some("bitsandbytes".into())
        }
        (None, None) => other.map(|_| "a method that it does not name".into()),
    }
}
