//! Building the site: the page and its worker, into `dist`.

use std::path::Path;

use anyhow::Result;

use crate::process::run;
use crate::tools::Tools;

/// Builds the release form of the site into `dist`, with all that this needs.
pub(crate) fn build(root: &Path) -> Result<()> {
    let tools = Tools::ensure(root)?;
    println!("Building the site (up to 10 minutes the first time, then seconds) ...");
    run(tools.trunk(root)?.args(["build", "--release"]))
}

/// Builds the site, unless there is one.
pub(crate) fn ensure(root: &Path) -> Result<()> {
    match root.join("dist/index.html").is_file() {
        true => Ok(()),
        false => build(root),
    }
}
