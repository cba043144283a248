//! The dialogs and the menu of models.

use protocol::Precision;

pub(crate) use crate::language::table::models::*;

use crate::format;
use crate::language::say;
use crate::language::table::counts;
use crate::state::{Alternative, AskedBy, Fit, Verdict};

/// The button that downloads a model of a size in bytes; none if that is not known.
pub(crate) fn download(bytes: Option<f64>) -> String {
    match bytes {
        Some(bytes) => say!(DOWNLOAD_SIZE, size = format::bytes(bytes)),
        None => DOWNLOAD.into(),
    }
}

/// The facts of a model on offer; the memory is in bytes.
pub(crate) fn offer(parameters: u64, licence: &str, memory: f64) -> String {
    say!(
        OFFER,
        parameters = format::short_count(parameters),
        licence = licence,
        memory = format::bytes(memory),
    )
}

/// The facts of a file of a model; the memory is in bytes, and none if it is not known.
pub(crate) fn file(path: &str, memory: Option<f64>) -> String {
    match memory {
        Some(memory) => say!(FILE, path = path, memory = format::bytes(memory)),
        None => path.to_owned(),
    }
}

/// The facts of a stored model, in bytes, whole or in part.
pub(crate) fn stored(bytes: u64, total: u64, precision: Precision) -> String {
    let bits = match precision {
        Precision::Auto | Precision::Q8 => "8",
        Precision::Q4 => "4",
        Precision::F16 | Precision::Bf16 => "16",
        Precision::F32 => "32",
    };
    let bits = say!(BITS, bits = bits);
    let size = format::bytes(total as f64);
    match bytes == total {
        true => format!("{size} · {bits}"),
        false => {
            let done = format::bytes(bytes as f64);
            format!("{} · {bits}", say!(PARTLY_DOWNLOADED, done = done, size = size))
        }
    }
}

/// What the browser lacks for a model, and what to choose instead; empty if it fits. `room` is
/// in bytes.
pub(crate) fn fit(fit: &Fit, room: Option<f64>) -> String {
    let lack = match fit.verdict {
        Verdict::Fits => return String::new(),
        Verdict::NotStored => {
            say!(NOT_STORED, free = format::bytes(room.unwrap_or_default()))
        }
        Verdict::Tight => TIGHT.into(),
        Verdict::TooLarge => TOO_LARGE.into(),
    };
    let advice: String = match &fit.alternative {
        None => return lack,
        Some(Alternative::FourBits) => TRY_4_BIT.into(),
        Some(Alternative::Model(name)) => {
            say!(TRY_MODEL, model = name.rsplit('/').next().unwrap_or(name))
        }
        Some(Alternative::NativeServer) => USE_NATIVE_SERVER.into(),
    };
    // Two sentences.
    format!("{lack} {advice}")
}

/// How many files of a model can be chosen, and which formats cannot.
pub(crate) fn files(count: usize, unsupported: &[&str]) -> String {
    let found = say!(FILES, files = counts::FILES.of(count as u64));
    match unsupported {
        [] => found,
        // Two sentences.
        formats => {
            format!("{found} {}", say!(NOT_SUPPORTED, formats = formats.join(", ")))
        }
    }
}

/// What is stored, and of how much that the browser allows, in bytes.
pub(crate) fn room(any: bool, used: f64, quota: f64) -> String {
    let (used, quota) = (format::bytes(used), format::bytes(quota));
    let using = say!(ROOM, used = used, quota = quota);
    match any {
        true => using,
        false => format!("{NONE_SAVED} {using}"),
    }
}

/// What a button does with a model, for screen readers.
pub(crate) fn action_label(action: &str, model: &str) -> String {
    say!(ACTION_LABEL, action = action, model = model)
}

/// The button that deletes a model, for screen readers.
pub(crate) fn delete_label(model: &str) -> String {
    say!(DELETE_LABEL, model = model)
}

/// The hub that models come from, for this visit or for good.
pub(crate) fn hub(host: &str, for_this_visit: bool) -> String {
    match for_this_visit {
        false => say!(HUB, host = host),
        true => say!(HUB_FOR_THIS_VISIT, host = host),
    }
}

/// The native server runs the current model, and models that are chosen here run elsewhere.
pub(crate) fn runs_elsewhere(server: &str, model: Option<&str>) -> String {
    let runs = match model {
        Some(model) => say!(SERVER_RUNS, server = server, model = model),
        None => say!(SERVER_CHOSEN, server = server),
    };
    format!("{runs} {RUNS_HERE_INSTEAD}")
}

/// The page's own server gives out models.
pub(crate) fn of_server(models: usize) -> String {
    say!(OF_SERVER, models = counts::MODELS.of(models as u64))
}

/// The only host that the access token is sent to.
pub(crate) fn token_goes_to(host: &str) -> String {
    say!(TOKEN_GOES_TO, host = host)
}

/// What the page asks about another hub.
pub(crate) fn hub_question(asked_by: AskedBy) -> &'static str {
    match asked_by {
        AskedBy::Link => LINK_WANTS_HUB.get(),
        AskedBy::OldSettings => LAST_FROM_HUB.get(),
    }
}

/// The button that takes the other hub.
pub(crate) fn use_hub(asked_by: AskedBy) -> &'static str {
    match asked_by {
        AskedBy::Link => USE_HUB.get(),
        AskedBy::OldSettings => KEEP_HUB.get(),
    }
}

/// The button that stays with the person's own hub.
pub(crate) fn stay_with_hub(host: &str) -> String {
    say!(STAY_WITH_HUB, host = host)
}

/// What using another hub means. `model` is what would be loaded from there.
pub(crate) fn hub_risk(model: Option<&str>) -> String {
    match model {
        Some(model) => format!("{} {HUB_RISK}", say!(WOULD_LOAD, model = model)),
        None => HUB_RISK.into(),
    }
}
