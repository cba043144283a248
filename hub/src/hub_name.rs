//! Names of models on a hub, as people write them and as the hub's own addresses have them.

use percent_encoding::percent_decode_str;

use crate::excerpt::excerpt;
use crate::paths::{is_gguf, is_inside, is_revision};
use crate::{HubError, ModelId, Reference, Wanted};

/// What stands between a model's name and a revision in an address.
const WAYS: [&str; 5] = ["tree", "resolve", "blob", "raw", "commit"];
/// Pages of a model that name none of its files, or none to load.
const PAGES: [&str; 8] = [
    "activity",
    "blame",
    "commits",
    "community",
    "discussions",
    "edit",
    "settings",
    "upload",
];
/// Parts of a hub that have neither models nor what is told by name.
const OTHER_PAGES: [&str; 11] = [
    "blog", "chat", "docs", "join", "learn", "login", "new", "papers", "posts",
    "pricing", "tasks",
];
/// Endings of files that come with weights. Who names one means the model.
const BESIDE: [&str; 6] = [".json", ".md", ".txt", ".jinja", ".model", ".gitattributes"];

pub(crate) fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(Into::into)
}

/// What follows the hub's own address: a name, then perhaps `tree/main/folder` or
/// `resolve/main/file`. A revision with slashes is one part, `refs%2Fpr%2F1`, so parts are
/// told apart before they are decoded.
pub(crate) fn from_path(path: &str) -> Result<Option<Reference>, HubError> {
    let path_of = path.split('#').next().unwrap_or(path);
    let (path_of, query) = path_of.split_once('?').unwrap_or((path_of, ""));
    let parts = path_of.split('/').filter(|part| !part.is_empty()).map(decoded);
    let Some(mut parts) = parts.collect::<Option<Vec<String>>>() else { return Ok(None) };
    if parts.first().is_some_and(|part| part == "api") {
        parts.remove(0);
    }
    if parts.len() > 1 && parts[0] == "models" {
        parts.remove(0);
    }
    refuse_other_kinds(&parts, path)?;
    let found = match place_of_way(&parts) {
        Some(place) => at_way(&parts, place),
        None => from_name(&parts.join("/"), path)?,
    };
    let shown = query.split('&').find_map(|pair| pair.strip_prefix("show_file_info="));
    let shown = shown.and_then(decoded).filter(|file| is_inside(file));
    Ok(found.map(|found| match shown {
        Some(file) => Reference { wanted: Wanted::File(file), ..found },
        None => found,
    }))
}

/// Whether what follows the usual hub's own address is a page without a model.
pub(crate) fn is_other_page(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let first = path.split('/').find(|part| !part.is_empty());
    // The list of all models is a page, and the beginning of an older address of a model.
    first.is_some_and(|first| match first {
        "models" => path.trim_matches('/') == first,
        first => OTHER_PAGES.contains(&first),
    })
}

/// Where the parts of an address have `tree`, `resolve` or the like, after a name of two
/// parts or of one.
fn place_of_way(parts: &[String]) -> Option<usize> {
    let is = |place: usize, words: &[&str]| {
        parts.get(place).is_some_and(|part| words.contains(&part.as_str()))
    };
    let of_two = is(2, &WAYS) || is(2, &PAGES);
    // A model may be called as a page is.
    let of_one = is(1, &WAYS) || is(1, &["discussions", "commits"]);
    of_two.then_some(2).or(of_one.then_some(1))
}

/// What an address with such a part names; none if it makes no sense.
fn at_way(parts: &[String], place: usize) -> Option<Reference> {
    let id = parts[..place].join("/");
    let id = ModelId::new(id.strip_suffix(".git").unwrap_or(&id)).ok()?;
    let way = parts[place].as_str();
    let rest = &parts[place + 1..];
    if PAGES.contains(&way) || rest.is_empty() {
        return Some(Reference { id, revision: None, wanted: Wanted::Any });
    }
    let (revision, rest) = split_revision(rest);
    let rest = rest.join("/");
    if !is_revision(&revision) || !(rest.is_empty() || is_inside(&rest)) {
        return None;
    }
    let is_beside = BESIDE.iter().any(|ending| rest.ends_with(ending));
    let wanted = match way {
        _ if rest.is_empty() => Wanted::Any,
        "tree" | "commit" => Wanted::Folder(rest),
        _ if is_beside && !rest.ends_with(".index.json") => match rest.rsplit_once('/') {
            Some((folder, _)) => Wanted::Folder(folder.into()),
            None => Wanted::Any,
        },
        _ => Wanted::File(rest),
    };
    Some(Reference { id, revision: Some(revision), wanted })
}

