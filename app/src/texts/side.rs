//! Sentences about two engines side by side.

use protocol::{ModelDescription, Precision};

pub(crate) use crate::language::table::side::*;

use crate::format;
use crate::language::say;
use crate::state::Other;

/// The second engine ended, for a reason without a full stop.
pub(crate) fn ended(reason: &str) -> String {
    say!(ENDED, reason = reason)
}

/// The second model is ready.
pub(crate) fn ready(name: &str) -> String {
    say!(READY, name = name)
}

/// What it costs to load the page's model a second time.
pub(crate) fn cost_of_precision(
    model: &ModelDescription,
    precision: Precision,
) -> String {
    if is_quantised_already(model, precision) {
        return say!(QUANTISED_ALREADY, model = model.name, stored = model.stored);
    }
    let bits = match precision {
        Precision::F32 => 32.0,
        Precision::F16 | Precision::Bf16 => 16.0,
        Precision::Q4 => 5.5,
        Precision::Auto | Precision::Q8 => 8.5,
    };
    let bytes = format::bytes(model.parameters as f64 * bits / 8.0);
    say!(COST_OF_PRECISION, model = model.name, size = bytes)
}

/// What it costs to load another model.
pub(crate) fn cost_of_model(name: &str) -> String {
    say!(COST_OF_MODEL, model = name)
}

/// The server is asked about the same text.
pub(crate) fn cost_of_server(server: &str) -> String {
    say!(COST_OF_SERVER, server = server)
}

/// The other place where a model can run.
pub(crate) fn place(on_server: bool) -> &'static str {
    match on_server {
        true => IN_THIS_BROWSER.get(),
        false => THE_NATIVE_SERVER.get(),
    }
}

/// What the button does.
pub(crate) fn compare(with: Other) -> &'static str {
    match with {
        Other::Text => COMPARE.get(),
        Other::Precision(_) | Other::Model => LOAD_AND_COMPARE.get(),
        Other::Place => CONNECT_AND_COMPARE.get(),
    }
}

/// What ends the second model.
pub(crate) fn close(is_ready: bool) -> &'static str {
    if is_ready { UNLOAD.get() } else { STOP.get() }
}

/// Which two are compared, and how each computes.
pub(crate) fn sides(this: &ModelDescription, other: &ModelDescription) -> String {
    let same_place = this.device == other.device;
    let one = |model: &ModelDescription| match same_place {
        true => format!("{}, {}", model.name, model.precision),
        false => format!("{}, {}, {}", model.name, model.precision, model.device),
    };
    say!(SIDES, this = one(this), other = one(other))
}

/// Why a quantised file would run as it does now.
fn is_quantised_already(model: &ModelDescription, precision: Precision) -> bool {
    let blocks = model.stored.starts_with('Q') || model.stored.starts_with("IQ");
    blocks && matches!(precision, Precision::Q4 | Precision::Q8 | Precision::Auto)
}
