//! A server on a model of a few layers, and short ways to ask it.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use clap::Parser;
use native_server::{Access, AppState, Config, EngineHandle, ServerLimits, ServerModels};
use protocol::{Command, ErrorCode, Event, Failure, RequestId, SamplerSettings};
use random_model::{Kind, Shape};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

/// The context of the test models, in tokens; each byte of text is one.
pub(crate) const CONTEXT: usize = 4096;

/// A server and the folder that its files are in.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) state: AppState,
}

/// Prompts that take long to read, and have no common beginning to share.
pub(crate) fn long_prompts() -> impl Iterator<Item = (u32, Command)> {
    (0..16).map(|id| {
        let ids = vec![id + 50; CONTEXT - 96];
        let settings = SamplerSettings::default();
        (id, Command::NextToken { ids, settings, candidates: 1, watch: Vec::new() })
    })
}

/// Far fewer tokens than all [`long_prompts`] have.
pub(crate) const FAR_FEWER: u64 = 4 * CONTEXT as u64;

/// A response, read to the end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Fixture {
    /// A server whose model can chat and is ready.
    pub(crate) async fn new() -> Fixture {
        Fixture::with_model(Kind::Instruct).await
    }

    /// A server whose model is ready.
    pub(crate) async fn with_model(kind: Kind) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("tiny-model");
        let shape = Shape { max_position_embeddings: CONTEXT, ..Shape::tiny() };
        random_model::files(&shape, kind, 1).write_to(&model).unwrap();
        let dist = folder.path().join("dist");
        Fixture::of_model(folder, &model, &dist).await
    }

    /// A server that runs the model that comes with the project.
    pub(crate) async fn with_demo() -> Fixture {
        let dist = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("dist");
        Fixture::of_model(tempfile::tempdir().unwrap(), "demo".as_ref(), &dist).await
    }

    /// A server whose model, of a folder, is ready.
    pub(crate) async fn of_model(folder: TempDir, model: &Path, dist: &Path) -> Fixture {
        let arguments =
            ["native-server", "--device", "cpu", "--port", "0"].map(Path::new);
        let named = [Path::new("--model"), model, Path::new("--dist"), dist];
        let config = Config::try_parse_from(arguments.into_iter().chain(named)).unwrap();
        let state = native_server::state(&config).unwrap();
        wait_until_ready(state.engine()).await;
        Fixture { folder, state }
    }

    /// The same engine behind a server with other limits.
    pub(crate) fn with_limits(&self, limits: ServerLimits) -> AppState {
        let dist = self.folder.path().join("dist");
        let models = ServerModels::new("", &dist);
        AppState::new(
            self.state.engine().clone(),
            models,
            dist,
            Access::default(),
            limits,
        )
    }

    /// A server whose model never comes.
    pub(crate) fn loading() -> Fixture {
        Fixture::with_loader(|| {
            loop {
                std::thread::park();
            }
        })
    }

    /// A server whose model is broken.
    pub(crate) async fn broken() -> Fixture {
        let fixture = Fixture::with_loader(|| {
            Err(Failure {
                code: ErrorCode::InvalidModelFile,
                message: "The file is cut short.".into(),
                hint: Some("Download it again.".into()),
            })
        });
        while describe(fixture.state.engine()).await == Err(ErrorCode::Loading) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        fixture
    }

    /// A server whose model is loaded by a function.
    pub(crate) fn with_loader(
        mut load: impl FnMut() -> Result<engine::Session, Failure> + Send + 'static,
    ) -> Fixture {
        let limits = engine::Limits::default();
        Fixture::with_engine(EngineHandle::start(limits, move |_| load()).unwrap())
    }

    /// A server with an engine of its own kind.
    pub(crate) fn with_engine(engine: EngineHandle) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        let catalogue = ServerModels::new("", &dist);
        let (access, limits) = (Access::default(), ServerLimits::default());
        let state = AppState::new(engine, catalogue, dist, access, limits);
        Fixture { folder, state }
    }

    /// The same with other limits.
    pub(crate) fn limited(self, limits: ServerLimits) -> Fixture {
        let dist = self.folder.path().join("dist");
        let (engine, catalogue) =
            (self.state.engine().clone(), ServerModels::new("", &dist));
        let state = AppState::new(engine, catalogue, dist, Access::default(), limits);
        Fixture { state, ..self }
    }

    /// Puts a file into the site's folder.
    pub(crate) fn add_file(&self, name: &str, content: &str) {
        let file = self.folder.path().join("dist").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }

    pub(crate) fn app(&self) -> Router {
        native_server::app(self.state.clone())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().into();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, &[], "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Answer {
        self.send(request(Method::POST, path, &[], &body.to_string())).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The sentence of an error, which must come with this status.
    pub(crate) fn error(&self, status: StatusCode) -> String {
        assert_eq!(self.status, status, "{:?}", String::from_utf8_lossy(&self.body));
        self.json()["error"].as_str().expect("an error is a sentence").to_owned()
    }
}

/// A request to localhost, with more headers.
pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:5005");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

pub(crate) async fn wait_until_ready(engine: &EngineHandle) {
    while let Err(code) = describe(engine).await {
        assert_eq!(code, ErrorCode::Loading);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn describe(engine: &EngineHandle) -> Result<(), ErrorCode> {
    let mut client = engine.client();
    let request = protocol::Request { id: RequestId(1), command: Command::Describe };
    client.send(request).await.unwrap();
    loop {
        match client.next().await.unwrap().event {
            Event::Progress(_) => {}
            Event::Ready(_) => return Ok(()),
            Event::Failed(failure) => return Err(failure.code),
            other => panic!("{other:?} is no answer to describe"),
        }
    }
}
