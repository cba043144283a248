//! Building the site: the page and its worker, into `dist`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::fast_worker::{FASTEST, LATER};
use crate::process::{cargo, run};
use crate::tools::{Tools, ensure_wasm_target};

/// The crates that trunk compiles (`index.html`), those that take longest first.
const CRATES: [&str; 3] = ["worker", "app", "sharing-worker"];

/// Builds the release form of the site into `dist`, with all that this needs.
pub(crate) fn build(root: &Path) -> Result<()> {
    let tools = with_tools(root)?;
    println!("Building the site (up to 10 minutes the first time, then seconds) ...");
    run(tools.trunk(root)?.args(["build", "--release"]))
}

/// Builds what a page needs to run at all: all but the worker's fastest build.
pub(crate) fn build_first(root: &Path) -> Result<()> {
    let tools = with_tools(root)?;
    println!("Building the page (up to 6 minutes the first time) ...");
    run(tools.trunk(root)?.args(["build", "--release"]).env(LATER, "1"))
}

/// The tools. Where they have to be built first, what they will be used on is compiled meanwhile: both
/// end in steps that leave cores idle.
fn with_tools(root: &Path) -> Result<Tools> {
    if let Some(tools) = Tools::find(root)? {
        return Ok(tools);
    }
    ensure_wasm_target(root)?;
    std::thread::scope(|scope| {
        let tools = scope.spawn(|| Tools::ensure(root));
        let compiled = compile(root);
        let tools =
            tools.join().map_err(|_| anyhow!("installing the tools broke off"))?;
        compiled.and(tools)
    })
}

/// Compiles the crates of the site, as trunk will: it then finds all done.
fn compile(root: &Path) -> Result<()> {
    println!("Compiling the page and its workers ...");
    for name in CRATES {
        let manifest = root.join(name).join("Cargo.toml");
        let mut command = cargo(root, &["build", "--target=wasm32-unknown-unknown"]);
        command.arg("--manifest-path").arg(manifest).args(["--profile", "wasm"]);
        run(&mut command).with_context(|| format!("{name} was not compiled"))?;
    }
    Ok(())
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
    fn what_is_compiled_while_tools_are_installed_is_what_trunk_compiles() {
        let page = include_str!("../../index.html");
        let links: Vec<&str> = page
            .lines()
            .filter(|line| line.contains("data-trunk rel=\"rust\""))
            .collect();
        assert_eq!(links.len(), CRATES.len());
        for name in CRATES {
            let manifest = format!("href=\"{name}/Cargo.toml\"");
            let link = links.iter().find(|link| link.contains(&manifest)).unwrap();
            assert!(link.contains("data-cargo-profile-release=\"wasm\""), "{link}");
            assert!(!link.contains("data-bin=") && !link.contains("features"), "{link}");
        }
    }

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
