//! `cargo xtask size`: what a visitor downloads before the page can work.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::site;

const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW_BITS: i32 = 24;

/// Prints the sizes of the WebAssembly files in `dist`, and their sums.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    site::ensure(root)?;
    let files = wasm_files(&root.join("dist"))?;
    println!("{:<36} {:>12} {:>12}", "bytes", "as it is", "with brotli");
    let (mut raw_sum, mut compressed_sum) = (0, 0);
    for file in files {
        let bytes = std::fs::read(&file)
            .with_context(|| format!("could not read {}", file.display()))?;
        let compressed = brotli_size(&bytes)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        println!("{name:<36} {:>12} {compressed:>12}", bytes.len());
        raw_sum += bytes.len();
        compressed_sum += compressed;
    }
    println!("{:<36} {raw_sum:>12} {compressed_sum:>12}", "together");
    Ok(ExitCode::SUCCESS)
}

fn wasm_files(dist: &Path) -> Result<Vec<PathBuf>> {
    let advice = "build the site first: `cargo xtask serve`";
    let mut files = Vec::new();
    let mut folders = vec![dist.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read; {advice}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wasm") {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        bail!("there is no WebAssembly in {}; {advice}", dist.display());
    }
    files.sort();
    Ok(files)
}

fn brotli_size(bytes: &[u8]) -> Result<usize> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW_BITS,
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    Ok(compressed.len())
}
