//! What a person means by what they type or paste as a model. The page, the worker and the
//! native server all ask here, so that a name means the same everywhere.

use percent_encoding::percent_decode_str;

use crate::reference::{is_gguf, is_inside, is_revision};
use crate::{Endpoint, HubError, ModelId, Origin, Reference, Wanted};

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A model of the hub.
    Hub(Reference),
    /// A GGUF file at an address, absolute or relative to the page.
    File(String),
    /// A folder with a model's files at an address, absolute or relative to the page.
    Folder(String),
}

/// Hosts of the usual hub; none of them is part of a model's name.
const USUAL_HOSTS: [&str; 4] =
    ["huggingface.co", "hf.co", "www.huggingface.co", "www.hf.co"];
/// Commands that end in a model's name, as hubs show them to be copied.
const COMMANDS: [&str; 8] = [
    "git clone ",
    "ollama run ",
    "ollama pull ",
    "hf download ",
    "huggingface-cli download ",
    "llama-server -hf ",
    "llama-cli -hf ",
    "vllm serve ",
];
/// What stands between a model's name and a revision in an address.
const WAYS: [&str; 5] = ["tree", "resolve", "blob", "raw", "commit"];
/// Pages of a model that say nothing of what is wanted of it.
const PAGES: [&str; 3] = ["discussions", "commits", "edit"];
/// Longer texts are no names.
const LONGEST: usize = 2048;

impl Named {
    /// Reads `name`, `owner/name`, either with `@revision` or `:Q8_0` after it,
    /// `owner/name/file.gguf`, or an address of a model, folder or file on `hub` or on
    /// huggingface.co, with or without its scheme, or as `hf://owner/name`; any other
    /// `http` or `https` address; and addresses relative to the page: `file.gguf`,
    /// `folder/`, and what begins with `./`, `../` or `/`. Quotes around it and the words
    /// of the usual commands before it are left out.
    ///
    /// # Errors
    /// If it is none of these, with a sentence that says which forms are understood.
    pub fn parse(text: &str, hub: &Endpoint) -> Result<Named, HubError> {
        let failed = || HubError::not_understood(text);
        let bare = unwrapped(text);
        let odd = |c: char| c.is_control() || c == '\\';
        if bare.is_empty() || bare.len() > LONGEST || bare.contains(odd) {
            return Err(failed());
        }
        if let Some(path) = on_hub(bare, hub) {
            return from_path(path)?.map(Named::Hub).ok_or_else(failed);
        }
        if let Some(uri) = strip(bare, "hf://") {
            let uri = decoded(uri).ok_or_else(failed)?;
            return from_name(&uri, text)?.map(Named::Hub).ok_or_else(failed);
        }
        if bare.contains("://") {
            let sound = Origin::of(bare).is_some() && !bare.contains(char::is_whitespace);
            return if sound { Ok(at_address(bare)) } else { Err(failed()) };
        }
        // It would lead to another host.
        if bare.starts_with("//") {
            return Err(failed());
        }
        let relative = ["./", "../", "/"].iter().any(|start| bare.starts_with(start));
        let parts = bare.trim_end_matches('/').split('/').count();
        // A model's name has two parts, so this is a folder beside the page.
        let folder = bare.ends_with('/') && parts != 2;
        let file = parts == 1 && is_gguf(bare.split(['?', '#']).next().unwrap_or(bare));
        if relative || folder || file {
            return Ok(at_address(bare));
        }
        from_name(bare, text)?.map(Named::Hub).ok_or_else(failed)
    }
}

/// Without spaces, quotes, and the words of a command around it.
fn unwrapped(text: &str) -> &str {
    let wrapping = |c: char| c.is_whitespace() || "\"'`“”‘’«»<>".contains(c);
    let bare = text.trim_matches(wrapping);
    let command = COMMANDS.iter().find_map(|command| strip(bare, command));
    command.unwrap_or(bare).trim_matches(wrapping)
}

/// What follows a prefix, whose case does not matter.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn without_scheme(address: &str) -> &str {
    strip(address, "https://").or_else(|| strip(address, "http://")).unwrap_or(address)
}

