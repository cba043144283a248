//! The worker's fastest build: threads on shared memory, and relaxed SIMD where the browser has it.
//! It is built after trunk has assembled the rest of the site.
//!
//! Shared memory needs a standard library that is built with atomics, which stable Rust
//! can do if it may build its own sources.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{cargo, run};
use crate::tools::{ensure_library_sources, wasm_bindgen};
use crate::without_relaxed_simd;

/// In bytes, whole pages of 64 KiB: `worker_fast_loader.js` makes a memory that fits.
const INITIAL_MEMORY: u64 = 1024 * 65536;
const MAX_MEMORY: u64 = 65536 * 65536;

/// Says, in the environment, that this build can wait.
pub(crate) const LATER: &str = "NEXTTOKEN_FAST_WORKER_LATER";
/// What is there only once it is built.
pub(crate) const FASTEST: &str = "worker_fast_bg.wasm";
/// What its loader writes over instructions of relaxed SIMD where the browser has none.
const PLAIN: &str = "worker_fast_plain.json";
const LOADER: &str = "worker_fast_loader.js";

/// Builds the worker, and puts it where trunk assembles the site. Where that can wait, the first
/// build takes its place.
pub(crate) fn build(root: &Path, staging: &Path) -> Result<()> {
    if env::var_os(LATER).is_some() {
        let loader = staging.join(LOADER);
        return fs::write(&loader, "import \"./worker_loader.js\";\n")
            .with_context(|| format!("cannot write {}", loader.display()));
    }
    ensure_library_sources(root)?;
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    // A folder of its own: other flags would have everything built again each time.
    let target = target.join("fast-worker");
    let arguments = [
        "build",
        "--locked",
        "--package",
        "worker",
        "--profile",
        "wasm",
        "--target",
        "wasm32-unknown-unknown",
        "-Zbuild-std=std,panic_abort",
    ];
    run(cargo(root, &arguments)
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", flags().join("\u{1f}")))?;
    let wasm = target.join("wasm32-unknown-unknown/wasm/worker.wasm");
    run(Command::new(wasm_bindgen(root)?)
        .args(["--target", "web", "--no-typescript", "--out-name", "worker_fast"])
        .arg("--out-dir")
        .arg(staging)
        .arg(wasm))?;
    let module = staging.join(FASTEST);
    let module =
        fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let list = without_relaxed_simd::list(&module)?.to_string();
    let file = staging.join(PLAIN);
    fs::write(&file, list).with_context(|| format!("cannot write {}", file.display()))?;
    for script in [LOADER, "worker_member.js"] {
        let from = root.join("worker/js").join(script);
        fs::copy(&from, staging.join(script))
            .with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

fn flags() -> Vec<String> {
    let mut flags = vec![
        "-C".into(),
        "target-feature=+simd128,+relaxed-simd,+atomics,+bulk-memory,+mutable-globals"
            .into(),
        "--cfg".into(),
        "getrandom_backend=\"wasm_js\"".into(),
    ];
    let link = [
        "--keep-section=target_features".into(),
        "--shared-memory".into(),
        "--import-memory".into(),
        format!("--initial-memory={INITIAL_MEMORY}"),
        format!("--max-memory={MAX_MEMORY}"),
        "--export=__wasm_init_tls".into(),
        "--export=__tls_size".into(),
        "--export=__tls_align".into(),
        "--export=__tls_base".into(),
    ];
    flags.extend(
        link.into_iter().flat_map(|link| ["-C".into(), format!("link-arg={link}")]),
    );
    flags
}
