//! The texts of the lists of models.

use hub::CatalogueEntry;
use protocol::{ModelSource, Precision, StoredModel};

use crate::by_browser::lower_case;
use crate::format;
use crate::language::translated_word;
use crate::state::{BackendKind, Models, State, stored_precision};
use crate::texts::models as texts;

/// The lists of the picker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModelList {
    Offered,
    /// What the native server in use could run.
    Server,
    /// The GGUF files of the model that was typed.
    Files,
    Stored,
}

/// A model in a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModelLine {
    pub(super) list: ModelList,
    /// The precision that it is stored in; none in the list of models on offer.
    pub(super) stored: Option<Precision>,
    /// The name that it is loaded by.
    pub(super) name: String,
    /// The title that is shown instead of the name.
    pub(super) title: Option<String>,
    pub(super) tag: &'static str,
    pub(super) note: String,
    pub(super) facts: String,
    pub(super) fit: String,
    pub(super) action: String,
}

/// The lines of the models on offer, then those of the stored ones.
pub(super) fn lines(state: &State) -> Vec<ModelLine> {
    let models = &state.models;
    let in_use = in_use(state);
    let demo = ModelLine {
        list: ModelList::Offered,
        stored: None,
        name: "demo".into(),
        title: Some(texts::DEMO.into()),
        tag: if in_use == Some("demo") {
            texts::IN_USE.get()
        } else {
            texts::COMES_WITH_PAGE.get()
        },
        note: texts::DEMO_NOTE.into(),
        facts: texts::DEMO_FACTS.into(),
        fit: String::new(),
        action: texts::LOAD.into(),
    };
    let offered = models.catalogue.iter().flat_map(|catalogue| &catalogue.models);
    let offered = offered.map(|entry| on_offer(entry, models, in_use));
    let offered = std::iter::once(demo).chain(offered);
    let offered = offered.filter(|line| matches(line, &models.filter));
    let stored = models.stored.iter().flat_map(|stored| &stored.models);
    let stored = stored.map(|model| {
        let same =
            stored_precision(model.precision) == stored_precision(state.engine.precision);
        stored_line(model, same && in_use == Some(model.name.as_str()))
    });
    offered.chain(stored).chain(server_lines(state)).collect()
}

/// The lines of the models that the native server could run, if one is in use.
fn server_lines(state: &State) -> impl Iterator<Item = ModelLine> {
    let engine = &state.engine;
    let native = engine.backend == BackendKind::Native && engine.is_ready();
    let models = state.models.on_server.iter().filter(move |_| native);
    models.enumerate().map(|(index, model)| ModelLine {
        list: ModelList::Server,
        stored: None,
        name: model.name.clone(),
        title: (model.name == "demo").then(|| texts::DEMO.into()),
        // The server tells the one that it runs first.
        tag: if index == 0 { texts::IN_USE.get() } else { "" },
        note: String::new(),
        // An engine elsewhere does not tell its size.
        facts: match model.total {
            0 => String::new(),
            total => format::bytes(total as f64),
        },
        fit: String::new(),
        action: texts::LOAD.into(),
    })
}

/// Whether a line contains every word of a filter.
fn matches(line: &ModelLine, filter: &str) -> bool {
    let title = line.title.as_deref().unwrap_or_default();
    let text = format!("{} {title} {} {}", line.name, line.tag, line.note);
    let text = lower_case(&text);
    lower_case(filter).split_whitespace().all(|word| text.contains(word))
}

/// The name of a precision in the page's markup.
pub(super) fn spelled(precision: Precision) -> &'static str {
    match precision {
        Precision::Auto | Precision::Q8 => "q8",
        Precision::Q4 => "q4",
        Precision::F32 => "f32",
        Precision::F16 => "f16",
        Precision::Bf16 => "bf16",
    }
}

/// The name of the model that is loaded in this browser.
fn in_use(state: &State) -> Option<&str> {
    let engine = &state.engine;
    match &engine.source {
        _ if engine.backend != BackendKind::Worker || !engine.is_ready() => None,
        ModelSource::Demo => Some("demo"),
        ModelSource::Hub(model) => Some(&model.name),
        ModelSource::Address { url } => Some(url),
        ModelSource::Files { .. } => None,
    }
}

fn on_offer(entry: &CatalogueEntry, models: &Models, in_use: Option<&str>) -> ModelLine {
    let name = entry.id.to_string();
    let stored = models.is_stored(&name);
    let of_server = models.of_server.as_ref().is_some_and(|server| {
        let twin = entry.gguf.as_ref().map(|twin| twin.id.as_str());
        server.ids.iter().any(|id| *id == name || Some(id.as_str()) == twin)
    });
    let fit = models.fit(entry);
    ModelLine {
        list: ModelList::Offered,
        stored: None,
        title: None,
        tag: match () {
            () if in_use == Some(&name) => texts::IN_USE.get(),
            () if stored => texts::SAVED.get(),
            () if of_server => texts::ON_SERVER.get(),
            () if entry.default => texts::DEFAULT.get(),
            () => "",
        },
        note: translated_word(&entry.note),
        facts: texts::offer(entry.parameters, &entry.licence, fit.memory),
        action: match stored {
            true => texts::LOAD.into(),
            false => texts::download(Some(fit.download as f64)),
        },
        fit: texts::fit(&fit, models.room()),
        name,
    }
}

fn stored_line(model: &StoredModel, in_use: bool) -> ModelLine {
    let StoredModel { name, precision, bytes, total } = model;
    let whole = bytes == total;
    ModelLine {
        list: ModelList::Stored,
        stored: Some(*precision),
        name: name.clone(),
        title: None,
        tag: if in_use { texts::IN_USE.get() } else { "" },
        note: String::new(),
        facts: texts::stored(*bytes, *total, *precision),
        fit: String::new(),
        action: if whole { texts::LOAD } else { texts::RESUME }.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use hub::Catalogue;

    #[test]
    fn each_model_on_offer_says_what_it_is_what_it_needs_and_what_it_costs() {
        let mut state = State::default();
        state.models.catalogue =
            Catalogue::read(include_bytes!("../../../models.json")).ok();
        let find = |lines: &[ModelLine], name: &str| {
            lines.iter().find(|line| line.name.ends_with(name)).cloned().unwrap()
        };
        let all = lines(&state);
        assert_eq!(all[0].title.as_deref(), Some("Demo model"));
        let default = find(&all, "SmolLM2-360M-Instruct");
        assert_eq!(default.tag, "default");
        assert_eq!(default.action, "Download 386 MB");
        let facts = "362M parameters · Apache-2.0 · needs 708 MB of memory";
        assert_eq!(default.facts, facts);
        state.models.filter = "BASE qwen".into();
        let names: Vec<String> =
            lines(&state).into_iter().map(|line| line.name).collect();
        assert_eq!(names, ["Qwen/Qwen2.5-0.5B"]);
        state.models.filter.clear();
        state.models.precision = Precision::F32;
        let large = find(&lines(&state), "SmolLM2-1.7B-Instruct");
        let fit = "Too large for any browser. Try 4-bit.";
        assert_eq!((large.action.as_str(), &*large.fit), ("Download 3.42 GB", fit));
    }
}
