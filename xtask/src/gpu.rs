//! `cargo xtask check-gpu`: compiles the code for GPUs on machines that have none.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, find, run};
use crate::python::Python;
use crate::tools::ensure_target;

/// NVIDIA's compiler and headers as Python packages, 0.6 GB.
const CUDA_PACKAGES: [&str; 7] = [
    "nvidia-cuda-nvcc==13.0.*",
    "nvidia-nvvm==13.0.*",
    "nvidia-cuda-crt==13.0.*",
    "nvidia-cuda-runtime==13.0.*",
    "nvidia-cuda-cccl==13.0.*",
    "nvidia-cuda-nvrtc==13.0.*",
    "nvidia-curand==10.4.*",
];
/// The version of these, as the crate `cudarc` writes it.
const CUDA_VERSION: &str = "13000";
/// The GPU to compile for where none is there to be asked: Ampere.
const CUDA_CAPABILITY: &str = "80";
const APPLE: &str = "aarch64-apple-darwin";

/// Checks the server with CUDA: all kernels are compiled by NVIDIA's compiler, all Rust is
/// checked, nothing is linked.
pub(crate) fn check_cuda(root: &Path) -> Result<()> {
    let mut check = cargo(root, &["check", "--locked", "--package", "native-server"]);
    check.args(["--features", "cuda"]);
    if find(&["nvcc"]).is_none() && std::env::var_os("CUDA_HOME").is_none() {
        let home = cuda_home(root)?;
        check.env("NVCC", home.join("bin/nvcc")).env("CUDA_HOME", &home);
        check.env("CUDARC_CUDA_VERSION", CUDA_VERSION);
    }
    if std::env::var_os("CUDA_COMPUTE_CAP").is_none() && find(&["nvidia-smi"]).is_none() {
        check.env("CUDA_COMPUTE_CAP", CUDA_CAPABILITY);
    }
    run(&mut check)
}

/// Checks the engine with Metal for Apple's processors. The server itself has parts in C,
/// which only Apple's tools compile for there.
pub(crate) fn check_metal(root: &Path) -> Result<()> {
    ensure_target(root, APPLE)?;
    let check = ["check", "--locked", "--package", "engine", "--features", "metal"];
    run(cargo(root, &check).args(["--target", APPLE]))
}

/// A folder with NVIDIA's compiler, made once.
fn cuda_home(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/cuda");
    let python = folder.join("bin/python");
    let installed = folder.join("installed.txt");
    let wanted = CUDA_PACKAGES.join(" ");
    if std::fs::read_to_string(&installed).is_ok_and(|made| made == wanted) {
        return home_in(&folder);
    }
    println!("Installing NVIDIA's compiler into {} (some minutes) ...", folder.display());
    run(Command::new(Python::ensure()?.program()).args(["-m", "venv"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(python).args(pip).args(CUDA_PACKAGES))?;
    std::fs::write(installed, wanted).context("the folder cannot be written")?;
    home_in(&folder)
}

fn home_in(folder: &Path) -> Result<PathBuf> {
    for version in std::fs::read_dir(folder.join("lib"))? {
        let home = version?.path().join("site-packages/nvidia/cu13");
        if home.join("bin/nvcc").is_file() {
            return Ok(home);
        }
    }
    bail!("the packages in {} have no nvcc", folder.display())
}
