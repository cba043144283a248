//! The members of a body as rows of a table, made from its schema.

use serde_json::{Map, Value};

use super::html::escaped;

/// A row for each member: its name, its type and limits, and its description.
pub(super) fn table(schema: &Value) -> String {
    // A body can have variants, one for each member that it can be about.
    let variants: Vec<&Value> = match schema["oneOf"].as_array() {
        Some(variants) => variants.iter().collect(),
        None => vec![schema],
    };
    let names = |schema: &Value| -> Vec<String> {
        let required = schema["required"].as_array().into_iter().flatten();
        required.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
    };
    let needed: Vec<String> = variants.iter().flat_map(|schema| names(schema)).collect();
    let mark = if variants.len() > 1 { "one of these" } else { "needed" };
    let mut rows: Vec<(bool, String)> = Vec::new();
    for (name, field) in merged(&variants) {
        let is_needed = needed.contains(&name);
        let mark = if is_needed { mark } else { "" };
        let about = field["description"].as_str().unwrap_or_default();
        rows.push((
            is_needed,
            format!(
                "<tr><td><code>{}</code> <span class=\"needed\">{mark}</span></td>\
                 <td>{}</td><td>{}</td></tr>\n",
                escaped(&name),
                escaped(&kind(&field)),
                escaped(about)
            ),
        ));
    }
    // Required members come first.
    rows.sort_by_key(|(is_needed, _)| !is_needed);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The members of all variants, each as the variant that allows it has it.
fn merged(variants: &[&Value]) -> Map<String, Value> {
    let mut fields = Map::new();
    for variant in variants {
        let properties = variant["properties"].as_object().into_iter().flatten();
        for (name, field) in properties {
            let known = fields.entry(name.clone()).or_insert_with(|| field.clone());
            if known["type"] == "null" {
                *known = field.clone();
            }
        }
    }
    fields
}

/// The type and limits of a member, in words.
fn kind(field: &Value) -> String {
    if let Some(choices) = field["enum"].as_array() {
        let choices = choices.iter().filter(|choice| !choice.is_null());
        let choices: Vec<String> = choices.map(said).collect();
        return choices.join(", ");
    }
    if let Some(variants) = field["oneOf"].as_array().or(field["anyOf"].as_array()) {
        let kinds = variants.iter().filter(|variant| variant["type"] != "null").map(kind);
        return kinds.collect::<Vec<_>>().join(", or ");
    }
    let name = match &field["type"] {
        Value::Array(types) => types.iter().find(|name| *name != "null"),
        name => Some(name),
    };
    let mut text = match name.and_then(Value::as_str).unwrap_or("anything") {
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => match field["items"]["type"].as_str() {
            Some("string") => "list of texts".to_owned(),
            Some("integer") => "list of whole numbers".to_owned(),
            Some("array") => "list of lists of whole numbers".to_owned(),
            _ => "list of objects".to_owned(),
        },
        other => other.to_owned(),
    };
    let least = field.get("minimum").or(field.get("exclusiveMinimum"));
    if let (Some(least), Some(most)) = (least, field.get("maximum"))
        // The bounds of the number's own type are not shown.
        && most.as_f64().is_some_and(|most| most < 1e9)
    {
        text.push_str(&format!(", {} to {}", said(least), said(most)));
    }
    if let Some(default) = field.get("default") {
        text.push_str(&format!("; {} if nothing is said", said(default)));
    }
    text
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // 32-bit numbers have more digits in 64 bits.
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |number| (number as f32).to_string())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_said_in_words() {
        for (field, words) in [
            (
                json!({ "type": ["number", "null"], "minimum": 0.0, "maximum": 2.0 }),
                "number, 0 to 2",
            ),
            (
                json!({ "type": "integer", "default": 10 }),
                "whole number; 10 if nothing is said",
            ),
            (json!({ "enum": ["demo", null] }), "demo"),
            (
                json!({ "oneOf": [
                    { "type": "null" },
                    { "type": "string" },
                    { "type": "array", "items": { "type": "string" } }
                ] }),
                "text, or list of texts",
            ),
            (
                json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
                "whole number",
            ),
        ] {
            assert_eq!(kind(&field), words);
        }
    }

    #[test]
    fn a_field_that_one_of_several_bodies_wants_is_marked_so() {
        let body = |given: &str, other: &str| {
            json!({
                "properties": { given: { "type": "string" }, other: { "type": "null" } },
                "required": [given]
            })
        };
        let rows = table(&json!({ "oneOf": [body("text", "ids"), body("ids", "text")] }));
        assert_eq!(rows.matches("one of these").count(), 2, "{rows}");
        assert!(!rows.contains("null"), "{rows}");
    }
}
