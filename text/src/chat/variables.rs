//! The variables that a request sets for a template. They are not marked as messages are:
//! text that would become a control token is refused.

use std::collections::BTreeMap;

use minijinja::Value;
use protocol::{TemplateValue, TemplateVariables, limits};

use super::error::ChatError;

/// Names whose values a rendering sets itself, and names of functions.
const TAKEN: [&str; 13] = [
    "messages",
    "conversation",
    "add_generation_prompt",
    "continue_final_message",
    "chat_template",
    "tools",
    "documents",
    "bos_token",
    "eos_token",
    "tokenize",
    "raise_exception",
    "strftime_now",
    "namespace",
];

/// Checks variables. Returns their size in bytes.
///
/// # Errors
/// If there are too many, one has the name of something else, or a text has a special token.
pub(super) fn check(
    variables: &TemplateVariables,
    special_tokens: &[String],
) -> Result<usize, ChatError> {
    if let Some(name) = variables.keys().find(|name| TAKEN.contains(&name.as_str())) {
        return Err(ChatError::TakenVariable { name: name.clone() });
    }
    let limit = limits::MAX_TEMPLATE_BYTES;
    let mut left = limit;
    for (name, value) in variables {
        let mut texts = Vec::new();
        let too_much = || ChatError::TooManyVariables { limit };
        spend(&mut left, name.len())
            .and_then(|()| visit(value, 0, &mut left, &mut texts))
            .ok_or_else(too_much)?;
        let is_special = |text: &&str| {
            let holds = |token: &String| !token.is_empty() && text.contains(&**token);
            special_tokens.iter().any(holds)
        };
        if texts.iter().any(is_special) {
            return Err(ChatError::SpecialInVariable { name: name.clone() });
        }
    }
    Ok(limit - left)
}

/// Counts a value and collects its texts; `None` if it is too much or nested too deep.
fn visit<'a>(
    value: &'a TemplateValue,
    depth: usize,
    left: &mut usize,
    texts: &mut Vec<&'a str>,
) -> Option<()> {
    spend(left, size_of::<TemplateValue>())?;
    match value {
        _ if depth > limits::MAX_TEMPLATE_DEPTH => return None,
        TemplateValue::Text(text) => {
            spend(left, text.len())?;
            texts.push(text);
        }
        TemplateValue::List(list) => {
            list.iter().try_for_each(|value| visit(value, depth + 1, left, texts))?;
        }
        TemplateValue::Map(map) => {
            for (name, value) in map {
                spend(left, name.len())?;
                texts.push(name);
                visit(value, depth + 1, left, texts)?;
            }
        }
        TemplateValue::Null
        | TemplateValue::Flag(_)
        | TemplateValue::Integer(_)
        | TemplateValue::Number(_) => {}
    }
    Some(())
}

fn spend(left: &mut usize, bytes: usize) -> Option<()> {
    *left = left.checked_sub(bytes)?;
    Some(())
}

/// The variables as a template sees them.
pub(super) fn values(variables: &TemplateVariables) -> Value {
    let pairs = variables.iter().map(|(name, value)| (name.clone(), seen(value)));
    Value::from(pairs.collect::<BTreeMap<String, Value>>())
}

fn seen(value: &TemplateValue) -> Value {
    match value {
        TemplateValue::Null => Value::from(()),
        TemplateValue::Flag(flag) => Value::from(*flag),
        TemplateValue::Integer(number) => Value::from(*number),
        TemplateValue::Number(number) => Value::from(*number),
        TemplateValue::Text(text) => Value::from(text.as_str()),
        TemplateValue::List(list) => {
            Value::from(list.iter().map(seen).collect::<Vec<_>>())
        }
        TemplateValue::Map(map) => values(map),
    }
}
