//! The fields of `tokenizer_config.json` that matter for chat.

use serde_json::{Map, Value};

use super::ChatError;
use model_files::python_json;

/// The fields of `tokenizer_config.json` that chat needs. Invalid fields are ignored,
/// because the model can do everything else without this file.
#[derive(Debug, Default)]
pub struct TokenizerConfig {
    /// The chat template: the only one, or the one named `default` of several. A file
    /// `chat_template.jinja` takes precedence over it.
    pub chat_template: Option<String>,
    /// Why `chat_template` is `None` although the file has such a field.
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
    /// If it is not JSON or not an object.
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

/// The template in the field: a string, a map of names to templates, or a list of objects
/// with a name and a template each.
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

/// The text of a token, which is a string or an object with `content`.
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
    fn a_token_is_a_string_or_an_object() {
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
    fn the_default_of_several_templates_is_used() {
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
