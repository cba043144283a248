//! A virtual environment with the packages of `requirements.txt`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// What a machine lacks on which no environment can be made.
const ADVICE: &str = "The tests of clients need Python 3.9 or newer with its venv module, \
    and its package index: on Debian, `apt-get install python3-venv`. PYTHON can name \
    another interpreter.";

/// Runs a script of this folder in the environment.
pub(crate) fn run(script: &str, arguments: &[&str]) {
    let mut command = Command::new(environment());
    run_command(command.arg(here().join(script)).args(arguments));
}

/// Runs a program that a package has brought.
pub(crate) fn run_program(name: &str, arguments: &[&str]) {
    let mut command = Command::new(environment().with_file_name(name));
    run_command(command.args(arguments));
}

#[allow(clippy::print_stdout, reason = "what was tried is told, if it is asked for")]
fn run_command(command: &mut Command) {
    let place = tempfile::tempdir().unwrap();
    command.current_dir(&place).env("PYTHONDONTWRITEBYTECODE", "1");
    // The server is on this machine, whatever the way to others is.
    command.env("NO_PROXY", "*").env("NO_COLOR", "1");
    let output = said(command);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "`{command:?}` failed:\n{out}\n{err}");
    // How much was tried, for those who ask with --nocapture.
    println!("{out}");
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("clients")
}

/// The interpreter of the environment, which is made anew when the requirements change.
fn environment() -> PathBuf {
    // Tests run side by side; the first makes it, the others wait.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap();
    let requirements = here().join("requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = match cfg!(windows) {
        true => folder.join("Scripts").join("python.exe"),
        false => folder.join("bin").join("python"),
    };
    let made_for = folder.join("made-for.txt");
    if std::fs::read_to_string(&made_for).is_ok_and(|made| made == wanted) {
        return python;
    }
    // One that was broken off is made again from nothing.
    std::fs::remove_dir_all(&folder).ok();
    let system = std::env::var_os("PYTHON").unwrap_or("python3".into());
    must(Command::new(system).args(["-m", "venv"]).arg(&folder));
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    must(Command::new(&python).args(install).arg("-r").arg(&requirements));
    std::fs::write(made_for, wanted).unwrap();
    python
}

fn must(command: &mut Command) {
    let output = said(command);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{ADVICE}\n`{command:?}` said: {error}");
}

fn said(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{ADVICE}\n`{command:?}` does not start: {error}."),
    }
}
