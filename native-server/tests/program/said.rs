//! What the program says: its help, its log, and warnings.

use std::process::Command;

use clap::CommandFactory;
use native_server::Config;
use serde_json::{Value, json};

use crate::running::{Program, tiny_model};

#[test]
fn every_option_has_a_variable_of_the_same_name_and_all_are_in_help_and_documentation() {
    let output = Command::new(env!("CARGO_BIN_EXE_native-server"))
        .env_clear()
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    // Those of engines elsewhere have a page of their own.
    let page = ["native-server.md", "upstream.md"].map(|page| {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
        std::fs::read_to_string(std::path::Path::new(docs).join(page)).unwrap()
    });
    let page = page.concat();
    let command = Config::command();
    let mut count = 0;
    for argument in command.get_arguments() {
        let Some(long) = argument.get_long() else { continue };
        if ["help", "version"].contains(&long) {
            continue;
        }
        count += 1;
        let variable = format!("NEXTTOKEN_{}", long.to_uppercase().replace('-', "_"));
        let named = argument.get_env().map(|name| name.to_string_lossy().into_owned());
        assert_eq!(named.as_deref(), Some(&*variable), "--{long}");
        assert!(help.contains(&format!("--{long}")), "{help}");
        assert!(help.contains(&variable), "{help}");
        assert!(page.contains(&format!("| `--{long}` | `{variable}` |")), "--{long}");
    }
    assert!(count >= 15, "{count} options");
}

#[test]
fn a_log_in_json_has_an_object_on_each_line_and_nothing_of_texts_or_places() {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny_model(folder.path());
    let mut program = Program::ready(
        &model,
        &[
            &["--log-format", "json", "--log", "warn,native_server=trace"][..],
            &["--token", "t0k3n"],
        ]
        .concat(),
    );
    let secret = json!({ "text": "a secret text" });
    assert_eq!(program.post_with("t0k3n", "/api/score", &secret).status, 200);
    assert_eq!(program.get("/?token=t0k3n").status, 303);
    assert_eq!(program.get("/api/ws?token=t0k3n").status, 426);
    assert_eq!(program.get("/api/models?token=wrong").status, 401);
    program.wait_for("\"status\":401");
    let lines = program.lines();
    for line in &lines {
        let object: Value = serde_json::from_str(line).unwrap();
        assert!(object["timestamp"].is_string() && object["level"].is_string(), "{line}");
        for private in ["secret", "t0k3n", "wrong", folder.path().to_str().unwrap()] {
            assert!(!line.contains(private), "{line}");
        }
    }
    let request = lines.iter().find(|line| line.contains("/api/score")).unwrap();
    let request: Value = serde_json::from_str(request).unwrap();
    assert_eq!(request["route"], "/api/score");
    assert_eq!((&request["status"], &request["method"]), (&json!(200), &json!("POST")));
    assert!(request["ms"].is_number());
}

#[test]
fn who_opens_the_server_to_others_is_warned_unless_there_is_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny_model(folder.path());
    let open = ["--host", "0.0.0.0"];
    let mut program = Program::ready(&model, &open);
    program.wait_for("Everyone who can reach this machine");
    let guarded = Program::ready(&model, &[&open[..], &["--token", "x"]].concat());
    let lines = guarded.lines();
    assert!(!lines.iter().any(|line| line.contains("Everyone")), "{lines:?}");
    let usual = Program::ready(&model, &[]);
    assert!(!usual.lines().iter().any(|line| line.contains("WARN")));
}

#[test]
fn options_that_could_never_match_end_the_program_before_it_says_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny_model(folder.path());
    for (variable, value, told) in [
        ("NEXTTOKEN_ALLOW_ORIGIN", "*", "every site"),
        ("NEXTTOKEN_ALLOW_ORIGIN", "https://a.example, b.example", "\"b.example\""),
        ("NEXTTOKEN_ALLOW_HOST", "http://class.example", "without http://"),
        ("NEXTTOKEN_HOST", "class.example", "--allow-host"),
        ("NEXTTOKEN_TOKEN", "se\u{301}cret", "must fit into a header"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_native-server"))
            .env_clear()
            .env(variable, value)
            .args(["--port", "0", "--model", model.to_str().unwrap()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).replace("\n", " ");
        assert!(!output.status.success(), "{variable}={value}");
        assert!(said.contains(told), "{variable}={value} said {said}");
        assert!(!said.contains("panicked") && !said.contains("Open http"), "{said}");
        assert!(!said.contains("cret"), "{said}");
    }
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny_model(folder.path());
    let command = Config::command();
    let names = command.get_arguments().filter_map(|argument| argument.get_env());
    let empty: Vec<(&str, &str)> =
        names.map(|name| (name.to_str().unwrap(), "")).collect();
    let arguments = ["--port", "0", "--model", model.to_str().unwrap()];
    let mut program = Program::start(&arguments, &empty);
    program.wait_until_ready();
    program.wait_for("is ready");
}

#[test]
fn no_secret_is_in_the_help_whatever_the_variables_have() {
    let output = Command::new(env!("CARGO_BIN_EXE_native-server"))
        .env_clear()
        .env("NEXTTOKEN_TOKEN", "t0k3n")
        .env("HF_TOKEN", "hf_t0k3n")
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("NEXTTOKEN_TOKEN") && !help.contains("t0k3n"), "{help}");
}

#[test]
fn health_is_asked_without_any_other_program() {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny_model(folder.path());
    let ask = |port: u16| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_native-server"));
        command.env_clear().env("NEXTTOKEN_HOST", "0.0.0.0");
        command
            .env("NEXTTOKEN_PORT", port.to_string())
            .arg("check-health")
            .output()
            .unwrap()
    };
    // With a token, too: health tells nothing that is worth one.
    let program = Program::ready(&model, &["--host", "0.0.0.0", "--token", "t0k3n"]);
    let port = program.port;
    let ready = ask(port);
    assert!(ready.status.success(), "{ready:?}");
    program.kill();
    let gone = ask(port);
    let said = String::from_utf8_lossy(&gone.stderr);
    assert!(!gone.status.success() && said.contains("is not ready"), "{said}");
}
