//! The values of schemas that depend on the server's options or on its model.

use protocol::{ModelDescription, limits};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::schema::ServerValue;
use crate::http::state::AppState;

/// The values of one server.
pub(super) struct ServerValues {
    /// The name of the model, once it is loaded.
    model: Option<String>,
    vocab_size: u32,
    context_length: u32,
    max_tokens: u32,
}

impl ServerValues {
    pub(super) fn new(
        state: &AppState,
        model: Option<&ModelDescription>,
    ) -> ServerValues {
        ServerValues {
            model: model.map(|_| state.models.id()),
            vocab_size: model.map_or(u32::MAX, |model| model.vocab_size),
            context_length: model.map_or(u32::MAX, |model| model.context_length),
            max_tokens: state.limits.max_tokens,
        }
    }

    /// The name of the model in examples.
    pub(super) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or("demo")
    }

    /// Puts the values where a schema has their names. A member without a value is left
    /// out.
    pub(super) fn fill_in(&self, schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                members.retain(|_, member| match server_value(member) {
                    Some(name) => self.get(name).map(|value| *member = value).is_some(),
                    None => {
                        self.fill_in(member);
                        true
                    }
                });
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_in(item)),
            _ => (),
        }
    }

    fn get(&self, value: ServerValue) -> Option<Value> {
        match value {
            ServerValue::LastTokenId => Some(json!(self.vocab_size - 1)),
            ServerValue::ContextLength => Some(json!(self.context_length)),
            ServerValue::ContextBeforeWords => {
                let words = limits::MAX_WORD_TOKENS as u32;
                Some(json!(self.context_length.saturating_sub(words).max(1)))
            }
            // As many as fit if they are short.
            ServerValue::MaxMessages => {
                let fit = self.context_length as usize / 128;
                Some(json!(fit.clamp(1, limits::MAX_MESSAGES)))
            }
            ServerValue::MaxTokens => Some(json!(self.max_tokens)),
            ServerValue::TokenIdPattern => Some(json!(numbers_to(self.vocab_size - 1))),
            ServerValue::ModelNames => Some(json!([self.model.as_deref()?, null])),
        }
    }
}

/// A regular expression of the numbers from 0 to `last`, without leading zeros.
fn numbers_to(last: u32) -> String {
    let digits = last.to_string();
    let mut choices: Vec<String> = (1..digits.len())
        .map(|length| match length {
            1 => "[0-9]".to_owned(),
            _ => format!("[1-9][0-9]{{{}}}", length - 1),
        })
        .collect();
    for (place, digit) in digits.bytes().enumerate() {
        // Those with the same digits as the last one up to here, and a lower one here.
        let least = if place == 0 && digits.len() > 1 { b'1' } else { b'0' };
        if digit > least {
            let (start, rest) = (&digits[..place], digits.len() - place - 1);
            let (least, most) = (char::from(least), char::from(digit - 1));
            choices.push(format!("{start}[{least}-{most}][0-9]{{{rest}}}"));
        }
    }
    choices.push(digits);
    format!("^({})$", choices.join("|"))
}

fn server_value(member: &Value) -> Option<ServerValue> {
    // Most members have no such tag; to try all of them would be slow.
    member.get("server").and_then(|_| ServerValue::deserialize(member).ok())
}

#[cfg(test)]
mod tests {
    use protocol::AllowedTexts;
    use text::allowed::AllowedAutomaton;

    use super::*;

    #[test]
    fn the_pattern_of_ids_has_all_of_them_and_no_others() {
        for last in [0, 7, 9, 10, 99, 258, 1000, 4095] {
            let pattern = AllowedTexts::Pattern(numbers_to(last));
            let automaton = AllowedAutomaton::new(&pattern).unwrap();
            for id in 0..5000u32 {
                let read = automaton.read(automaton.start(), id.to_string().as_bytes());
                let is_match = read.is_some_and(|state| automaton.is_match(state));
                assert_eq!(is_match, id <= last, "{id} of {last}");
            }
            assert!(automaton.read(automaton.start(), b"00").is_none());
        }
    }
}
