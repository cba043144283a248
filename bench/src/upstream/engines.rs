//! The engines elsewhere that are measured, each on this machine.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use native_server::Config;

use super::options::{Kind, Options};
use crate::peers;
use crate::serve::{Interface, start_server};
use crate::server_process::ServerProcess;
use crate::web::{answer, post};

/// An engine that runs.
pub(super) struct Engine {
    pub(super) address: SocketAddr,
    /// What both sides read: a folder or a file.
    pub(super) model: PathBuf,
    /// The value of `--upstream-kind`.
    pub(super) dialect: &'static str,
    /// How it is asked directly.
    pub(super) interface: Interface,
    /// What this engine computes in, to compare with.
    pub(super) reference: &'static [&'static str],
    /// It ends when this is dropped.
    _process: Option<ServerProcess>,
}

impl Engine {
    /// Starts one, or takes the vLLM that runs already.
    ///
    /// # Errors
    /// If it cannot be installed or started.
    pub(super) async fn start(options: &Options) -> Result<Engine> {
        let model = || {
            let real = Path::new("target/real-model").join(test_support::REAL_MODEL_FILE);
            options.model.clone().unwrap_or(real)
        };
        match options.engine {
            Kind::Vllm => {
                let folder = match &options.folder {
                    Some(folder) => folder.clone(),
                    None => bf16(&model())?,
                };
                let process = match options.vllm {
                    Some(_) => None,
                    None => Some(vllm(&folder).await?),
                };
                let started = process.as_ref().map(|process| process.address);
                Ok(Engine {
                    address: options.vllm.or(started).context("it has an address")?,
                    model: folder,
                    dialect: "vllm",
                    interface: Interface::Vllm,
                    reference: &["--precision", "bf16", "--device", "cpu"],
                    _process: process,
                })
            }
            Kind::LlamaCpp => {
                let (model, program) = (model(), &options.llama_server);
                let process = llama_server(program, &model).await?;
                Ok(Engine {
                    address: process.address,
                    model,
                    dialect: "llamacpp",
                    interface: Interface::LlamaServer,
                    reference: &[],
                    _process: Some(process),
                })
            }
            Kind::Own => {
                let model = model();
                let arguments = ["bench".as_ref(), "--model".as_ref(), model.as_os_str()];
                let behind = Config::try_parse_from(arguments)?;
                Ok(Engine {
                    address: start_server(&behind).await?,
                    model,
                    dialect: "auto",
                    interface: Interface::Vllm,
                    reference: &[],
                    _process: None,
                })
            }
        }
    }
}

/// vLLM for the CPU, installed if it is not there.
async fn vllm(model: &Path) -> Result<ServerProcess> {
    let home = peers::home()?.join("vllm");
    if !home.join("installed").exists() {
        eprintln!("Installing vLLM for the CPU, once (6 GB) ...");
        let mut command = Command::new("bash");
        command.arg(peers::sources().join("vllm_cpu.sh")).arg(&home);
        peers::output(&mut command)?;
    }
    let log_file = home.join("serve.log");
    let log = File::create(&log_file)?;
    let errors = log.try_clone()?;
    eprintln!(
        "Waiting for vLLM, a minute or two; it writes to {} ...",
        log_file.display()
    );
    // It compiles and loads before it listens.
    ServerProcess::start("vLLM", Duration::from_secs(600), |port| {
        let mut command = Command::new(home.join("bin").join("vllm"));
        command
            .arg("serve")
            .arg(model)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--max-model-len", "1024", "--max-logprobs", "-1"])
            .args(["--dtype", "bfloat16", "--enforce-eager"])
            .env("VLLM_TARGET_DEVICE", "cpu")
            .env("VLLM_CPU_KVCACHE_SPACE", "1")
            .env("HF_HUB_OFFLINE", "1")
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors));
        command
    })
    .await
}

/// llama.cpp's server with a context for each of eight clients.
async fn llama_server(program: &Path, model: &Path) -> Result<ServerProcess> {
    let threads = std::thread::available_parallelism()?.to_string();
    let server =
        ServerProcess::start("llama.cpp's server", Duration::from_secs(60), |port| {
            let mut command = Command::new(program);
            command
                .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--model"])
                .arg(model)
                .args(["--threads", &threads, "--parallel", "8", "--ctx-size", "8192"])
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        })
        .await?;
    // It takes connections before it has loaded, and refuses questions till then.
    let question = r#"{"content": "a"}"#;
    for _ in 0..300 {
        let posted = post(server.address, "/tokenize", question).await?;
        if answer(posted).await?.0 == 200 {
            return Ok(server);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("llama.cpp's server does not load {}", model.display())
}

/// The folder with a GGUF file's weights in bf16, which is made once.
fn bf16(model: &Path) -> Result<PathBuf> {
    let name = model.file_stem().context("the model is a file")?;
    let folder = peers::home()?.join("bf16").join(name);
    if !folder.join("config.json").exists() {
        eprintln!("Writing {} in bf16, once ...", model.display());
        let mut command = Command::new(peers::python()?);
        command.arg(peers::sources().join("make_bf16.py")).arg("--model").arg(model);
        peers::output(command.arg("--out").arg(&folder))?;
    }
    Ok(folder)
}
