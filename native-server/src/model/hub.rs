//! The Hugging Face cache: `models--owner--name/snapshots/<commit>/`, with the commit of
//! a branch in `refs/<branch>`. Only read here.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use hub::ModelId;

const FOLDER_PREFIX: &str = "models--";

/// A cache of models that other programs have downloaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HubCache {
    /// None if no variable of the environment names one.
    pub(super) root: Option<PathBuf>,
}

impl HubCache {
    /// The cache that Hugging Face's own programs use here.
    pub(crate) fn of_this_machine() -> HubCache {
        HubCache::from_variables(|name| std::env::var_os(name))
    }

    /// The cache that variables of the environment name, in the order of Hugging Face's own
    /// programs.
    pub(crate) fn from_variables(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> HubCache {
        let named = variable("HF_HUB_CACHE").filter(|value| !value.is_empty());
        let in_home = || HubCache::home(&variable).map(|home| home.join("hub"));
        HubCache { root: named.map(PathBuf::from).or_else(in_home) }
    }

    /// The cache in a folder.
    pub(crate) fn at(root: Option<PathBuf>) -> HubCache {
        HubCache { root }
    }

    /// The folder of Hugging Face's own programs, which the cache and the token are in.
    pub(crate) fn home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let folder = |name: &str| {
            variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
        };
        let in_cache = |cache: PathBuf| cache.join("huggingface");
        let home = || folder("HOME").or_else(|| folder("USERPROFILE"));
        folder("HF_HOME")
            .or_else(|| folder("XDG_CACHE_HOME").map(in_cache))
            .or_else(|| home().map(|home| in_cache(home.join(".cache"))))
    }

    /// The folder of the cache, if a variable of the environment names one.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The name of the folder that a model has in a cache.
    pub(crate) fn folder_name(id: &ModelId) -> String {
        format!("{FOLDER_PREFIX}{}", id.in_path())
    }

    /// The folder of a model in the cache, which need not exist.
    pub(crate) fn folder(&self, id: &str) -> Option<PathBuf> {
        let id = ModelId::new(id).ok()?;
        Some(self.root.as_ref()?.join(HubCache::folder_name(&id)))
    }

    /// The folder of a model's files: that of its main branch, else of its only commit.
    pub(crate) fn snapshot(&self, id: &str) -> Option<PathBuf> {
        snapshot_in(&self.folder(id)?)
    }

    /// The model whose snapshot a folder is, if it is one.
    pub(crate) fn model_of_snapshot(folder: &Path) -> Option<String> {
        let snapshots = folder.parent().filter(|parent| parent.ends_with("snapshots"))?;
        let model = snapshots.parent()?.file_name()?;
        id_of_folder(&model.to_string_lossy())
    }

    /// The folder of a model's files at a branch, tag or commit.
    pub(crate) fn snapshot_at(&self, id: &ModelId, revision: &str) -> Option<PathBuf> {
        let folder = self.folder(id.as_str())?;
        if !hub::is_revision(revision) {
            return None;
        }
        let noted = fs::read_to_string(folder.join("refs").join(revision));
        let commit = noted.unwrap_or_else(|_| revision.into());
        let snapshot = folder.join("snapshots").join(commit_of(&commit)?);
        Some(snapshot).filter(|found| found.is_dir())
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
    let of_main = main.as_deref().and_then(commit_of).map(|at| snapshots.join(at));
    if let Some(snapshot) = of_main.filter(|snapshot| snapshot.is_dir()) {
        return Some(snapshot);
    }
    let mut all = fs::read_dir(snapshots).ok()?.flatten().map(|entry| entry.path());
    match (all.next(), all.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// The commit in a file of `refs`, if it is the name of a folder and not a path.
fn commit_of(noted: &str) -> Option<&str> {
    let noted = noted.trim();
    let is_name = !noted.is_empty() && noted.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then_some(noted)
}

fn id_of_folder(name: &str) -> Option<String> {
    ModelId::from_path(name.strip_prefix(FOLDER_PREFIX)?).map(String::from)
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
    fn a_branch_leads_to_a_snapshot_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let cache = HubCache::at(Some(root.path().to_owned()));
        let id = ModelId::new("a/b").unwrap();
        let folder = cache.folder("a/b").unwrap();
        fs::create_dir_all(folder.join("snapshots/c0ffee0")).unwrap();
        fs::create_dir_all(folder.join("snapshots/other")).unwrap();
        fs::create_dir_all(folder.join("refs")).unwrap();
        for commit in ["../refs", "..", "/", "", "c0ffee0/../../refs"] {
            fs::write(folder.join("refs/main"), commit).unwrap();
            assert_eq!(cache.snapshot("a/b"), None, "{commit}");
            assert_eq!(cache.snapshot_at(&id, "main"), None, "{commit}");
        }
        fs::write(folder.join("refs/main"), "c0ffee0\n").unwrap();
        assert_eq!(cache.snapshot("a/b"), cache.snapshot_at(&id, "main"));
        assert!(cache.snapshot_at(&id, "c0ffee0").is_some());
        assert_eq!(cache.snapshot_at(&id, "../refs"), None);
    }

    #[test]
    fn a_folder_of_the_cache_stands_for_a_name() {
        assert_eq!(id_of_folder("models--a--b").as_deref(), Some("a/b"));
        assert_eq!(id_of_folder("models--gpt2").as_deref(), Some("gpt2"));
        assert_eq!(id_of_folder("datasets--a--b"), None);
    }
}
