//! `cargo xtask test`: everything that must hold before a change is good. No step builds
//! what another one has built: lints and documentation share one analysis of the
//! dependencies, unit tests, server and browser tests one build.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::arm;
use crate::browser::Browser;
use crate::process::{cargo, run, run_watched};
use crate::python::Python;
use crate::real_model;
use crate::report::{Report, Tests};
use crate::site;
use crate::skipped::Skipped;
use crate::software_gpu;
use crate::tools::{Tools, ensure_wasm_target};
use crate::wasm_kernels;

/// How much is tested.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of it.
    Everything,
    /// All but the site and the tests in a browser.
    Fast,
}

/// Runs the steps up to the first that fails, then prints the summary.
pub(crate) fn run_steps(root: &Path, scope: Scope) -> ExitCode {
    let steps = match scope {
        Scope::Everything => 12,
        Scope::Fast => 7,
    };
    let skipped = Skipped::new(root.join("target").join("skipped-tests.txt"));
    let mut report = Report::new(steps, skipped);
    let outcome = match scope {
        Scope::Everything => everything(root, &mut report),
        Scope::Fast => fast(root, &mut report),
    };
    if let Err(error) = &outcome {
        eprintln!("error: {error:#}");
    }
    report.finish(outcome.is_ok());
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn everything(root: &Path, report: &mut Report) -> Result<()> {
    // First, because a machine that cannot get its tools should say so at once.
    report.step("tools", |_| Tools::ensure(root).map(drop))?;
    let browser = report.step("browser", |_| Browser::ensure())?;
    let python = checks(root, report)?;
    report.step("kernels for ARM", |tests| {
        match arm::tests(root, &mut tests.skipped)? {
            Some(command) => test(command, tests),
            None => Ok(()),
        }
    })?;
    report.step("kernels for WebAssembly", |tests| {
        wasm_kernels::tests(root, &browser)?
            .into_iter()
            .try_for_each(|command| test(command, tests))
    })?;
    report.step("site", |_| site::build(root))?;
    report.step("tests, those in the browser too", |tests| {
        // All packages at once: cargo would build candle again for the features of some alone.
        let mut command = cargo(root, &["test", "--locked", "--workspace"]);
        // One failure should not hide the others.
        command.arg("--no-fail-fast");
        python.name_to(&mut command);
        browser.name_to(&mut command);
        software_gpu::name_to(&mut command);
        test(command, tests)
    })
}

fn fast(root: &Path, report: &mut Report) -> Result<()> {
    let python = checks(root, report)?;
    report.step("tests", |tests| {
        let all_others = ["test", "--locked", "--workspace", "--exclude", "e2e"];
        let mut command = cargo(root, &all_others);
        command.arg("--no-fail-fast");
        python.name_to(&mut command);
        software_gpu::name_to(&mut command);
        test(command, tests)
    })
}

/// What is checked before any test runs.
fn checks(root: &Path, report: &mut Report) -> Result<Python> {
    let python = report.step("Python", |_| Python::ensure())?;
    report.step("real model", |_| real_model::ensure_for_tests(root, &python))?;
    report.step("format", |_| run(&mut cargo(root, &["fmt", "--all", "--check"])))?;
    report.step("lints, native", |_| {
        let lint = ["clippy", "--locked", "--workspace", "--all-targets"];
        run(cargo(root, &lint).args(["--", "-D", "warnings"]))
    })?;
    report.step("lints, WebAssembly", |_| {
        ensure_wasm_target(root)?;
        let lint = ["clippy", "--locked", "--target", "wasm32-unknown-unknown"];
        let packages = ["--package", "app", "--package", "worker", "--package", "engine"];
        run(cargo(root, &lint).args(packages).args(["--", "-D", "warnings"]))
    })?;
    report.step("documentation", |_| {
        let document = ["doc", "--locked", "--workspace", "--no-deps"];
        run(cargo(root, &document).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    Ok(python)
}

/// Runs a `cargo test` and counts its results.
fn test(mut command: Command, tests: &mut Tests) -> Result<()> {
    // The stacks of errors would bury what they say.
    command.env("RUST_LIB_BACKTRACE", "0");
    tests.skipped.name_to(&mut command);
    run_watched(&mut command, |line| tests.see(line))
}
