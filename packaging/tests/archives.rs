//! The program as the release runs it.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::{TempDir, tempdir};

fn package(out: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_packaging"));
    command.arg("--out").arg(out).args(arguments).output().unwrap()
}

fn made(out: &Path, arguments: &[&str]) -> PathBuf {
    let output = package(out, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn small_site() -> TempDir {
    let site = tempdir().unwrap();
    fs::create_dir(site.path().join("worker-0123")).unwrap();
    for (name, text) in [
        ("index.html", "page"),
        ("models.json", "[]"),
        ("service-worker.js", "//"),
        ("worker-0123/worker_bg.wasm", "\0asm"),
    ] {
        fs::write(site.path().join(name), text).unwrap();
    }
    site
}

#[test]
fn the_site_s_archive_has_every_file_and_is_the_same_each_time() {
    let site = small_site();
    let dist = site.path().to_str().unwrap();
    let (one, other) = (tempdir().unwrap(), tempdir().unwrap());
    let first = made(one.path(), &["site", "--dist", dist]);
    // Written again, so later: times are no part of it.
    fs::write(site.path().join("index.html"), "page").unwrap();
    let second = made(other.path(), &["site", "--dist", dist]);
    assert_eq!(fs::read(&first).unwrap(), fs::read(second).unwrap());

    let unpacked = tempdir().unwrap();
    let tar = Command::new("tar").arg("-xzf").arg(&first).current_dir(&unpacked).status();
    assert!(tar.unwrap().success());
    let name = first.file_name().unwrap().to_str().unwrap();
    let folder = unpacked.path().join(name.strip_suffix(".tar.gz").unwrap());
    assert_eq!(fs::read(folder.join("worker-0123/worker_bg.wasm")).unwrap(), b"\0asm");
    assert_eq!(fs::read(folder.join("index.html")).unwrap(), b"page");
}

#[test]
fn half_a_site_is_not_packed() {
    let site = small_site();
    fs::remove_file(site.path().join("service-worker.js")).unwrap();
    let out = tempdir().unwrap();
    let output = package(out.path(), &["site", "--dist", site.path().to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("service-worker.js"), "{said}");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn the_server_s_archive_has_a_program_that_can_be_run_and_the_licences() {
    use std::os::unix::fs::PermissionsExt;
    let build = tempdir().unwrap();
    let program = build.path().join("native-server");
    fs::write(&program, "#!/bin/sh\necho served\n").unwrap();
    let out = tempdir().unwrap();
    let arguments = ["server", program.to_str().unwrap(), "--platform", "linux-x86-64"];
    let archive = made(out.path(), &arguments);
    assert!(archive.to_str().unwrap().ends_with("-linux-x86-64.tar.gz"));
    let tar = Command::new("tar").arg("-xzf").arg(&archive).current_dir(&out).status();
    assert!(tar.unwrap().success());
    let folder = archive.to_str().unwrap().strip_suffix(".tar.gz").unwrap().to_owned();
    let unpacked = Path::new(&folder).join("native-server");
    assert_eq!(fs::metadata(&unpacked).unwrap().permissions().mode() & 0o777, 0o755);
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md", "native-server.md"] {
        assert!(Path::new(&folder).join(name).is_file(), "{name}");
    }
}

#[test]
fn a_program_for_windows_is_packed_as_zip() {
    let build = tempdir().unwrap();
    let program = build.path().join("native-server.exe");
    fs::write(&program, "MZ").unwrap();
    let out = tempdir().unwrap();
    let arguments = ["server", program.to_str().unwrap(), "--platform", "windows-x86-64"];
    let archive = made(out.path(), &arguments);
    let mut archive = zip::ZipArchive::new(fs::File::open(archive).unwrap()).unwrap();
    let names: Vec<String> =
        archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let program = names.iter().find(|name| name.ends_with("/native-server.exe")).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name(program).unwrap(), &mut text)
        .unwrap();
    assert_eq!(text, "MZ");
}

#[cfg(target_os = "linux")]
#[test]
fn the_checksums_are_those_that_sha256sum_checks() {
    let out = tempdir().unwrap();
    fs::write(out.path().join("b.zip"), "b").unwrap();
    fs::write(out.path().join("a.tar.gz"), "a").unwrap();
    made(out.path(), &["checksums"]);
    made(out.path(), &["checksums"]);
    let check = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(&out)
        .output()
        .unwrap();
    assert!(check.status.success());
    assert_eq!(String::from_utf8(check.stdout).unwrap().lines().count(), 2);
}
