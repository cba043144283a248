//! axe-core, which finds what keeps people from using a page: from npm's registry, once, in
//! `target/tools`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use e2e::Page;
use serde_json::Value;

const VERSION: &str = "4.14.1";

/// The program; none if it is not there and cannot be fetched, and the test is to be skipped.
pub(crate) fn source() -> Option<String> {
    match fetched() {
        Ok(source) => Some(source),
        Err(error) => {
            test_support::missing(&format!("axe-core could not be fetched: {error:#}"));
            None
        }
    }
}

fn fetched() -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools");
    let folder: PathBuf = root.join(format!("axe-core-{VERSION}"));
    let file = folder.join("package/axe.min.js");
    if !file.exists() {
        std::fs::create_dir_all(&folder)?;
        let package = format!("axe-core@{VERSION}");
        let pack = ["pack", "--silent", &package];
        run(Command::new("npm").args(pack).current_dir(&folder))?;
        let archive = format!("axe-core-{VERSION}.tgz");
        let names = ["-xzf", &archive, "package/axe.min.js"];
        run(Command::new("tar").args(names).current_dir(&folder))?;
    }
    std::fs::read_to_string(&file).with_context(|| file.display().to_string())
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("{name} cannot be run"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {said}");
    Ok(())
}

/// The violations that axe-core finds on a page as it is, each with the elements.
///
/// # Errors
/// If it fails.
pub(crate) async fn violations(page: &Page<'_>, axe: &str) -> Result<Vec<String>> {
    // The page's policy lets no script in, so each time it comes by the driver.
    let run = format!(
        "{axe}; const done = arguments[arguments.length - 1];
        // Rows are named in words that can be said, \"space cat\" for \"␣cat\", so the
        // rule that compares names with what is seen finds them all.
        const rules = {{ 'label-content-name-mismatch': {{ enabled: false }} }};
        axe.run(document, {{ resultTypes: ['violations'], rules }}).then(
            (found) => done(found.violations.map((v) => v.id + ' (' + v.impact + '): '
                + v.nodes.map((n) => n.target.join(' ') + ' [' + n.failureSummary + ']')
                    .slice(0, 4).join('; '))),
            (error) => done('failed: ' + error));"
    );
    match page.browser.execute_async(run, Vec::new()).await?.json().clone() {
        Value::Array(found) => Ok(found
            .iter()
            .filter_map(|violation| violation.as_str().map(str::to_owned))
            .collect()),
        other => bail!("axe-core gave {other}"),
    }
}
