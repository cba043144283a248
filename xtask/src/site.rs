//! Building the site: the page and its worker, into `dist`.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::fast_worker::{FASTEST, LATER};
use crate::process::run;
use crate::tools::Tools;

/// Builds the release form of the site into `dist`, with all that this needs.
pub(crate) fn build(root: &Path) -> Result<()> {
    let tools = Tools::ensure(root)?;
    println!("Building the site (up to 10 minutes the first time, then seconds) ...");
    run(tools.trunk(root)?.args(["build", "--release"]))
}

/// Builds what a page needs to run at all: all but the worker's fastest build.
pub(crate) fn build_first(root: &Path) -> Result<()> {
    let tools = Tools::ensure(root)?;
    println!("Building the page (up to 6 minutes the first time) ...");
    run(tools.trunk(root)?.args(["build", "--release"]).env(LATER, "1"))
}

/// Builds the site, unless it is there, the worker's fastest build too.
pub(crate) fn ensure(root: &Path) -> Result<()> {
    if is_whole(&root.join("dist")) { Ok(()) } else { build(root) }
}

/// Whether a folder has a site without anything that was left for later.
fn is_whole(dist: &Path) -> bool {
    let folders = fs::read_dir(dist).into_iter().flatten().flatten();
    let has_fast =
        folders.into_iter().any(|folder| folder.path().join(FASTEST).is_file());
    has_fast && dist.join("index.html").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_whose_fastest_worker_was_left_for_later_is_not_whole() {
        let dist = tempfile::tempdir().unwrap();
        let worker = dist.path().join("worker-0");
        assert!(!is_whole(&dist.path().join("none")));
        fs::create_dir(&worker).unwrap();
        for file in ["worker_bg.wasm", "worker_fast_loader.js", "../index.html"] {
            fs::write(worker.join(file), "").unwrap();
        }
        assert!(!is_whole(dist.path()));
        fs::write(worker.join(FASTEST), "").unwrap();
        assert!(is_whole(dist.path()));
    }
}
