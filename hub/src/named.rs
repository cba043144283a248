//! What a person means by what they type or paste as a model. The page, the worker and the
//! native server all ask here, so that a name means the same everywhere.

use percent_encoding::percent_decode_str;

use crate::excerpt::excerpt;
use crate::hub_name::{decoded, from_name, from_path, is_other_page};
use crate::pasted::{self, strip};
use crate::paths::is_gguf;
use crate::{Endpoint, HubError, Origin, Reference};

/// What is named.
///
/// ```
/// use hub::{Endpoint, Named, Wanted};
///
/// let hub = Endpoint::default();
/// let Named::Hub(model) = Named::parse("owner/name@v1:Q8_0", &hub)? else {
///     panic!("this is a model of the hub");
/// };
/// assert_eq!((model.id.as_str(), model.revision()), ("owner/name", "v1"));
/// assert_eq!(model.wanted, Wanted::Quantization("Q8_0".into()));
///
/// let address = "https://host.example/x.gguf?download=true";
/// assert_eq!(Named::parse(address, &hub)?, Named::File(address.into()));
/// assert!(Named::parse("not a model", &hub).is_err());
/// # Ok::<(), hub::HubError>(())
/// ```
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
const USUAL_HOSTS: [&str; 5] =
    ["huggingface.co", "hf.co", "www.huggingface.co", "www.hf.co", "hf-mirror.com"];
/// Longer texts are no names.
const LONGEST: usize = 2048;

impl Named {
    /// Reads `name`, `owner/name`, either with `@revision` or `:Q8_0` after it,
    /// `owner/name/file.gguf`, or an address of a model, folder or file on `hub` or on
    /// huggingface.co, with or without its scheme, or as `hf://owner/name`; any other
    /// `http` or `https` address; and addresses relative to the page: `file.gguf`,
    /// `folder/`, and what begins with `./`, `../` or `/`. Quotes and brackets around it, and
    /// the other words of a command or of a line of Python that loads it, are left out.
    ///
    /// # Errors
    /// [`HubError::NotUnderstood`] if it is none of these, and [`HubError::NotAModel`] for
    /// what a hub has besides models.
    pub fn parse(text: &str, hub: &Endpoint) -> Result<Named, HubError> {
        let failed = || HubError::not_understood(text);
        let bare = pasted::bare(text);
        let bare = bare.as_ref();
        let odd = |c: char| c.is_control() || c == '\\';
        if bare.is_empty() || bare.len() > LONGEST || bare.contains(odd) {
            return Err(failed());
        }
        if let Some(path) = on_hub(bare, hub) {
            let host = without_scheme(bare);
            let is_usual = USUAL_HOSTS.iter().any(|usual| strip(host, usual).is_some());
            if is_usual && is_other_page(path) {
                let kind = "a page of the hub";
                return Err(HubError::NotAModel { text: excerpt(text), kind });
            }
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

impl Reference {
    /// Reads the name of a model of a hub in any of the forms of [`Named::parse`].
    ///
    /// # Errors
    /// If it is no such name, or the address of something that is not on a hub.
    pub fn parse(text: &str, hub: &Endpoint) -> Result<Reference, HubError> {
        match Named::parse(text, hub)? {
            Named::Hub(reference) => Ok(reference),
            Named::File(_) | Named::Folder(_) => Err(HubError::not_understood(text)),
        }
    }
}

/// One slash is lost where an address was joined as a path.
fn without_scheme(address: &str) -> &str {
    let schemes = ["https://", "http://", "https:/", "http:/"];
    schemes.iter().find_map(|scheme| strip(address, scheme)).unwrap_or(address)
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

/// Whether a query has the host of a file call it by the name of a GGUF file, as the
/// addresses do that a hub leads its downloads to.
fn names_gguf(query: &str) -> bool {
    query.split('&').any(|pair| {
        let Some(value) = pair.strip_prefix("response-content-disposition=") else {
            return false;
        };
        let value = percent_decode_str(value).decode_utf8_lossy();
        let name = value.rsplit_once("filename=").map_or("", |(_, name)| name);
        is_gguf(name.trim_end_matches(';').trim_matches('"'))
    })
}

/// A file or a folder, by the last letters of the path: queries and fragments are no part
/// of a name, unless a query says what the file is called.
fn at_address(address: &str) -> Named {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = path.split('#').next().unwrap_or(path);
    let path = percent_decode_str(path).decode_utf8_lossy();
    match is_gguf(&path) || names_gguf(query) {
        true => Named::File(address.into()),
        false => Named::Folder(address.into()),
    }
}

#[cfg(test)]
#[path = "named_tests.rs"]
mod tests;
