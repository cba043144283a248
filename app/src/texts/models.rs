//! The dialogs and the menu of models.

use protocol::Precision;

use crate::format;
use crate::state::{Alternative, AskedBy, Fit, Verdict};

/// The name of the model that comes with the page.
pub(crate) const DEMO: &str = "Demo model";
/// Where it comes from.
pub(crate) const COMES_WITH_PAGE: &str = "comes with the page";
/// What it does.
pub(crate) const DEMO_NOTE: &str = "Continues little stories, and chats about them.";
/// Its size.
pub(crate) const DEMO_FACTS: &str = "4.0M parameters · nothing to download";
/// The model is the current one.
pub(crate) const IN_USE: &str = "in use";
/// The model is stored.
pub(crate) const SAVED: &str = "saved in this browser";
/// The page's own server has the model.
pub(crate) const ON_SERVER: &str = "on this server";
/// The model is the one to begin with.
pub(crate) const DEFAULT: &str = "default";
/// The button that loads a model that is there.
pub(crate) const LOAD: &str = "Load";
/// The button that goes on with a download.
pub(crate) const RESUME: &str = "Resume";
/// The stored models are not known yet.
pub(crate) const LOOKING: &str = "Looking…";
/// Nothing is stored.
pub(crate) const NONE_SAVED: &str = "None yet.";
/// The typed address of the hub cannot be understood.
pub(crate) const NO_HUB: &str = "The hub’s address is not valid.";
/// No token can be sent to the hub.
pub(crate) const NO_TOKEN: &str = "An access token cannot be sent to the hub’s address.";
/// A list of files is on its way.
pub(crate) const ASKING_HUB: &str = "Asking the hub…";
/// A model has no file of the kind that was asked for.
pub(crate) const NO_GGUF: &str =
    "This model has no GGUF files. “Load” uses its safetensors files.";

/// The button that downloads a model of a size in bytes; none if that is not known.
pub(crate) fn download(bytes: Option<f64>) -> String {
    match bytes {
        Some(bytes) => format!("Download {}", format::bytes(bytes)),
        None => "Download".into(),
    }
}

/// The facts of a model on offer; the memory is in bytes.
pub(crate) fn offer(parameters: u64, licence: &str, memory: f64) -> String {
    format!(
        "{} parameters · {licence} · needs {} of memory",
        format::short_count(parameters),
        format::bytes(memory)
    )
}

/// The facts of a file of a model; the memory is in bytes, and none if it is not known.
pub(crate) fn file(path: &str, memory: Option<f64>) -> String {
    match memory {
        Some(memory) => format!("{path} · needs {} of memory", format::bytes(memory)),
        None => path.to_owned(),
    }
}

/// The facts of a stored model, in bytes, whole or in part.
pub(crate) fn stored(bytes: u64, total: u64, precision: Precision) -> String {
    let bits = match precision {
        Precision::Auto | Precision::Q8 => "8-bit",
        Precision::Q4 => "4-bit",
        Precision::F16 | Precision::Bf16 => "16-bit",
        Precision::F32 => "32-bit",
    };
    let size = format::bytes(total as f64);
    match bytes == total {
        true => format!("{size} · {bits}"),
        false => format!("{} of {size} downloaded · {bits}", format::bytes(bytes as f64)),
    }
}

/// What the browser lacks for a model, and what to choose instead; empty if it fits. `room` is
/// in bytes.
pub(crate) fn fit(fit: &Fit, room: Option<f64>) -> String {
    let lack = match fit.verdict {
        Verdict::Fits => return String::new(),
        Verdict::NotStored => format!(
            "Not enough storage ({} free), so it will be downloaded on every visit.",
            format::bytes(room.unwrap_or_default())
        ),
        Verdict::Tight => {
            "This may need more memory than a page gets on this device.".into()
        }
        Verdict::TooLarge => "Too large for any browser.".into(),
    };
    let advice = match &fit.alternative {
        None => return lack,
        Some(Alternative::FourBits) => "Try 4-bit.".into(),
        Some(Alternative::Model(name)) => {
            format!("Try {}.", name.rsplit('/').next().unwrap_or(name))
        }
        Some(Alternative::NativeServer) => "Use the native server.".into(),
    };
    // Two sentences.
    format!("{lack} {advice}")
}

/// How many files of a model can be chosen, and which formats cannot.
pub(crate) fn files(count: usize, unsupported: &[&str]) -> String {
    let count = format::counted(count as u64, "file");
    let found = format!(
        "{count} to choose from. Each runs as it is, whatever precision is chosen."
    );
    match unsupported {
        [] => found,
        formats => format!("{found} Not supported: {}.", formats.join(", ")),
    }
}

/// What is stored, and of how much that the browser allows, in bytes.
pub(crate) fn room(any: bool, used: f64, quota: f64) -> String {
    let (used, quota) = (format::bytes(used), format::bytes(quota));
    match any {
        true => format!("Using {used} of {quota} available."),
        false => format!("{NONE_SAVED} Using {used} of {quota} available."),
    }
}

/// What a button does with a model, for screen readers.
pub(crate) fn action_label(action: &str, model: &str) -> String {
    format!("{action}: {model}")
}

/// The button that deletes a model, for screen readers.
pub(crate) fn delete_label(model: &str) -> String {
    format!("Delete {model}")
}

/// The hub that models come from, for this visit or for good.
pub(crate) fn hub(host: &str, for_this_visit: bool) -> String {
    match for_this_visit {
        false => format!("Models come from {host}."),
        true => format!("For this visit, models come from {host}."),
    }
}

/// The native server runs the current model, and models that are chosen here run elsewhere.
pub(crate) fn runs_elsewhere(server: &str, model: Option<&str>) -> String {
    let here = "What you load from the other lists runs in this browser instead.";
    match model {
        Some(model) => format!("The native server {server} runs {model}. {here}"),
        None => format!("The native server {server} is chosen. {here}"),
    }
}

/// The page's own server gives out models.
pub(crate) fn of_server(models: usize) -> String {
    format!(
        "{} of this page’s own server are taken from there, unless another hub is chosen.",
        format::counted(models as u64, "model")
    )
}

/// The only host that the access token is sent to.
pub(crate) fn token_goes_to(host: &str) -> String {
    format!("It is sent to {host} and nowhere else.")
}

/// What the page asks about another hub.
pub(crate) fn hub_question(asked_by: AskedBy) -> &'static str {
    match asked_by {
        AskedBy::Link => "This link wants to load models from another hub",
        AskedBy::OldSettings => "Models were last loaded from another hub",
    }
}

/// The button that takes the other hub.
pub(crate) fn use_hub(asked_by: AskedBy) -> &'static str {
    match asked_by {
        AskedBy::Link => "Use it for this visit",
        AskedBy::OldSettings => "Keep using it",
    }
}

/// The button that stays with the person's own hub.
pub(crate) fn stay_with_hub(host: &str) -> String {
    format!("Stay with {host}")
}

/// What using another hub means. `model` is what would be loaded from there.
pub(crate) fn hub_risk(model: Option<&str>) -> String {
    let risk = "Whoever runs that hub sees which models are requested, and may send anything \
                under a known name. No access token is sent there unless you type one for it.";
    match model {
        Some(model) => format!("It would load {model} from there. {risk}"),
        None => risk.into(),
    }
}