/// The revision at the start of a path. Those below `refs` have three parts where their
/// slashes are not encoded.
fn split_revision(parts: &[String]) -> (String, &[String]) {
    let count = if parts[0] == "refs" && parts.len() >= 3 { 3 } else { 1 };
    (parts[..count].join("/"), &parts[count..])
}

/// `owner/name`, perhaps with `@revision`, `:Q8_0` or `/file.gguf`; `asked` is what was
/// typed.
pub(crate) fn from_name(text: &str, asked: &str) -> Result<Option<Reference>, HubError> {
    let text = text.trim_matches('/');
    let parts: Vec<String> = text.split('/').map(str::to_owned).collect();
    refuse_other_kinds(&parts, asked)?;
    // The end of an address, without the hub's own part of it.
    if place_of_way(&parts) == Some(2) && parts.len() > 3 {
        return from_path(text);
    }
    let is_file = is_gguf(text);
    let text = match text.strip_prefix("models/") {
        Some(rest) if parts.len() > 3 || (parts.len() == 3 && !is_file) => rest,
        _ => text,
    };
    // As a cache on disk names its folders.
    let cached = text.strip_prefix("models--").and_then(ModelId::from_path);
    match cached {
        Some(id) => Ok(Some(Reference { id, revision: None, wanted: Wanted::Any })),
        None => Ok(read_name(text)),
    }
}

fn read_name(text: &str) -> Option<Reference> {
    let (text, wanted) = match text.rsplit_once(':') {
        Some((text, kind)) => (text, quantization(kind)?),
        None => (text, Wanted::Any),
    };
    let (name, revision, file) = match text.split_once('@') {
        Some((name, rest)) if is_gguf(rest) && rest.contains('/') => {
            let parts: Vec<String> = rest.split('/').map(str::to_owned).collect();
            let (revision, file) = split_revision(&parts);
            (name.to_owned(), Some(revision), Some(file.join("/")))
        }
        Some((name, revision)) => (name.to_owned(), Some(revision.to_owned()), None),
        None => match text.match_indices('/').nth(1) {
            Some((at, _)) => {
                (text[..at].to_owned(), None, Some(text[at + 1..].to_owned()))
            }
            None => (text.to_owned(), None, None),
        },
    };
    let wanted = match (file, wanted) {
        (Some(file), Wanted::Any) => Wanted::File(file),
        (Some(_), _) => return None,
        (None, wanted) => wanted,
    };
    if let Wanted::File(file) = &wanted {
        // A host without its scheme, most likely: it is not guessed at.
        let is_host = name.split('/').next().is_some_and(|owner| owner.contains('.'));
        if !is_inside(file) || (is_host && !is_gguf(file)) {
            return None;
        }
    }
    if revision.as_deref().is_some_and(|revision| !is_revision(revision)) {
        return None;
    }
    let name = name.strip_suffix(".git").unwrap_or(&name);
    Some(Reference { id: ModelId::new(name).ok()?, revision, wanted })
}

/// The kind of GGUF file that stands after a colon, as ollama and llama.cpp write it.
pub(crate) fn quantization(kind: &str) -> Option<Wanted> {
    let kind = kind.strip_suffix(".gguf").unwrap_or(kind);
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let sound = !kind.is_empty() && kind.len() <= 40 && kind.chars().all(known);
    match kind {
        "latest" => Some(Wanted::Any),
        _ => sound.then(|| Wanted::Quantization(kind.to_owned())),
    }
}

/// Refuses what a hub has besides models, by the name that its addresses begin with.
fn refuse_other_kinds(parts: &[String], asked: &str) -> Result<(), HubError> {
    let kind = match parts.first().map(String::as_str) {
        Some("datasets") => "a data set",
        Some("spaces") => "a space",
        Some("collections") => "a collection",
        _ => return Ok(()),
    };
    match parts.len() > 1 {
        true => Err(HubError::NotAModel { text: excerpt(asked), kind }),
        false => Ok(()),
    }
}
