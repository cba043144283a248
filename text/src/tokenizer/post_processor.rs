//! The leading tokens that a `tokenizer.json` adds to every text.

use protocol::TokenId;
use serde_json::Value;

use super::TokenizerError;

/// The leading tokens of a post-processor. Its trailing tokens are ignored, because a
/// prompt is to be continued.
///
/// # Errors
/// If the post-processor is of an unknown kind, or names tokens that it does not define.
pub(super) fn leading_tokens(processor: &Value) -> Result<Vec<TokenId>, TokenizerError> {
    match kind(processor) {
        "ByteLevel" => Ok(Vec::new()),
        "TemplateProcessing" => template(processor),
        "BertProcessing" | "RobertaProcessing" => {
            let id = id(&processor["cls"][1]).ok_or_else(|| damaged("cls"))?;
            Ok(vec![id])
        }
        "Sequence" => {
            let parts = processor["processors"].as_array();
            let parts = parts.ok_or_else(|| damaged("processors"))?;
            // Each one gets the result of those before it, so the last one's tokens come
            // first.
            let mut leading = Vec::new();
            for part in parts.iter().rev() {
                leading.extend(leading_tokens(part)?);
            }
            Ok(leading)
        }
        kind => Err(TokenizerError::Unsupported {
            part: "post-processor",
            kind: kind.to_owned(),
        }),
    }
}

/// The special tokens before the text in a template for single texts.
fn template(processor: &Value) -> Result<Vec<TokenId>, TokenizerError> {
    let pieces = processor["single"].as_array().ok_or_else(|| damaged("single"))?;
    let mut leading = Vec::new();
    for piece in pieces {
        if piece.get("Sequence").is_some() {
            break;
        }
        let name =
            piece["SpecialToken"]["id"].as_str().ok_or_else(|| damaged("single"))?;
        let token = &processor["special_tokens"][name]["ids"];
        let ids = token.as_array().ok_or_else(|| damaged("special_tokens"))?;
        for value in ids {
            leading.push(id(value).ok_or_else(|| damaged("special_tokens"))?);
        }
    }
    Ok(leading)
}

/// The kind of a part; empty if it has none.
pub(super) fn kind(part: &Value) -> &str {
    part["type"].as_str().unwrap_or_default()
}

fn id(value: &Value) -> Option<TokenId> {
    value.as_u64().and_then(|id| TokenId::try_from(id).ok())
}

fn damaged(field: &str) -> TokenizerError {
    TokenizerError::Inconsistent(format!("its post-processor's {field:?} is not usable"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sequence_of_templates_nests_outwards() {
        let template = |name: &str, id: u32| {
            json!({
                "type": "TemplateProcessing",
                "single": [
                    {"SpecialToken": {"id": name, "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "end", "type_id": 0}},
                ],
                "special_tokens": {name: {"id": name, "ids": [id], "tokens": [name]}},
            })
        };
        let processor = json!({
            "type": "Sequence",
            "processors": [template("a", 1), {"type": "ByteLevel"}, template("b", 2)],
        });
        assert_eq!(leading_tokens(&processor).unwrap(), [2, 1]);
    }

    #[test]
    fn damage_is_an_error() {
        for processor in [
            json!({"type": "TemplateProcessing"}),
            json!({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}]}),
            json!({"type": "RobertaProcessing", "cls": ["<s>", -1]}),
            json!({"type": "Sequence", "processors": [3]}),
            json!(null),
        ] {
            assert!(leading_tokens(&processor).is_err(), "{processor}");
        }
    }
}