/// What follows the address of the hub, or of the usual one, with or without a scheme.
fn on_hub<'a>(text: &'a str, hub: &Endpoint) -> Option<&'a str> {
    let bare = without_scheme(text);
    // Addresses to clone from may have a name, or even a token, before the host.
    let clone = strip(text, "git@hf.co:").or_else(|| strip(text, "git@huggingface.co:"));
    if clone.is_some() {
        return clone;
    }
    let user = bare.split('/').next().and_then(|authority| authority.rfind('@'));
    let bare = match user.filter(|_| bare.len() < text.len()) {
        Some(at) => &bare[at + 1..],
        None => bare,
    };
    let hosts = std::iter::once(without_scheme(hub.as_str())).chain(USUAL_HOSTS);
    hosts.into_iter().find_map(|host| {
        let rest = strip(bare, host)?;
        (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
    })
}

/// A file or a folder, by the last letters of the path alone: queries and fragments are
/// no part of a name.
fn at_address(address: &str) -> Named {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let path = percent_decode_str(path).decode_utf8_lossy();
    match is_gguf(&path) {
        true => Named::File(address.into()),
        false => Named::Folder(address.into()),
    }
}

fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(Into::into)
}

/// What follows the hub's own address: a name, then perhaps `tree/main/folder` or
/// `resolve/main/file`. A revision with slashes is one part, `refs%2Fpr%2F1`, so parts are
/// told apart before they are decoded.
fn from_path(path: &str) -> Result<Option<Reference>, HubError> {
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
    let is = |place: usize, words: &[&str]| {
        parts.get(place).is_some_and(|part| words.contains(&part.as_str()))
    };
    let place = [2, 1].into_iter().find(|place| is(*place, &WAYS) || is(*place, &PAGES));
    let Some(place) = place else {
        return from_name(&parts.join("/"), path).map(|found| {
            found.map(|reference| {
                let shown = query
                    .split('&')
                    .find_map(|pair| pair.strip_prefix("show_file_info="));
                match shown.and_then(decoded).filter(|file| is_inside(file)) {
                    Some(file) => Reference { wanted: Wanted::File(file), ..reference },
                    None => reference,
                }
            })
        });
    };
    let id = parts[..place].join("/");
    let Ok(id) = ModelId::new(id.strip_suffix(".git").unwrap_or(&id)) else {
        return Ok(None);
    };
    let is_page = is(place, &PAGES);
    let way = parts[place].clone();
    let rest = &parts[place + 1..];
    if is_page || rest.is_empty() {
        return Ok(Some(Reference { id, revision: None, wanted: Wanted::Any }));
    }
    let (revision, rest) = split_revision(rest);
    let rest = rest.join("/");
    if !is_revision(&revision) || !(rest.is_empty() || is_inside(&rest)) {
        return Ok(None);
    }
    let wanted = match way.as_str() {
        _ if rest.is_empty() => Wanted::Any,
        "tree" | "commit" => Wanted::Folder(rest),
        _ => Wanted::File(rest),
    };
    Ok(Some(Reference { id, revision: Some(revision), wanted }))
}

/// The revision at the start of a path. Those below `refs` have three parts where their
/// slashes are not encoded.
fn split_revision(parts: &[String]) -> (String, &[String]) {
    let count = if parts[0] == "refs" && parts.len() >= 3 { 3 } else { 1 };
    (parts[..count].join("/"), &parts[count..])
}

/// `owner/name`, perhaps with `@revision`, `:Q8_0` or `/file.gguf`; `asked` is what was
/// typed.
fn from_name(text: &str, asked: &str) -> Result<Option<Reference>, HubError> {
    let text = text.trim_matches('/');
    let parts: Vec<String> = text.split('/').map(str::to_owned).collect();
    refuse_other_kinds(&parts, asked)?;
    let is_file = is_gguf(text);
    let text = match text.strip_prefix("models/") {
        Some(rest) if parts.len() > 3 || (parts.len() == 3 && !is_file) => rest,
        _ => text,
    };
    Ok(read_name(text))
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
fn quantization(kind: &str) -> Option<Wanted> {
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
        true => Err(HubError::NotAModel { text: shown(asked), kind }),
        false => Ok(()),
    }
}

/// A text as it can be repeated to a person: short, and without what stands before the
/// host of an address, which may be a token.
pub(crate) fn shown(text: &str) -> String {
    let text = text.trim();
    let secret = text.find("://").and_then(|scheme| {
        let authority = &text[scheme + 3..];
        let end = authority.find('/').unwrap_or(authority.len());
        let at = authority[..end].rfind('@')?;
        Some((scheme + 3, scheme + 3 + at))
    });
    let text = match secret {
        Some((start, end)) => format!("{}…{}", &text[..start], &text[end..]),
        None => text.to_owned(),
    };
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
#[path = "named_tests.rs"]
mod tests;
