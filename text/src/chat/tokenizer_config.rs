//! What `tokenizer_config.json` says about chats.

use serde_json::{Map, Value};

use super::ChatError;
use model_files::python_json;

/// The fields of `tokenizer_config.json` that a chat needs. A model can do all else
/// without this file: what is not as it should be is left out.
#[derive(Debug, Default)]
pub struct TokenizerConfig {
    /// The chat template: the only one, or of several the one named `default`. A file
    /// `chat_template.jinja` beside this one goes before it.
    pub chat_template: Option<String>,
    /// Why there is none although the file has something in its place.
    pub fault: Option<ChatError>,
    /// The text of the token that begins a sequence.
    pub bos_token: Option<String>,
    /// The text of the token that ends a sequence.
    pub eos_token: Option<String>,
}

impl TokenizerConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// If it is not JSON.
    pub fn from_json(json: &[u8]) -> Result<TokenizerConfig, ChatError> {
        let config: Map<String, Value> = python_json::from_slice(json)?;
        let (chat_template, fault) = match config.get("chat_template").map(template) {
            Some(Ok(template)) => (template, None),
            Some(Err(fault)) => (None, Some(fault)),
            None => (None, None),
        };
        let token = |name| token(config.get(name)?);
        Ok(TokenizerConfig {
            chat_template,
            fault,
            bos_token: token("bos_token"),
            eos_token: token("eos_token"),
        })
    }
}

/// The template of one, of a map of names to templates, or of a list of objects that have
/// a name and a template each.
fn template(value: &Value) -> Result<Option<String>, ChatError> {
    let default = match value {
        Value::Null => return Ok(None),
        Value::String(template) => return Ok(Some(template.clone())),
        Value::Object(templates) => templates.get("default"),
        Value::Array(templates) => templates
            .iter()
            .rfind(|named| named["name"] == "default")
            .map(|named| &named["template"]),
        _ => return Err(ChatError::NoTemplate),
    };
    match default {
        Some(Value::String(template)) => Ok(Some(template.clone())),
        Some(_) => Err(ChatError::NoTemplate),
        None => Err(ChatError::NoDefault),
    }
}

/// A token's text, or that of an object that describes it.
fn token(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str) -> TokenizerConfig {
        TokenizerConfig::from_json(config.as_bytes()).unwrap()
    }

    #[test]
    fn tokens_come_in_two_forms() {
        let config = read(
            r#"{
                "bos_token": {"content": "<s>", "lstrip": false, "__type": "AddedToken"},
                "eos_token": "</s>",
                "model_max_length": Infinity,
                "eos_token": "</s>"
            }"#,
        );
        assert_eq!(config.bos_token.as_deref(), Some("<s>"));
        assert_eq!(config.eos_token.as_deref(), Some("</s>"));
        let odd = read(r#"{"bos_token": null, "eos_token": 3, "chat_template": "T"}"#);
        assert_eq!((odd.bos_token, odd.eos_token), (None, None));
        assert_eq!(odd.chat_template.as_deref(), Some("T"));
    }

    #[test]
    fn of_several_templates_the_default_is_taken() {
        for templates in [
            r#""D""#,
            r#"{"default": "D"}"#,
            r#"{"tool_use": "T", "default": "D", "rag": 3}"#,
            r#"[{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]"#,
        ] {
            let config = read(&format!(r#"{{"chat_template": {templates}}}"#));
            assert_eq!(config.chat_template.as_deref(), Some("D"), "{templates}");
            assert!(config.fault.is_none(), "{templates}");
        }
        for templates in [r#"{"tool_use": "T"}"#, "{}", r#"[{"name": "rag"}]"#, "[3]"] {
            let config = read(&format!(r#"{{"chat_template": {templates}}}"#));
            assert!(config.chat_template.is_none(), "{templates}");
            assert!(matches!(config.fault, Some(ChatError::NoDefault)), "{templates}");
        }
        for templates in ["3", r#"{"default": 3}"#, r#"[{"name": "default"}]"#] {
            let config = read(&format!(r#"{{"chat_template": {templates}}}"#));
            assert!(matches!(config.fault, Some(ChatError::NoTemplate)), "{templates}");
        }
        for none in ["{}", r#"{"chat_template": null}"#] {
            let config = read(none);
            assert!(config.chat_template.is_none() && config.fault.is_none(), "{none}");
        }
        assert!(TokenizerConfig::from_json(b"[]").is_err());
        assert!(TokenizerConfig::from_json(b"{").is_err());
    }
}
