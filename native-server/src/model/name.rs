//! The name of a model in the API.

use std::path::Path;

use hub::{Endpoint, Reference, Wanted};

use super::HubCache;

/// The default branch.
const MAIN: &str = "main";

/// The name in the API of the model that was asked for as `wanted`. Of a file or folder it
/// is the last part of the path, so that clients do not learn the folders of this machine. A
/// model of the hub has one name, however it was written.
pub(super) fn public_name(wanted: &str, hub: &Endpoint) -> String {
    let path = Path::new(wanted);
    if path.exists() {
        return of_place(path);
    }
    match Reference::parse(wanted, hub) {
        Ok(reference) => of_reference(&reference),
        Err(_) => last_part(path).unwrap_or_else(|| "model".into()),
    }
}

/// The last part of a path, for people.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn of_place(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // A folder of the cache has a commit's hash for a name.
    let of_cache = HubCache::model_of_snapshot(&whole).filter(|_| path.is_dir());
    let name = of_cache.or_else(|| last_part(path));
    // `..` has no last part before it is followed.
    let name = name.or_else(|| last_part(&path.canonicalize().ok()?));
    name.unwrap_or_else(|| "model".into())
}

fn last_part(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

fn of_reference(reference: &Reference) -> String {
    let Reference { id, revision, wanted } = reference;
    let revision = revision.as_deref().filter(|revision| *revision != MAIN);
    let at = revision.map_or_else(String::new, |revision| format!("@{revision}"));
    let of_it = match wanted {
        Wanted::Any => String::new(),
        Wanted::File(path) | Wanted::Folder(path) => format!("/{path}"),
        Wanted::Quantization(kind) => format!(":{kind}"),
    };
    format!("{id}{at}{of_it}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_one_name_however_it_was_asked_for() {
        let hub = Endpoint::new("http://hub.example/").unwrap();
        for (wanted, name) in [
            ("a/b", "a/b"),
            ("a/b@main", "a/b"),
            ("http://hub.example/a/b", "a/b"),
            ("https://huggingface.co/a/b/tree/main", "a/b"),
            ("a/b@v1", "a/b@v1"),
            ("a/b/c-q8_0.gguf", "a/b/c-q8_0.gguf"),
            ("http://hub.example/a/b/resolve/main/c-q8_0.gguf", "a/b/c-q8_0.gguf"),
            ("http://hub.example/a/b/resolve/v1/c.gguf", "a/b@v1/c.gguf"),
            ("/no/such/folder", "folder"),
        ] {
            assert_eq!(public_name(wanted, &hub), name, "{wanted}");
        }
    }

    #[test]
    fn of_a_file_or_folder_only_the_last_part_is_told() {
        let root = tempfile::tempdir().unwrap();
        let snapshot = root.path().join("models--a--b/snapshots/0123abc");
        std::fs::create_dir_all(&snapshot).unwrap();
        std::fs::write(snapshot.join("x.gguf"), "").unwrap();
        let snapshots = root.path().join("models--a--b/snapshots");
        for (path, name) in [
            (snapshots.clone(), "snapshots"),
            (snapshots.join("."), "snapshots"),
            (snapshot.join(".."), "snapshots"),
            (snapshot.clone(), "a/b"),
            (snapshot.join("x.gguf"), "x.gguf"),
        ] {
            let wanted = path.to_str().unwrap();
            assert_eq!(public_name(wanted, &Endpoint::default()), name, "{wanted}");
        }
    }
}
