//! What `tokenizer_config.json` says about chats.

use serde::Deserialize;

use super::ChatError;
use crate::python_json;

/// The fields of `tokenizer_config.json` that a chat needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TokenizerConfig {
    /// The chat template: the only one, or of several the one named `default`. A file
    /// `chat_template.jinja` beside this one goes before it.
    #[serde(deserialize_with = "template")]
    pub chat_template: Option<String>,
    /// The text of the token that begins a sequence.
    #[serde(deserialize_with = "token")]
    pub bos_token: Option<String>,
    /// The text of the token that ends a sequence.
    #[serde(deserialize_with = "token")]
    pub eos_token: Option<String>,
}

impl TokenizerConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn from_json(json: &[u8]) -> Result<TokenizerConfig, ChatError> {
        Ok(python_json::from_slice(json)?)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<Named>),
}

#[derive(Deserialize)]
struct Named {
    name: String,
    template: String,
}

/// A token's text, or an object that describes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum TokenText {
    Text(String),
    Described { content: String },
}

fn template<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Templates>::deserialize(deserializer)? {
        None => None,
        Some(Templates::One(template)) => Some(template),
        Some(Templates::Named(templates)) => templates
            .into_iter()
            .find(|named| named.name == "default")
            .map(|named| named.template),
    })
}

fn token<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(Option::<TokenText>::deserialize(deserializer)?.map(|token| match token {
        TokenText::Text(text) => text,
        TokenText::Described { content } => content,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_two_forms_each() {
        let config = br#"{
            "bos_token": {"content": "<s>", "lstrip": false, "__type": "AddedToken"},
            "eos_token": "</s>",
            "chat_template": [
                {"name": "tool_use", "template": "T"},
                {"name": "default", "template": "D"}
            ],
            "model_max_length": Infinity,
            "eos_token": "</s>"
        }"#;
        let config = TokenizerConfig::from_json(config).unwrap();
        let expected = TokenizerConfig {
            chat_template: Some("D".into()),
            bos_token: Some("<s>".into()),
            eos_token: Some("</s>".into()),
        };
        assert_eq!(config, expected);
        let one =
            TokenizerConfig::from_json(br#"{"chat_template": "T", "bos_token": null}"#);
        assert_eq!(one.unwrap().chat_template.as_deref(), Some("T"));
        assert_eq!(
            TokenizerConfig::from_json(b"{}").unwrap(),
            TokenizerConfig::default()
        );
        assert!(TokenizerConfig::from_json(br#"{"bos_token": 3}"#).is_err());
    }
}
