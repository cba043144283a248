//! Addresses of models and of their files.

use protocol::{ErrorCode, Failure};
use web_sys::{DedicatedWorkerGlobalScope, Url};

/// Where the page lies, from the worker's own script.
const PAGE: &str = "../";

/// The complete form of an address that may be relative to the page.
pub(super) fn complete(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
) -> Result<String, Failure> {
    resolve(url, &resolve(PAGE, &scope.location().href())?)
}

/// Whether an address is that of a GGUF file: by its path, as a query may follow.
pub(super) fn is_gguf(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.to_ascii_lowercase().ends_with(".gguf")
}

/// The address of a file in a folder. What the folder's own address asks for in a query
/// goes along, as a signature of it may.
pub(super) fn beneath(folder: &str, name: &str) -> String {
    let (path, query) = folder.split_at(folder.find('?').unwrap_or(folder.len()));
    format!("{}/{name}{query}", path.trim_end_matches('/'))
}

/// The last part of an address's path, as a name.
pub(super) fn last_part(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn resolve(url: &str, base: &str) -> Result<String, Failure> {
    match Url::new_with_base(url, base) {
        Ok(url) if matches!(url.protocol().as_str(), "http:" | "https:") => {
            Ok(url.href())
        }
        _ => Err(Failure {
            code: ErrorCode::Network,
            message: format!("{url:?} is not an address."),
            hint: Some("Give the address of a model's folder or of a .gguf file.".into()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_is_is_told_by_its_path() {
        for gguf in ["http://h/x.gguf", "http://h/X.GGUF", "http://h/x.gguf?a=b/c#d"] {
            assert!(is_gguf(gguf), "{gguf}");
        }
        assert!(!is_gguf("http://h/folder?file=x.gguf"));
        assert_eq!(beneath("http://h/m", "a.json"), "http://h/m/a.json");
        assert_eq!(beneath("http://h/m/", "a.json"), "http://h/m/a.json");
        assert_eq!(beneath("http://h/m/?s=1/2", "a.json"), "http://h/m/a.json?s=1/2");
        assert_eq!(last_part("http://h/m/?s=1/2"), "m");
    }
}
