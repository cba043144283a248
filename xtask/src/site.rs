//! Building the site: the page and its worker, into `dist`.

use std::path::Path;

use anyhow::Result;

use crate::process::run;
use crate::tools::Tools;

/// Builds the release form of the site into `dist`.
pub(crate) fn build(root: &Path, tools: &Tools) -> Result<()> {
    run(tools.trunk(root)?.args(["build", "--release"]))
}
