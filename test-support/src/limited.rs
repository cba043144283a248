//! Tests in processes with bounded memory and time.

/// Runs the body of a test in a process of its own that may not have more than a gigabyte
/// of memory, touched or not, nor compute for more than a minute, where the system can see
/// to that (Linux). `test` is the test's name with its modules.
pub fn limited(test: &str, body: impl FnOnce()) {
    const CHILD: &str = "NEXTTOKEN_TEST_LIMITED";
    const RUN: &str =
        r#"ulimit -v 1048576; ulimit -t 60; exec "$0" --exact "$1" --test-threads 1"#;
    if !cfg!(target_os = "linux") || std::env::var_os(CHILD).is_some() {
        return body();
    }
    let child = std::process::Command::new("sh")
        .args(["-c", RUN])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(CHILD, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    let errors = String::from_utf8_lossy(&child.stderr);
    // With a wrong name, no test would run and none would fail.
    let passed = child.status.success() && output.contains("1 passed");
    assert!(passed, "{test}, limited, ended with {}\n{output}\n{errors}", child.status);
}
