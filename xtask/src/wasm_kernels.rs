//! The kernels for WebAssembly, tested where they run: in a browser.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::process::{cargo, program_in};
use crate::tools::wasm_bindgen;

/// The features of the worker's two builds that kernels depend on.
const FEATURES: [&str; 2] = ["+simd128", "+simd128,+relaxed-simd"];

/// The commands that test the kernels, one for each build of the worker.
pub(crate) fn tests(root: &Path, browser: &Browser) -> Result<Vec<Command>> {
    let tools = wasm_bindgen(root)?;
    let folder = tools.parent().context("a program lies in a folder")?;
    let runner = program_in(folder, "wasm-bindgen-test-runner");
    let test = |features: &&str| {
        let mut command = cargo(root, &["test", "--locked", "--package", "kernels"]);
        command
            .args(["--target", "wasm32-unknown-unknown", "--lib", "--test", "suite"])
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner)
            .env("RUSTFLAGS", format!("-C target-feature={features}"))
            .env("WASM_BINDGEN_USE_BROWSER", "1")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "300");
        browser.name_to_runner(&mut command, root)?;
        Ok(command)
    };
    FEATURES.iter().map(test).collect()
}
