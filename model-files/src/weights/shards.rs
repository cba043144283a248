//! The index of weights in several files.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::python_json;

/// The files that a `model.safetensors.index.json` names, each once, in alphabetical
/// order.
///
/// # Errors
/// If it is damaged, or names a file outside its own folder; the reason, for people.
pub fn shard_names(index: &[u8]) -> Result<BTreeSet<String>, String> {
    let index: Value =
        python_json::from_slice(index).map_err(|error| error.to_string())?;
    let Some(files) = index.get("weight_map").and_then(Value::as_object) else {
        return Err("it has no weight_map".into());
    };
    let mut names = BTreeSet::new();
    for file in files.values() {
        // The index is untrusted: a path in a name could lead anywhere.
        match file.as_str() {
            Some(name) if is_file_name(name) => names.insert(name.to_owned()),
            _ => return Err(format!("it names the file {file}")),
        };
    }
    match names.is_empty() {
        true => Err("it names no files".into()),
        false => Ok(names),
    }
}

fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', ':', '?', '#', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_named_once_and_is_beside_the_index() {
        let index = br#"{
            "metadata": {"total_size": NaN},
            "weight_map": {"a": "x-2.safetensors", "b": "x-1.safetensors",
                           "c": "x-2.safetensors"}
        }"#;
        let names: Vec<_> = shard_names(index).unwrap().into_iter().collect();
        assert_eq!(names, ["x-1.safetensors", "x-2.safetensors"]);
        for name in ["", ".", "..", "/x", "../x", "a/x", r"..\x", "https://e", "%2e%2e"] {
            let index = serde_json::json!({"weight_map": {"a": name}}).to_string();
            assert!(shard_names(index.as_bytes()).is_err(), "{name}");
        }
        for index in ["{}", "[]", r#"{"weight_map": {}}"#, r#"{"weight_map": {"a": 1}}"#]
        {
            assert!(shard_names(index.as_bytes()).is_err(), "{index}");
        }
    }
}
