//! A server that encrypts, over real sockets.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use native_server::{Config, ServerLimits, Tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;

use crate::fixture::Fixture;

const HEALTH: &str =
    "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

struct Encrypting {
    address: SocketAddr,
    tls: Tls,
    folder: TempDir,
    _fixture: Fixture,
}

impl Encrypting {
    /// A server with a certificate of its own, which waits half a second for a greeting.
    async fn start() -> Encrypting {
        let fixture = Fixture::new().await;
        let folder = tempfile::tempdir().unwrap();
        let model = fixture.folder.path().join("tiny-model");
        let arguments = ["native-server", "--tls", "--tls-folder"].map(OsStr::new);
        let named = [folder.path().as_os_str(), "--model".as_ref(), model.as_os_str()];
        let arguments = arguments.into_iter().chain(named);
        // Made as the program makes it.
        native_server::state(&Config::try_parse_from(arguments).unwrap()).unwrap();
        let [certificate, key] =
            ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
        let tls = Tls::from_files(&certificate, &key).unwrap();
        let limits = ServerLimits {
            head_timeout: Duration::from_millis(500),
            ..ServerLimits::default()
        };
        let state = fixture.with_limits(limits).encrypting(Some(tls.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(native_server::serve(listener, state, std::future::pending()));
        Encrypting { address, tls, folder, _fixture: fixture }
    }

    /// A connection of a client that trusts this certificate and no other.
    async fn connect(&self) -> impl AsyncRead + AsyncWrite + Unpin + use<> {
        let file = self.folder.path().join("certificate.pem");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, question: &str) -> String {
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn pages_and_their_sockets_are_encrypted() {
    let server = Encrypting::start().await;
    let answer = ask(server.connect().await, HEALTH).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let (mut socket, _) =
        tokio_tungstenite::client_async("wss://localhost/api/ws", server.connect().await)
            .await
            .unwrap();
    use futures_util::{SinkExt, StreamExt};
    let describe = r#"{"id":1,"command":{"type":"describe"}}"#;
    socket.send(Message::text(describe)).await.unwrap();
    // A ping may come first: the server asks now and then whether a page is still there.
    let said = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => break text,
            other => assert!(other.is_ping(), "{other:?}"),
        }
    };
    assert!(said.contains("\"ready\""), "{said}");

    // A browser shows the same digits.
    let digits = server.tls.fingerprint();
    assert!(digits.len() == 95 && digits.split(':').all(|pair| pair.len() == 2));
}

#[tokio::test]
async fn who_comes_without_is_sent_to_https_and_health_is_told() {
    let server = Encrypting::start().await;
    let plain = || async { TcpStream::connect(server.address).await.unwrap() };
    let question = "GET /class.html?code=abcde HTTP/1.1\r\nhost: localhost:5005\r\n\
                    connection: close\r\n\r\n";
    let answer = ask(plain().await, question).await;
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    let place = "location: https://localhost:5005/class.html?code=abcde\r\n";
    assert!(answer.contains(place), "{answer}");
    let answer = ask(plain().await, HEALTH).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // A name that is not this server's is sent nowhere.
    let strange = question.replace("localhost", "evil.example");
    let answer = ask(plain().await, &strange).await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[tokio::test]
async fn greetings_that_do_not_come_or_are_none_end_their_connections() {
    let server = Encrypting::start().await;
    for bytes in
        [&b""[..], b"\x16\x03", b"\x16 and then nothing that is TLS", b"\xff\xff"]
    {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        assert!(ended.is_ok(), "{bytes:?} keeps a connection open");
    }
    assert!(ask(server.connect().await, HEALTH).await.contains("200"));
}

#[test]
fn files_that_are_no_certificate_are_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(file("empty.pem"), "no certificate").unwrap();
    let said = |options: &[&str]| {
        let all = ["native-server", "--model", "demo"].iter().chain(options);
        let config = Config::try_parse_from(all).unwrap();
        native_server::state(&config).unwrap_err().to_string()
    };
    let (missing, empty) = (file("missing.pem"), file("empty.pem"));
    for certificate in [&missing, &empty] {
        let options = ["--tls-certificate", certificate, "--tls-key", &empty];
        let error = said(&options);
        assert!(error.contains(certificate) && error.contains("PEM"), "{error}");
    }
    assert!(said(&["--tls-key", &missing]).contains("--tls-certificate"));
}
