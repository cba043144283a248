//! Folders: the built site, and models made for a test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use random_model::Files;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The built site.
///
/// # Panics
/// If it has not been built.
pub fn dist() -> PathBuf {
    let dist = workspace().join("dist");
    assert!(
        dist.join("index.html").exists(),
        "the site is not built: run `cargo xtask test`, which builds it first"
    );
    dist
}

/// A copy of the built site, which a test can change.
///
/// # Errors
/// If it cannot be written.
pub fn copy_of_the_site() -> std::io::Result<tempfile::TempDir> {
    fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let (path, place) = (entry.path(), to.join(entry.file_name()));
            match path.is_dir() {
                true => copy(&path, &place)?,
                false => drop(std::fs::copy(&path, place)?),
            }
        }
        Ok(())
    }
    let folder = tempfile::tempdir()?;
    copy(&dist(), folder.path())?;
    Ok(folder)
}

/// The folder of the built site's worker, relative to the page.
///
/// # Panics
/// If it has not been built.
pub fn worker_folder() -> String {
    let page = std::fs::read_to_string(dist().join("index.html"));
    let page = page.expect("the site's page can be read");
    let folder = page.split("id=\"worker-folder\" content=\"").nth(1);
    let folder = folder.and_then(|rest| rest.split('"').next());
    folder.expect("the page names the worker's folder").into()
}

/// The folder for screenshots.
pub fn screenshots() -> PathBuf {
    let folder = workspace().join("target/screenshots");
    std::fs::create_dir_all(&folder).expect("target can be written");
    folder
}

/// A model in a temporary folder. Dropping it deletes the folder.
#[derive(Debug)]
pub struct ModelFolder(PathBuf);

impl ModelFolder {
    /// Writes a model's files.
    ///
    /// # Panics
    /// If the folder for temporary files cannot be written.
    pub fn new(files: &Files) -> ModelFolder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("next-token-e2e-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        files.write_to(&folder).expect("temporary files can be written");
        ModelFolder(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ModelFolder {
    fn drop(&mut self) {
        // If that fails, the folder stays among the temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
