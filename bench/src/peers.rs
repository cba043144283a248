//! Other engines, as their makers publish them in package indexes: installed into the
//! target folder at their first use, run by the small programs in `peers`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use e2e::Browser;
use serde_json::json;

use crate::browser::serve;
use crate::compare::Options;
use crate::report::Measured;

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
    std::fs::copy(sources().join("wllama.html"), folder.join("wllama.html"))?;
    Ok(folder)
}

/// Runs a Python program of `peers`, which prints what it measured.
///
/// # Errors
/// If it fails.
pub(crate) fn run_python(program: &str, options: &Options) -> Result<Measured> {
    let mut command = Command::new(python()?);
    command.arg(sources().join(program)).arg("--model").arg(&options.model);
    for (name, value) in [
        ("--threads", options.threads),
        ("--prompt", options.prompt),
        ("--tokens", options.tokens),
        ("--rounds", options.rounds),
    ] {
        command.arg(name).arg(value.to_string());
    }
    last_line(&output(&mut command)?)
}

/// wllama (llama.cpp as WebAssembly) in a browser of its own.
///
/// # Errors
/// If it fails.
pub(crate) async fn wllama(options: &Options) -> Result<Measured> {
    let pages = pages()?;
    let folders = [("peers", pages.as_path())];
    let (site, model) = serve(&options.model, options.threads, &folders).await?;
    let browser = Browser::start().await?;
    browser.set_script_timeout(std::time::Duration::from_secs(600)).await?;
    browser.goto(site.url("peers/wllama.html")).await?;
    let script = "
        const [options, done] = arguments;
        const start = () => window.ready
            ? window.measure(options).then(done, (error) => done({ error: `${error.stack ?? error}` }))
            : setTimeout(start, 20);
        start();";
    let wanted = json!({
        "model": site.url(&model),
        "threads": options.threads,
        "prompt": options.prompt,
        "tokens": options.tokens,
        "rounds": options.rounds,
    });
    let answer = browser.execute_async(script, vec![wanted]).await?.json().clone();
    if let Some(error) = answer.get("error") {
        bail!("wllama: {error}");
    }
    let mut measured = answer;
    measured["engine"] = json!("wllama 3.13.0");
    measured["format"] = json!("as in the file");
    measured["peak_bytes"] = json!(browser.peak_memory());
    browser.quit().await?;
    Ok(serde_json::from_value(measured)?)
}

/// What a program printed last.
pub(crate) fn last_line(output: &str) -> Result<Measured> {
    let line = output.lines().last().context("the program printed nothing")?;
    serde_json::from_str(line).with_context(|| format!("not a measurement: {line}"))
}

/// Runs a command; what it prints.
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

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// Where peers are installed.
fn home() -> Result<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("in a workspace")?;
    Ok(root.join("target").join("peers"))
}
