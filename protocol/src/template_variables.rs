//! Variables that a request sets for a model's chat template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Variables of a chat template by their names, such as `enable_thinking`. A template that
/// does not read a variable ignores it.
pub type TemplateVariables = BTreeMap<String, TemplateValue>;

/// The value of a variable: anything that JSON can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum TemplateValue {
    /// None.
    Null,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// A text. It holds no special token.
    Text(String),
    /// A list.
    List(Vec<TemplateValue>),
    /// Values by names.
    Map(TemplateVariables),
}
