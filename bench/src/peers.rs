//! Other engines, as published in package indexes: installed into the target folder at their
//! first use, and run by the small programs in `peers`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use e2e::{Browser, Site};
use serde_json::{Value, json};

use crate::browser::serve;
use crate::report::Measured;
use crate::workload::{Gpu, Workload};

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// The pages that run engines.
const PAGES: [&str; 4] =
    ["wllama.html", "wllama_accuracy.html", "transformers_js.html", "transformers_js.js"];

/// The interpreter of an environment with the packages of `peers/requirements.txt`.
/// `BENCH_PYTHON` names one that has them already.
///
/// # Errors
/// If they cannot be installed.
pub(crate) fn python() -> Result<PathBuf> {
    if let Some(python) = std::env::var_os("BENCH_PYTHON") {
        return Ok(python.into());
    }
    let folder = home()?.join("python");
    let python = folder.join("bin").join("python");
    install(&folder, "requirements.txt", |wanted| {
        let system = std::env::var_os("PYTHON").unwrap_or("python3".into());
        output(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
        output(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "-r"])
                .arg(wanted),
        )
    })?;
    Ok(python)
}

/// A folder with the packages of `peers/package.json` and the pages that run them.
///
/// # Errors
/// If they cannot be installed.
pub(crate) fn pages() -> Result<PathBuf> {
    let folder = home()?.join("pages");
    install(&folder, "package.json", |wanted| {
        std::fs::copy(wanted, folder.join("package.json"))?;
        output(
            Command::new("npm")
                .args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&folder),
        )
    })?;
    for page in PAGES {
        std::fs::copy(sources().join(page), folder.join(page))?;
    }
    Ok(folder)
}

/// Runs a Python program of `peers`, which prints what it measured.
///
/// # Errors
/// If it fails.
pub(crate) fn run_python(program: &str, workload: &Workload) -> Result<Measured> {
    let mut command = Command::new(python()?);
    command.arg(sources().join(program)).arg("--model").arg(&workload.model);
    last_line(&output(command.args(workload.options()))?)
}

/// wllama (llama.cpp as WebAssembly) in a browser of its own.
///
/// # Errors
/// If it fails.
pub(crate) async fn wllama(workload: &Workload) -> Result<Measured> {
    let pages = pages()?;
    let folders = [("peers", pages.as_path())];
    let (site, model) = serve(&workload.model, workload.threads, &folders).await?;
    timed_in_page("wllama", &site, &model, workload).await
}

/// transformers.js, which runs ONNX Runtime as WebAssembly, in a browser of its own. It
/// gets the model's own blocks in its own format.
///
/// # Errors
/// If it fails.
pub(crate) async fn transformers_js(workload: &Workload) -> Result<Measured> {
    let (pages, onnx) = (pages()?, home()?.join("onnx"));
    let name = workload.model.file_stem().context("the model is a file")?;
    let folder = onnx.join(name);
    if !folder.join("config.json").exists() {
        let mut command = Command::new(python()?);
        command.arg(sources().join("make_onnx.py")).arg("--model").arg(&workload.model);
        output(command.arg("--out").arg(&folder))?;
    }
    let folders = [("peers", pages.as_path()), ("onnx", onnx.as_path())];
    let (site, _) = serve(&workload.model, workload.threads, &folders).await?;
    let model = format!("onnx/{}", name.to_string_lossy());
    timed_in_page("transformers_js", &site, &model, workload).await
}

/// The speeds that a page of `peers` measures.
async fn timed_in_page(
    page: &str,
    site: &Site,
    model: &str,
    workload: &Workload,
) -> Result<Measured> {
    let wanted = json!({
        "model": site.url(model),
        "threads": workload.threads,
        "prompt": workload.prompt,
        "tokens": workload.tokens,
        "rounds": workload.rounds,
        "gpu": workload.gpu != Gpu::None,
    });
    let mut measured = in_page(page, site, wanted, workload.gpu).await?;
    measured["format"] = json!("as in the file");
    Ok(serde_json::from_value(measured)?)
}

/// Calls what a page of `peers` measures with, in a browser of its own; adds the most memory
/// that it took.
///
/// # Errors
/// If it fails.
pub(crate) async fn in_page(
    page: &str,
    site: &Site,
    options: Value,
    gpu: Gpu,
) -> Result<Value> {
    let browser = Browser::start_on(gpu.into()).await?;
    browser.goto(site.url(&format!("peers/{page}.html"))).await?;
    // A driver does not wait for minutes, so the page is polled.
    let script = "
        const [options, done] = arguments;
        const failed = (error) => { window.answer = { error: `${error.stack ?? error}` }; };
        const start = () => window.ready
            ? window.measure(options).then((answer) => { window.answer = answer; }, failed)
            : setTimeout(start, 20);
        start();
        done();";
    browser.execute_async(script, vec![options]).await?;
    let look = "arguments[0](window.answer ?? null);";
    let begun = Instant::now();
    let mut answer = loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if begun.elapsed() > PATIENCE {
            bail!("{page} has not answered within {} minutes", PATIENCE.as_secs() / 60);
        }
        let answer = browser.execute_async(look, vec![]).await?.json().clone();
        if !answer.is_null() {
            break answer;
        }
    };
    if let Some(error) = answer.get("error") {
        bail!("{page}: {error}");
    }
    answer["peak_bytes"] = json!(browser.peak_memory());
    browser.quit().await?;
    Ok(answer)
}

/// The measurement in the last line that a program printed.
pub(crate) fn last_line(output: &str) -> Result<Measured> {
    let line = output.lines().last().context("the program printed nothing")?;
    serde_json::from_str(line).with_context(|| format!("not a measurement: {line}"))
}

/// Runs a command and returns what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("{command:?} does not start"))?;
    if !output.status.success() {
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Installs what a file in `peers` lists into a folder, unless that was done before.
fn install(
    folder: &Path,
    list: &str,
    install: impl FnOnce(&Path) -> Result<String>,
) -> Result<()> {
    let wanted = sources().join(list);
    let mark = folder.join("installed");
    let text = std::fs::read_to_string(&wanted)?;
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == text) {
        return Ok(());
    }
    eprintln!("Installing what bench/peers/{list} lists, once ...");
    std::fs::remove_dir_all(folder).ok();
    std::fs::create_dir_all(folder)?;
    install(&wanted)?;
    std::fs::write(mark, text)?;
    Ok(())
}

/// The programs and pages that run other engines.
pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// Where peers are installed.
///
/// # Errors
/// If this is no workspace.
pub(crate) fn home() -> Result<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("in a workspace")?;
    Ok(root.join("target").join("peers"))
}
