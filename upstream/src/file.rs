//! A file that lists engines.

use std::time::Duration;

use serde::Deserialize;

use crate::{Address, Key, Kind, Settings};

/// An engine of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The name that it is chosen by.
    pub name: String,
    /// The folder, file or name of the model whose tokenizer it has; none where an option
    /// says it.
    pub tokenizer: Option<String>,
    /// How to ask it.
    pub settings: Settings,
}

/// Why a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is not of the form.
    #[error("The list of engines cannot be read: {0}.")]
    Form(String),
    /// An engine of it cannot be used.
    #[error("The engine {name:?} of the list cannot be used: {why}.")]
    Engine {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// Two have one name.
    #[error("The list has two engines with the name {0:?}.")]
    Twice(String),
    /// It has none.
    #[error("The list of engines is empty.")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    addresses: Vec<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    key_variable: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    tokenizer: Option<String>,
    #[serde(default)]
    logprobs: Option<usize>,
    #[serde(default)]
    seconds: Option<u64>,
}

/// Reads a list in JSON. `variable` gives the value of an environment variable: keys stand in
/// those and not in the file.
///
/// ```
/// let json = br#"[{ "name": "cluster", "addresses": ["http://a:8000", "http://b:8000"],
///                   "kind": "vllm", "key_variable": "CLUSTER_KEY" }]"#;
/// let list = upstream::read_list(json, &|_| Some("secret".into()))?;
/// assert_eq!(list[0].settings.addresses.len(), 2);
/// assert!(!format!("{list:?}").contains("secret"));
/// # Ok::<(), upstream::FileError>(())
/// ```
///
/// # Errors
/// If it is not of this form, or names what cannot be used.
pub fn read_list(
    json: &[u8],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Listed>, FileError> {
    let entries: Vec<Entry> = serde_json::from_slice(json)
        .map_err(|error| FileError::Form(error.to_string()))?;
    let mut list: Vec<Listed> = Vec::new();
    for entry in entries {
        let name = entry.name.clone();
        if list.iter().any(|known| known.name == name) {
            return Err(FileError::Twice(name));
        }
        let read = engine(entry, variable);
        list.push(read.map_err(|why| FileError::Engine { name, why })?);
    }
    match list.is_empty() {
        true => Err(FileError::Empty),
        false => Ok(list),
    }
}

fn engine(
    entry: Entry,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Listed, String> {
    let addresses = entry.addresses.iter().map(|text| text.parse());
    let addresses: Vec<Address> = addresses
        .collect::<Result<_, crate::AddressError>>()
        .map_err(|error| error.to_string())?;
    if addresses.is_empty() {
        return Err("it has no address".into());
    }
    let key = match &entry.key_variable {
        None => None,
        Some(name) => {
            let value = variable(name);
            let value = value.ok_or_else(|| format!("there is no variable {name}"))?;
            Key::new(&value).map_err(|error| error.trim_end_matches('.').to_owned())?
        }
    };
    let mut settings = Settings::new(addresses);
    settings.kind = Kind::named(&entry.kind)?;
    settings.key = key;
    settings.model = entry.model;
    if let Some(most) = entry.logprobs {
        settings.most_listed = most.max(1);
    }
    if let Some(seconds) = entry.seconds {
        settings.patience = Duration::from_secs(seconds.max(1));
    }
    Ok(Listed { name: entry.name, tokenizer: entry.tokenizer, settings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<Listed>, String> {
        let variable = |name: &str| (name == "KEY").then(|| "s3cret".to_owned());
        read_list(json.as_bytes(), &variable).map_err(|error| error.to_string())
    }

    #[test]
    fn what_cannot_be_used_is_said_by_name_and_without_keys() {
        let good = r#"[{"name": "a", "addresses": ["http://x"], "kind": "sglang",
            "key_variable": "KEY", "logprobs": 20, "seconds": 5, "tokenizer": "/m"}]"#;
        let list = read(good).unwrap();
        assert_eq!(list[0].settings.kind, Some(Kind::Sglang));
        assert_eq!(list[0].settings.most_listed, 20);
        for (json, said) in [
            ("[]", "empty"),
            ("{}", "cannot be read"),
            (r#"[{"name": "a", "addresses": []}]"#, "no address"),
            (r#"[{"name": "a", "addresses": ["x"]}]"#, "\"x\" is not"),
            (
                r#"[{"name": "a", "addresses": ["http://x"], "kind": "tgi"}]"#,
                "auto, vllm",
            ),
            (r#"[{"name": "a", "addresses": ["http://x"], "key": "s3cret"}]"#, "key"),
            (r#"[{"name": "a", "addresses": ["http://x"], "key_variable": "NO"}]"#, "NO"),
            (
                r#"[{"name": "a", "addresses": ["http://x"]},
                    {"name": "a", "addresses": ["http://y"]}]"#,
                "two engines",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(said) && !error.contains("s3cret"), "{json}: {error}");
        }
    }
}
