//! Makes the page's program smaller with Binaryen's `wasm-opt`, from npm's registry, once, in
//! `target/tools`. Without npm or a network the page is as good, and a sixth larger.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::find;

const VERSION: &str = "132.0.0";
/// A function with one caller is not made part of it if it is long: compressed, many short ones
/// take less than one of sixty kilobytes, by two thousand bytes here.
const INLINING: &str = "--one-caller-inline-max-function-size=100";
/// What rustc's WebAssembly has by default, and nothing that a browser may lack.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes the page's program in `site` smaller, if the tool can be had.
pub(crate) fn shrink(root: &Path, site: &Path) -> Result<()> {
    let Some(node) = find(&["node"]) else {
        println!("The page is not made smaller: that needs node and npm.");
        return Ok(());
    };
    let tool = match fetched(root) {
        Ok(tool) => tool,
        Err(error) => {
            println!("The page is not made smaller: {error:#}");
            return Ok(());
        }
    };
    let program = page_program(site)?;
    let smaller = program.with_extension("smaller");
    let mut command = Command::new(node);
    command
        .arg(tool)
        .arg("-Oz")
        .arg(INLINING)
        .args(FEATURES)
        .arg(&program)
        .arg("-o")
        .arg(&smaller);
    if let Err(error) = quietly(&mut command) {
        println!("The page is not made smaller: {error:#}");
        return Ok(());
    }
    std::fs::rename(&smaller, &program).context("the smaller page cannot be put in place")
}

/// The page's program, which trunk has named by its contents.
fn page_program(site: &Path) -> Result<PathBuf> {
    let files = std::fs::read_dir(site)?.collect::<Result<Vec<_>, _>>()?;
    let is_page = |name: &str| name.starts_with("app-") && name.ends_with(".wasm");
    let page =
        files.into_iter().find(|file| is_page(&file.file_name().to_string_lossy()));
    page.map(|file| file.path()).context("the build has no app-….wasm")
}

/// The tool's file, fetched if it is missing.
fn fetched(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/tools").join(format!("binaryen-{VERSION}"));
    let tool = folder.join("package/bin/wasm-opt");
    // It says that the tool is a script of the older kind.
    let kind = folder.join("package/bin/package.json");
    if tool.is_file() && kind.is_file() {
        return Ok(tool);
    }
    std::fs::create_dir_all(&folder)?;
    let npm = find(&["npm"]).context("npm is not there")?;
    // Without a network, the build goes on soon.
    let pack = ["pack", "--silent", "--fetch-retries=0", "--fetch-timeout=60000"];
    let package = format!("binaryen@{VERSION}");
    quietly(Command::new(npm).args(pack).arg(package).current_dir(&folder))?;
    let archive = format!("binaryen-{VERSION}.tgz");
    let names = ["-xzf", &archive, "package/bin/wasm-opt", "package/bin/package.json"];
    quietly(Command::new("tar").args(names).current_dir(&folder))?;
    std::fs::remove_file(folder.join(archive))?;
    Ok(tool)
}

/// Runs to the end without output; what it says of an error is in the error.
fn quietly(command: &mut Command) -> Result<()> {
    let name = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("{name} cannot be run"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    // A script that fails shows itself first, in one long line.
    let last: Vec<&str> = said.trim().lines().rev().take(3).collect();
    ensure!(output.status.success(), "{name}: {}", last.join(" "));
    Ok(())
}
