//! Building the site: the page and its worker, into `dist`.

use std::path::Path;

use anyhow::Result;

use crate::fast_worker::LATER;
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

/// Builds the site, unless there is one.
pub(crate) fn ensure(root: &Path) -> Result<()> {
    match root.join("dist/index.html").is_file() {
        true => Ok(()),
        false => build(root),
    }
}
