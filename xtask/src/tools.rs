//! The tools that build the site: the WebAssembly target of rustc, trunk and
//! wasm-bindgen. What is there in the right version is used; the rest is installed into
//! `target/tools`, where it disturbs nothing else.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::process::{cargo, find, output, program_in, run};
use crate::report::spoken;

const WASM_TARGET: &str = "wasm32-unknown-unknown";
const TRUNK_VERSION: &str = "0.21.14";

/// The tools run for seconds, so they are built to be there soon rather than to be fast.
const LIGHT_PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

const TRUNK: Tool<'static> = Tool {
    program: "trunk",
    package: "trunk",
    version: TRUNK_VERSION,
    // Without its network features: all that it would fetch is here already.
    flags: &["--locked", "--no-default-features"],
    opt_level: "0",
};

/// Where the tools are.
pub(crate) struct Tools {
    trunk: PathBuf,
    wasm_bindgen: PathBuf,
}

impl Tools {
    /// The tools, if none is missing.
    ///
    /// # Errors
    /// If `Cargo.lock` cannot be read.
    pub(crate) fn find(root: &Path) -> Result<Option<Tools>> {
        let wasm_bindgen = wasm_bindgen_tool(&wasm_bindgen_version(root)?).find(root);
        let found = wasm_bindgen.zip(TRUNK.find(root));
        if found.is_some() {
            ensure_wasm_target(root)?;
            ensure_library_sources(root)?;
        }
        Ok(found.map(|(wasm_bindgen, trunk)| Tools { trunk, wasm_bindgen }))
    }

    /// Finds the tools; what is missing is installed, with a word on how long it takes.
    pub(crate) fn ensure(root: &Path) -> Result<Tools> {
        ensure_wasm_target(root)?;
        ensure_library_sources(root)?;
        Ok(Tools { wasm_bindgen: wasm_bindgen(root)?, trunk: TRUNK.ensure(root)? })
    }

    /// `trunk` in `root`, with its companions first on the search path.
    pub(crate) fn trunk(&self, root: &Path) -> Result<Command> {
        let mut folders = vec![parent(&self.wasm_bindgen)];
        let path = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&path));
        let path: OsString =
            std::env::join_paths(folders).context("a folder in PATH has an odd name")?;
        let mut command = Command::new(&self.trunk);
        command
            .current_dir(root)
            .env("PATH", path)
            .env("TRUNK_SKIP_VERSION_CHECK", "true")
            // Some terminals set this to 1, which trunk cannot read.
            .env_remove("NO_COLOR");
        Ok(command)
    }
}

/// `wasm-bindgen` in the version that `Cargo.lock` has; installed if it is missing.
pub(crate) fn wasm_bindgen(root: &Path) -> Result<PathBuf> {
    wasm_bindgen_tool(&wasm_bindgen_version(root)?).ensure(root)
}

fn wasm_bindgen_version(root: &Path) -> Result<String> {
    locked_version(root, "wasm-bindgen")
}

fn wasm_bindgen_tool(version: &str) -> Tool<'_> {
    Tool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version,
        // Its lock file can name dependencies that have been withdrawn since.
        flags: &[],
        // It rewrites megabytes of WebAssembly: worth a little optimisation.
        opt_level: "1",
    }
}

/// `geckodriver`, which drives Firefox; installed if it is missing. `GECKODRIVER` in the
/// environment comes first.
pub(crate) fn geckodriver(root: &Path) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("GECKODRIVER") {
        return Ok(named.into());
    }
    let tool = Tool {
        program: "geckodriver",
        package: "geckodriver",
        version: "0.36.0",
        flags: &["--locked"],
        opt_level: "0",
    };
    tool.ensure(root)
}

/// Where tools are installed.
fn home(root: &Path) -> PathBuf {
    root.join("target").join("tools")
}

/// A program that `cargo install` can provide.
struct Tool<'a> {
    program: &'a str,
    package: &'a str,
    version: &'a str,
    flags: &'a [&'a str],
    opt_level: &'a str,
}

