//! The program as a process, and short ways to ask it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use random_model::{Kind, Shape};
use serde_json::Value;

/// How long anything may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server; it is killed with the value.
pub(crate) struct Program {
    child: Child,
    pub(crate) port: u16,
    /// The lines that it has written, as far as they were read.
    lines: Arc<Mutex<Vec<String>>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Program {
    /// Starts it with some arguments and no variables but these; waits until it listens.
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_native-server"));
        command.env_clear().envs(variables.iter().copied()).args(arguments);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let written = lines.clone();
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                written.lock().unwrap().push(line);
            }
        });
        let mut program = Program { child, port: 0, lines };
        let line = program.wait_for("http://localhost:");
        let digits = line.split("http://localhost:").nth(1).unwrap();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        program.port = digits[..end].parse().unwrap();
        program
    }

    /// Starts it on any port with a model that is here, and waits until that is ready.
    pub(crate) fn ready(model: &Path, more: &[&str]) -> Program {
        Program::ready_on("0", model, more)
    }

    /// The same on a port.
    pub(crate) fn ready_on(port: &str, model: &Path, more: &[&str]) -> Program {
        let model = model.to_str().unwrap();
        let arguments = ["--device", "cpu", "--port", port, "--model", model];
        let program = Program::start(&[&arguments, more].concat(), &[]);
        program.wait_until_ready();
        program
    }

    pub(crate) fn wait_until_ready(&self) {
        let start = Instant::now();
        while self.get("/healthz").status != 200 {
            assert!(start.elapsed() < PATIENCE, "{:?}", self.lines());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for a line that contains a text.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let found = self.lines().into_iter().find(|line| line.contains(text));
            if let Some(line) = found {
                return line;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it has ended: {:?}", self.lines());
            assert!(start.elapsed() < PATIENCE, "no {text:?} in {:?}", self.lines());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// As the system does it to a program that it has no memory for.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end: {:?}", self.lines());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &body.to_string())
    }

    /// The same, with the server's token.
    pub(crate) fn post_with(&self, token: &str, path: &str, body: &Value) -> Answer {
        let header = format!("authorization: Bearer {token}\r\n");
        read(self.send_with(&header, "POST", path, &body.to_string()))
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        read(self.send(method, path, body))
    }

    /// Sends a request, whose answer ends the connection.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> TcpStream {
        self.send_with("", method, path, body)
    }

    fn send_with(
        &self,
        headers: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             {headers}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn read(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, body: body.to_owned() }
}

/// Writes a tiny model into a folder.
pub(crate) fn tiny_model(folder: &Path) -> PathBuf {
    let model = folder.join("tiny-model");
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    files.write_to(&model).unwrap();
    model
}
