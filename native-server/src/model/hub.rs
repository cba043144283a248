//! The Hugging Face cache: `models--owner--name/snapshots/<commit>/`, with the commit of
//! a branch in `refs/<branch>`. Only read here.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER_PREFIX: &str = "models--";
const SEPARATOR: &str = "--";

/// A cache of models that other programs have downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubCache {
    /// None where the machine names no place for it.
    pub(super) root: Option<PathBuf>,
}

impl HubCache {
    /// The cache that Hugging Face's own programs use here.
    pub(crate) fn of_this_machine() -> HubCache {
        HubCache::from_variables(|name| std::env::var_os(name))
    }

    /// The cache as `variable` says where it is, in the order of Hugging Face's own
    /// programs.
    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> HubCache {
        let folder = |name: &str| {
            variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
        };
        let hub_home = || {
            let in_cache = |cache: PathBuf| cache.join("huggingface");
            let home = || folder("HOME").or_else(|| folder("USERPROFILE"));
            folder("HF_HOME")
                .or_else(|| folder("XDG_CACHE_HOME").map(in_cache))
                .or_else(|| home().map(|home| in_cache(home.join(".cache"))))
        };
        let root =
            folder("HF_HUB_CACHE").or_else(|| hub_home().map(|home| home.join("hub")));
        HubCache { root }
    }

    /// Whether `text` has the form of a model's name, `owner/name` or `name`; such a name
    /// cannot lead out of the cache.
    pub(crate) fn is_id(text: &str) -> bool {
        let is_part = |part: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && !part.starts_with('.') && part.chars().all(known)
        };
        let parts: Vec<&str> = text.split('/').collect();
        parts.len() <= 2 && parts.into_iter().all(is_part)
    }

    /// The folder that the cache has for a model, whether or not it is there.
    pub(crate) fn folder(&self, id: &str) -> Option<PathBuf> {
        let root = self.root.as_ref().filter(|_| HubCache::is_id(id))?;
        Some(root.join(format!("{FOLDER_PREFIX}{}", id.replace('/', SEPARATOR))))
    }

    /// The files of a model: those of its main branch, else of its only download.
    pub(crate) fn snapshot(&self, id: &str) -> Option<PathBuf> {
        snapshot_in(&self.folder(id)?)
    }

    /// The models that have any files here, sorted.
    pub(crate) fn ids(&self) -> Vec<String> {
        let entries = self.root.as_ref().and_then(|root| fs::read_dir(root).ok());
        let mut ids: Vec<String> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| snapshot_in(&entry.path()).is_some())
            .filter_map(|entry| id_of_folder(&entry.file_name().to_string_lossy()))
            .collect();
        ids.sort();
        ids
    }
}

fn snapshot_in(folder: &Path) -> Option<PathBuf> {
    let snapshots = folder.join("snapshots");
    let main = fs::read_to_string(folder.join("refs").join("main")).ok();
    let of_main = main.map(|commit| snapshots.join(commit.trim()));
    if let Some(snapshot) = of_main.filter(|snapshot| snapshot.is_dir()) {
        return Some(snapshot);
    }
    let mut all = fs::read_dir(snapshots).ok()?.flatten().map(|entry| entry.path());
    match (all.next(), all.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

fn id_of_folder(name: &str) -> Option<String> {
    let id = name.strip_prefix(FOLDER_PREFIX)?.replacen(SEPARATOR, "/", 1);
    HubCache::is_id(&id).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(variables: &[(&str, &str)]) -> Option<String> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        HubCache::from_variables(find).root.map(|root| root.display().to_string())
    }

    #[test]
    fn the_most_particular_variable_says_where_the_cache_is() {
        let all = [
            ("HF_HUB_CACHE", "/a"),
            ("HF_HOME", "/b"),
            ("XDG_CACHE_HOME", "/c"),
            ("HOME", "/d"),
        ];
        assert_eq!(root(&all).as_deref(), Some("/a"));
        assert_eq!(root(&all[1..]).as_deref(), Some("/b/hub"));
        assert_eq!(root(&all[2..]).as_deref(), Some("/c/huggingface/hub"));
        assert_eq!(root(&all[3..]).as_deref(), Some("/d/.cache/huggingface/hub"));
        assert_eq!(root(&[("HF_HOME", "")]), None);
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_cache() {
        assert!(HubCache::is_id("HuggingFaceTB/SmolLM2-360M-Instruct"));
        assert!(HubCache::is_id("gpt2"));
        for other in ["", "/", "a/", "../x", "a/..", "a/b/c", "a b", "C:\\x", "a/.b"] {
            assert!(!HubCache::is_id(other), "{other}");
        }
    }

    #[test]
    fn a_folder_of_the_cache_stands_for_a_name() {
        assert_eq!(id_of_folder("models--a--b").as_deref(), Some("a/b"));
        assert_eq!(id_of_folder("models--gpt2").as_deref(), Some("gpt2"));
        assert_eq!(id_of_folder("datasets--a--b"), None);
    }
}
