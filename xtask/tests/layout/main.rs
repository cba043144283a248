//! How the source files of all crates lie: none is long, and none imports in a circle.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

/// Circles among files that import from each other.
mod circles;
/// The checker on small trees of modules.
mod examples;
/// Which file uses what of which other file.
mod imports;
/// The modules of a crate, and what each of them names.
mod module_tree;
/// The paths in a file's code.
mod paths;
/// From a path to the file that defines what it names.
mod resolve;

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have.
const MAX_LINES: usize = 300;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folders in the repository's root that hold a crate.
fn crates() -> Vec<PathBuf> {
    let folders = fs::read_dir(repository()).unwrap().map(|entry| entry.unwrap().path());
    let mut crates: Vec<PathBuf> =
        folders.filter(|folder| folder.join("Cargo.toml").is_file()).collect();
    crates.sort();
    crates
}

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if name != "target" && name != "node_modules" {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// A path as it is in the repository.
fn shown(text: &str) -> String {
    text.replace(&format!("{}/", repository().display()), "")
}

#[test]
fn no_file_is_longer_than_300_lines() {
    let crates = crates();
    assert!(crates.len() > 5, "the crates are not where they are looked for");
    let mut long = Vec::new();
    for file in crates.iter().flat_map(|folder| rust_files(folder)) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines > MAX_LINES {
            long.push(format!("{lines} lines: {}", file.display()));
        }
    }
    assert!(long.is_empty(), "divide these files:\n{}", shown(&long.join("\n")));
}

#[test]
fn no_files_import_from_each_other_in_a_circle() {
    let mut found = Vec::new();
    for folder in crates() {
        for root in ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file)) {
            if root.is_file() {
                found.extend(circles::of_crate(&root));
            }
        }
    }
    let text: Vec<String> = found.iter().map(ToString::to_string).collect();
    let text = shown(&text.join("\n"));
    assert!(found.is_empty(), "move what these files share below them:\n{text}");
}
