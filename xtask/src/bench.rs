//! `cargo xtask bench`: whatever a measurement needs is there before it begins.

use std::path::Path;

use anyhow::Result;

use crate::browser::Browser;
use crate::process::{cargo, run};
use crate::python::Python;
use crate::{real_model, site};

/// Measurements of the built site in a browser.
const IN_BROWSER: [&str; 6] =
    ["browser", "compare", "accuracy", "frames", "inside", "soak-page"];
/// Measurements beside engines that come as Python packages.
const BESIDE_PYTHON: [&str; 4] = ["compare", "accuracy", "quantiser", "upstream"];

/// Measures, as `arguments` say.
pub(crate) fn measure(root: &Path, arguments: &[&str]) -> Result<()> {
    let bench = ["run", "--quiet", "--release", "--package", "bench", "--"];
    let mut command = cargo(root, &bench);
    command.args(arguments);
    let is_question = arguments.iter().any(|word| ["--help", "-h"].contains(word));
    if let Some(what) = arguments.first()
        && !is_question
    {
        if IN_BROWSER.contains(what) {
            site::ensure(root)?;
            Browser::ensure()?.name_to(&mut command);
        }
        if BESIDE_PYTHON.contains(what) {
            Python::ensure()?.name_to(&mut command);
        }
        // Of another model, that file is there.
        let names_model =
            ["--model", "--folder"].iter().any(|name| arguments.contains(name));
        if ["inside", "upstream"].contains(what) && !names_model {
            real_model::ensure(root, &Python::ensure()?)?;
        }
    }
    run(&mut command)
}
