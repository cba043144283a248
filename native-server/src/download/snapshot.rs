//! What points to the files of the cache: the links of a snapshot, the commits of branches,
//! and the mark of a restricted model. Nothing here writes outside of the folder of the model,
//! whatever links are in it.

use std::fs;
use std::io;
use std::path::Path;

use super::blob::remove;

/// The file that marks the folder of a model that the hub restricts to some accounts.
const RESTRICTED: &str = ".nexttoken-restricted";

/// Links a file of a snapshot to its contents, or copies it where the system has no links.
pub(crate) fn link(folder: &Path, commit: &str, path: &str, hex: &str) -> io::Result<()> {
    let place = folder.join("snapshots").join(commit).join(path);
    let contents = folder.join("blobs").join(hex);
    inside(folder, &place)?;
    // Programs that make no links leave copies.
    let is_right = match place.is_symlink() {
        true => place.canonicalize().ok() == contents.canonicalize().ok(),
        false => place.is_file(),
    };
    if is_right {
        return Ok(());
    }
    remove(&place)?;
    #[cfg(unix)]
    {
        let depth = 2 + path.split('/').count() - 1;
        let target = format!("{}blobs/{hex}", "../".repeat(depth));
        std::os::unix::fs::symlink(target, place)
    }
    #[cfg(not(unix))]
    {
        fs::copy(contents, place).map(|_| ())
    }
}

/// Notes which commit a branch or tag is at.
pub(crate) fn note_branch(folder: &Path, branch: &str, commit: &str) -> io::Result<()> {
    if !hub::is_revision(branch) {
        return Err(io::Error::other("it is not the name of a branch"));
    }
    write(folder, &folder.join("refs").join(branch), commit)
}

/// Marks a model as restricted to some accounts.
pub(crate) fn restrict(folder: &Path) -> io::Result<()> {
    let why = "The hub gives this model only to some accounts, so it is not shared.\n";
    write(folder, &folder.join(RESTRICTED), why)
}

/// Whether a model was marked as restricted.
pub(crate) fn is_restricted(folder: &Path) -> bool {
    folder.join(RESTRICTED).exists()
}

/// Replaces a file, and not what it may be a link to.
fn write(folder: &Path, place: &Path, text: &str) -> io::Result<()> {
    inside(folder, place)?;
    let mut fresh = place.as_os_str().to_owned();
    fresh.push(".nexttoken.new");
    let fresh = Path::new(&fresh);
    remove(fresh)?;
    fs::write(fresh, text)?;
    fs::rename(fresh, place)
}

/// Creates the folder of a file. A link that leads out of the folder of the model is an
/// error.
fn inside(folder: &Path, place: &Path) -> io::Result<()> {
    let above = place.parent().unwrap_or(folder);
    fs::create_dir_all(above)?;
    match above.canonicalize()?.starts_with(folder.canonicalize()?) {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "{} is a link that leads out of the cache",
            above.display()
        ))),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_in_the_cache_are_not_written_through() {
        let root = tempfile::tempdir().unwrap();
        let (folder, outside) = (root.path().join("m"), root.path().join("outside"));
        for place in [&folder.join("refs"), &folder.join("blobs"), &outside] {
            fs::create_dir_all(place).unwrap();
        }
        let secret = outside.join("secret");
        fs::write(&secret, "before").unwrap();
        fs::write(folder.join("blobs/ab"), "contents").unwrap();
        // A branch and a file that are links to elsewhere become what they should be.
        symlink(&secret, folder.join("refs/main")).unwrap();
        note_branch(&folder, "main", "c0ffee0").unwrap();
        let snapshot = folder.join("snapshots/c0ffee0");
        fs::create_dir_all(&snapshot).unwrap();
        symlink(&secret, snapshot.join("config.json")).unwrap();
        link(&folder, "c0ffee0", "config.json", "ab").unwrap();
        let read = |file: &Path| fs::read_to_string(file).unwrap();
        assert_eq!(read(&snapshot.join("config.json")), "contents");
        assert_eq!(read(&folder.join("refs/main")), "c0ffee0");
        // Folders that are links to elsewhere are refused.
        symlink(&outside, snapshot.join("sub")).unwrap();
        assert!(link(&folder, "c0ffee0", "sub/x.gguf", "ab").is_err());
        symlink(&outside, folder.join("refs/pr")).unwrap();
        assert!(note_branch(&folder, "pr/1", "c0ffee0").is_err());
        assert_eq!(read(&secret), "before");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn only_the_name_of_a_branch_becomes_a_file() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("m");
        for branch in ["../../x", "..", "/etc/x", "a/../../x", "", ".git"] {
            assert!(note_branch(&folder, branch, "c0ffee0").is_err(), "{branch}");
        }
        note_branch(&folder, "refs/pr/1", "c0ffee0").unwrap();
        assert!(folder.join("refs/refs/pr/1").is_file());
    }
}
