//! `cargo xtask test`: everything that must hold before a change is good. No step builds
//! what another one has built: lints and documentation share one analysis of the
//! dependencies, unit tests, server and browser tests one build.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::arm;
use crate::browser::Browser;
use crate::process::{cargo, run, run_watched};
use crate::python::Python;
use crate::real_model;
use crate::report::{Report, Tests};
use crate::rerun::Failures;
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
    /// What is checked before any test runs: format, lints and documentation.
    Checks,
}

/// Runs the steps up to the first that fails, then prints the summary.
pub(crate) fn run_steps(root: &Path, scope: Scope) -> ExitCode {
    let steps = match scope {
        Scope::Everything => 12,
        Scope::Fast => 7,
        Scope::Checks => 4,
    };
    let skipped = Skipped::new(root.join("target").join("skipped-tests.txt"));
    let mut report = Report::new(steps, skipped);
    let outcome = match scope {
        Scope::Everything => everything(root, &mut report),
        Scope::Fast => fast(root, &mut report),
        Scope::Checks => checks(root, &mut report),
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
    let python = test_data(root, report)?;
    checks(root, report)?;
    report.step("kernels for ARM", |tests| {
        match arm::tests(root, &mut tests.skipped)? {
            Some(command) => test(command, tests, |_| ()),
            None => Ok(()),
        }
    })?;
    report.step("kernels for WebAssembly", |tests| {
        wasm_kernels::tests(root, &browser)?
            .into_iter()
            .try_for_each(|command| test(command, tests, |_| ()))
    })?;
    report.step("site", |_| site::build(root))?;
    report.step("tests, those in the browser too", |tests| {
        // All packages at once: cargo would build candle again for the features of some alone.
        test_twice(root, &["--workspace"], tests, |command| {
            python.name_to(command);
            browser.name_to(command);
            software_gpu::name_to(command);
        })
    })
}

fn fast(root: &Path, report: &mut Report) -> Result<()> {
    let python = test_data(root, report)?;
    checks(root, report)?;
    report.step("tests", |tests| {
        test_twice(root, &["--workspace", "--exclude", "e2e"], tests, |command| {
            python.name_to(command);
            software_gpu::name_to(command);
        })
    })
}

/// What tests compare with.
fn test_data(root: &Path, report: &mut Report) -> Result<Python> {
    let python = report.step("Python", |_| Python::ensure())?;
    report.step("real model", |_| real_model::ensure_for_tests(root, &python))?;
    Ok(python)
}

/// What is checked before any test runs.
fn checks(root: &Path, report: &mut Report) -> Result<()> {
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
    })
}

/// Runs the tests of packages, and those few that fail once more: on a machine with much to do,
/// a test can come too late. What only passes then is named in the summary, since something
/// about it is to be mended.
fn test_twice(
    root: &Path,
    packages: &[&str],
    tests: &mut Tests,
    prepare: impl Fn(&mut Command),
) -> Result<()> {
    let command = || {
        let mut command = cargo(root, &["test", "--locked", "--no-fail-fast"]);
        command.args(packages);
        prepare(&mut command);
        command
    };
    let mut failures = Failures::default();
    // One failure should not hide the others.
    let Err(failed) = test(command(), tests, |line| failures.see(line)) else {
        return Ok(());
    };
    let Some(names) = failures.to_run_again() else { return Err(failed) };
    println!("\nOnce more: {}", names.join(", "));
    let mut again = command();
    again.args(["--", "--exact"]).args(&names);
    test(again, tests, |_| ()).context("what had failed was run again")?;
    tests.pass_again(&names);
    Ok(())
}

/// Runs a `cargo test` and counts its results.
fn test(
    mut command: Command,
    tests: &mut Tests,
    mut see: impl FnMut(&str),
) -> Result<()> {
    // The stacks of errors would bury what they say.
    command.env("RUST_LIB_BACKTRACE", "0");
    tests.skipped.name_to(&mut command);
    run_watched(&mut command, |line| {
        tests.see(line);
        see(line);
    })
}
