//! The variables that a request sets for a model's chat template.

use protocol::{TemplateVariables, limits};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::members::Members;

const NAME: &str = "chat_template_kwargs";

/// Takes the variables; none if they are left out.
///
/// # Errors
/// If they are no object.
pub(super) fn read(members: &mut Members) -> Result<TemplateVariables, ApiError> {
    match members.take(NAME) {
        None => Ok(TemplateVariables::new()),
        Some(value @ Value::Object(_)) => match serde_json::from_value(value) {
            Ok(variables) => Ok(variables),
            Err(error) => {
                let message = format!("{NAME} cannot be read: {error}.");
                Err(ApiError::bad_request(message).about(NAME))
            }
        },
        Some(value) => Err(members.wrong(NAME, &value, "an object")),
    }
}

/// The schema of the variables. How much of them is taken is told in words: a schema cannot
/// count bytes.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "additionalProperties": true,
        "description": format!(
            "Variables of the model's chat template, such as enable_thinking; at most {} kB, \
             without special tokens. Those that it does not read do nothing.",
            limits::MAX_TEMPLATE_BYTES >> 10
        )
    })
}
