//! Which files go into an archive, and under which names.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// One file of an archive.
pub(crate) struct Entry {
    /// Its path in the archive, with slashes.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) file: PathBuf,
    /// Whether it is a program.
    pub(crate) is_program: bool,
}

/// What a person who downloads a program should find beside it.
const BESIDE: [&str; 4] =
    ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md", "docs/native-server.md"];

/// Without these a site is not whole.
const NEEDED: [&str; 3] = ["index.html", "models.json", "service-worker.js"];

/// All files of the site, in order.
///
/// # Errors
/// If the folder is no whole site: the build ends with its service worker.
pub(crate) fn site(dist: &Path) -> Result<Vec<Entry>> {
    for name in NEEDED {
        if !dist.join(name).is_file() {
            bail!(
                "{} has no {name}; build the site first: trunk build --release",
                dist.display()
            );
        }
    }
    let mut entries = Vec::new();
    collect(dist, dist, &mut entries)?;
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// The program of the server, with its licences and its page of documentation.
///
/// # Errors
/// If the program is not there.
pub(crate) fn server(root: &Path, program: &Path) -> Result<Vec<Entry>> {
    if !program.is_file() {
        bail!(
            "{} is not there; build it first: cargo build --release --package native-server",
            program.display()
        );
    }
    let file_name = program.file_name().context("a program has a name")?;
    let mut entries = vec![Entry {
        name: file_name.to_string_lossy().into_owned(),
        file: program.to_owned(),
        is_program: true,
    }];
    entries.extend(BESIDE.map(|path| Entry {
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        file: root.join(path),
        is_program: false,
    }));
    Ok(entries)
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<Entry>) -> Result<()> {
    let files = fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    for file in files {
        let file = file?.path();
        if file.is_dir() {
            collect(root, &file, into)?;
            continue;
        }
        let name = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        into.push(Entry { name, file, is_program: false });
    }
    Ok(())
}
