//! Sentences about two engines side by side.

use protocol::{ModelDescription, Precision};

use crate::format;
use crate::state::Other;

/// The text has special tokens, which the other model does not have.
pub(crate) const SPECIAL_TOKENS: &str = "The two models have different tokens, and this text has \
    special tokens of its own model. Compare a text without them.";
/// There is no text but special tokens.
pub(crate) const NO_TEXT: &str =
    "The two models have different tokens, so the text needs at least one letter.";
/// The text ends within a character.
pub(crate) const HALF_A_CHARACTER: &str = "The two models have different tokens, and this text \
    ends within a character. Add the rest of the character first.";
/// The second engine starts.
pub(crate) const STARTING: &str = "Starting the second engine…";
/// Rows are matched by their text.
pub(crate) const BY_TEXT: &str = "The two models have different tokens: rows are matched by their \
    text, among the 50 most probable tokens of each. “–” is not among them. KL and JS need the \
    same tokens.";
/// The other model has to be named.
pub(crate) const NAME_A_MODEL: &str =
    "Name the other model. Both stay in memory until you unload the second.";

/// The second engine ended, for a reason without a full stop.
pub(crate) fn ended(reason: &str) -> String {
    format!(
        "The second model stopped: {reason}. It may need more memory than there is; the first \
         one goes on."
    )
}

/// The second model is ready.
pub(crate) fn ready(name: &str) -> String {
    format!("The second model, {name}, is ready.")
}

/// What it costs to load the page's model a second time.
pub(crate) fn cost_of_precision(
    model: &ModelDescription,
    precision: Precision,
) -> String {
    if is_quantised_already(model, precision) {
        return format!(
            "The file of {} is quantised already ({}): it would run as it does now. Choose 32-bit.",
            model.name, model.stored
        );
    }
    let bits = match precision {
        Precision::F32 => 32.0,
        Precision::F16 | Precision::Bf16 => 16.0,
        Precision::Q4 => 5.5,
        Precision::Auto | Precision::Q8 => 8.5,
    };
    let bytes = format::bytes(model.parameters as f64 * bits / 8.0);
    format!(
        "Loads {} a second time beside this one: about {bytes} more memory. What this browser has \
         not saved is downloaded.",
        model.name
    )
}

/// What it costs to load another model.
pub(crate) fn cost_of_model(name: &str) -> String {
    format!(
        "Loads {name} beside this model; both stay in memory until you unload it. What this \
         browser has not saved is downloaded."
    )
}

/// The server is asked about the same text.
pub(crate) fn cost_of_server(server: &str) -> String {
    format!(
        "Asks the native server at {server}, with the model that it runs. Loads nothing here."
    )
}

/// The other place where a model can run.
pub(crate) fn place(on_server: bool) -> &'static str {
    match on_server {
        true => "a model in this browser",
        false => "the native server",
    }
}

/// What the button does.
pub(crate) fn compare(with: Other) -> &'static str {
    match with {
        Other::Text => "Compare",
        Other::Precision(_) | Other::Model => "Load and compare",
        Other::Place => "Connect and compare",
    }
}

/// What ends the second model.
pub(crate) fn close(is_ready: bool) -> &'static str {
    if is_ready { "Unload the second model" } else { "Stop" }
}

/// Which two are compared, and how each computes.
pub(crate) fn sides(this: &ModelDescription, other: &ModelDescription) -> String {
    let same_place = this.device == other.device;
    let one = |model: &ModelDescription| match same_place {
        true => format!("{}, {}", model.name, model.precision),
        false => format!("{}, {}, {}", model.name, model.precision, model.device),
    };
    format!("this: {} · other: {}", one(this), one(other))
}

/// Why a quantised file would run as it does now.
fn is_quantised_already(model: &ModelDescription, precision: Precision) -> bool {
    let blocks = model.stored.starts_with('Q') || model.stored.starts_with("IQ");
    blocks && matches!(precision, Precision::Q4 | Precision::Q8 | Precision::Auto)
}