impl Tool<'_> {
    /// The program in the right version, if it is there.
    fn find(&self, root: &Path) -> Option<PathBuf> {
        let known = find(&[self.program]).into_iter().chain([self.ours(root)]);
        known.into_iter().find(|file| self.is_right(file))
    }

    fn ensure(&self, root: &Path) -> Result<PathBuf> {
        if let Some(found) = self.find(root) {
            return Ok(found);
        }
        let home = home(root);
        if !self.fetch(root, &home) {
            self.install(root, &home)?;
        }
        Ok(self.ours(root))
    }

    /// Where it is installed if nobody has it.
    fn ours(&self, root: &Path) -> PathBuf {
        program_in(&home(root).join("bin"), self.program)
    }

    /// Takes the program ready-made, where cargo-binstall is there to fetch and check it; tells
    /// whether it is there now.
    fn fetch(&self, root: &Path, home: &Path) -> bool {
        let Tool { program, package, version, .. } = self;
        if find(&["cargo-binstall"]).is_none() {
            return false;
        }
        println!("Fetching {package} {version} with cargo-binstall ...");
        let mut command = cargo(root, &["binstall", "--no-confirm", "--quiet"]);
        // Only what its makers publish: what is built here, `install` builds with less.
        command.args([
            "--disable-telemetry",
            "--disable-strategies",
            "compile,quick-install",
        ]);
        command.arg("--root").arg(home).arg(format!("{package}@{version}"));
        let fetched = run(&mut command).is_ok();
        fetched && self.is_right(&program_in(&home.join("bin"), program))
    }

    fn is_right(&self, file: &Path) -> bool {
        let version = output(file, &["--version"]).unwrap_or_default();
        version.split_whitespace().nth(1) == Some(self.version)
    }

    fn install(&self, root: &Path, home: &Path) -> Result<()> {
        let Tool { package, version, .. } = self;
        println!(
            "Installing {package} {version} into target/tools, once (2 to 4 minutes on \
             two cores) ..."
        );
        let started = Instant::now();
        let build = home.join("build");
        let mut command = cargo(root, &["install", "--quiet", package]);
        command.args(["--version", version]).args(self.flags);
        command.arg("--root").arg(home).arg("--target-dir").arg(&build);
        command
            .envs(LIGHT_PROFILE)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level);
        run(&mut command).with_context(|| {
            format!("could not install {package} {version}; it needs the network once")
        })?;
        // Some hundred megabytes that nobody needs again.
        std::fs::remove_dir_all(&build).ok();
        println!("Installed {package} in {}.", spoken(started.elapsed()));
        Ok(())
    }
}

/// Adds the WebAssembly target of rustc if it is not there.
pub(crate) fn ensure_wasm_target(root: &Path) -> Result<()> {
    ensure_target(root, WASM_TARGET)
}

/// Adds a target to the toolchain, unless it is there.
pub(crate) fn ensure_target(root: &Path, target: &str) -> Result<()> {
    let ask = ["--print", "target-libdir", "--target", target];
    let library = output("rustc", &ask).map(PathBuf::from);
    if library.is_some_and(|folder| folder.is_dir()) {
        return Ok(());
    }
    println!("Adding the Rust target {target} (under a minute) ...");
    let mut command = Command::new("rustup");
    command.current_dir(root).args(["target", "add", target]);
    run(&mut command).with_context(|| {
        format!(
            "the Rust target {target} is missing; install rustup from \
             https://rustup.rs, then run `rustup target add {target}`"
        )
    })
}

/// Sees to it that the sources of the standard library are there: the fast build of the
/// worker needs one with atomics, which is built from them.
pub(crate) fn ensure_library_sources(root: &Path) -> Result<()> {
    let sysroot = output("rustc", &["--print", "sysroot"]).map(PathBuf::from);
    let lock = "lib/rustlib/src/rust/library/Cargo.lock";
    if sysroot.is_some_and(|folder| folder.join(lock).is_file()) {
        return Ok(());
    }
    println!("Adding the sources of the standard library (under a minute) ...");
    let mut command = Command::new("rustup");
    command.current_dir(root).args(["component", "add", "rust-src"]);
    run(&mut command).context(
        "the sources of the standard library are missing; run `rustup component add \
         rust-src`",
    )
}

/// The version of `package` in Cargo.lock: wasm-bindgen's program and crate must match.
fn locked_version(root: &Path, package: &str) -> Result<String> {
    let file = root.join("Cargo.lock");
    let lock = std::fs::read_to_string(&file)
        .with_context(|| format!("could not read {}", file.display()))?;
    version_in_lock(&lock, package)
        .with_context(|| format!("{} does not mention {package}", file.display()))
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines();
    let name = format!("name = \"{package}\"");
    lines.find(|line| *line == name)?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

fn parent(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package_with_exactly_this_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in_lock(lock, "bindgen"), None);
    }
}
