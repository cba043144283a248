//! A page that shows the API by examples, made from the OpenAPI document.

mod answers;
mod fields;
mod html;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use super::openapi;
use super::state::AppState;
use html::escaped;

const STYLE: &str = include_str!("page.css");

/// The groups of routes: title, introduction, and paths or beginnings of paths.
const GROUPS: [(&str, &str, &[&str]); 4] = [
    (
        "For scripts",
        "In the words of the page's own protocol: ids, logits and probabilities as they are.",
        &[
            "/api/tokenize",
            "/api/distribution",
            "/api/draw",
            "/api/sweep",
            "/api/verify",
            "/api/score",
            "/api/look-up",
            "/api/grow",
            "/api/compare",
            "/api/log-probabilities",
            "/api/generate",
        ],
    ),
    (
        "Inside the model",
        "How the prediction of the token after a text came about. The lens shows what layers \
         would say if they were the last, attention where heads look, occlusion what the \
         prediction would be without a part, and attribution what adds to a logit: none of \
         them says alone why.",
        &["/api/inside/"],
    ),
    (
        "For clients of OpenAI's API",
        "With streams, stop texts and log probabilities. Members that are not named here are \
         refused, unless they want nothing or have no part in the answer.",
        &["/v1/", "/tokenize", "/detokenize"],
    ),
    (
        "The original's routes",
        "For programs that were written for the page this one goes back to.",
        &["/api/next-token", "/api/chat", "/api/models"],
    ),
];

/// `GET /api/docs.css`
pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// `GET /api/docs`
pub(crate) async fn page(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Html<String> {
    let document = openapi::document(&state).await;
    // The guard has checked the host.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let address = format!("http://{}", host.unwrap_or("localhost:5005"));
    let (mut contents, mut sections) = (String::new(), String::new());
    for (title, about, beginnings) in GROUPS {
        let mut links = String::new();
        let mut routes = String::new();
        for (path, method, operation) in operations(&document) {
            if !beginnings.iter().any(|start| is_of(start, path)) {
                continue;
            }
            links.push_str(&format!(
                "<li><a href=\"#{id}\"><code>{path}</code></a></li>\n",
                id = id(path),
                path = escaped(path)
            ));
            routes.push_str(&route(&address, path, method, operation));
        }
        contents.push_str(&format!("<h2>{title}</h2>\n<ul>\n{links}</ul>\n"));
        sections.push_str(&format!(
            "<h2 class=\"group\">{title}</h2>\n<p>{about}</p>\n{routes}"
        ));
    }
    Html(page_html(&address, &contents, &sections))
}

/// The routes of a document, each with its method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations
            .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// Whether a path is of a group: the path itself, or one below a beginning with a slash.
fn is_of(start: &str, path: &str) -> bool {
    path == start || (start.ends_with('/') && path.starts_with(start))
}

/// The section of a route: its summary, an example with its answer, and its members.
fn route(address: &str, path: &str, method: &str, operation: &Value) -> String {
    let summary = operation["summary"].as_str().unwrap_or_default();
    let media = &operation["requestBody"]["content"]["application/json"];
    let part = |title: &str, text: &str| match text.is_empty() {
        true => String::new(),
        false => {
            format!("<h4>{title}</h4>\n<pre tabindex=\"0\">{}</pre>\n", escaped(text))
        }
    };
    let fields = fields::table(&media["schema"]);
    let fields = match fields.is_empty() {
        true => fields,
        false => format!("<h4>Fields</h4>\n<table>\n{fields}</table>\n"),
    };
    format!(
        "<section class=\"route\" id=\"{}\">\n<h3><span class=\"method\">{}</span>{}</h3>\n\
         <p>{}.</p>\n{}{}{fields}</section>\n",
        id(path),
        method.to_uppercase(),
        escaped(path),
        escaped(summary),
        part("Example", &example(address, path, operation, &media["example"])),
        part("Answer", answers::of(path)),
    )
}

/// The anchor of a route.
fn id(path: &str) -> String {
    path.trim_matches('/').replace(['/', '{', '}'], "-")
}

/// The command of the example.
fn example(address: &str, path: &str, operation: &Value, body: &Value) -> String {
    let model = operation["parameters"][0]["schema"]["enum"][0].as_str();
    let path = path.replace("{id}", model.unwrap_or("demo"));
    if body.is_null() {
        return format!("curl {address}{path}");
    }
    // A quote would end the quoted word of the shell.
    let body = body.to_string().replace('\'', "'\\''");
    format!(
        "curl -N {address}{path} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"
    )
}

fn page_html(address: &str, contents: &str, sections: &str) -> String {
    let address = escaped(address);
    let python = format!(
        "from openai import OpenAI\n\n\
         client = OpenAI(base_url=\"{address}/v1\", api_key=\"none\")\n\
         model = client.models.list().data[0].id\n\
         stream = client.chat.completions.create(\n    \
         model=model, messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}], \
         stream=True\n)\n\
         for chunk in stream:\n    print(chunk.choices[0].delta.content or \"\", end=\"\")"
    );
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Next-Token Visualizer: API</title>\n\
         <link rel=\"stylesheet\" href=\"/api/docs.css\">\n</head>\n<body>\n\
         <div class=\"layout\">\n<nav aria-label=\"Routes\">\n\
         <a href=\"/\">← Next-Token Visualizer</a>\n{contents}\
         <h2>Also</h2>\n<ul>\n<li><a href=\"#python\">From Python</a></li>\n\
         <li><a href=\"#websocket\">WebSocket</a></li>\n\
         <li><a href=\"openapi.json\">OpenAPI document</a></li>\n\
         <li><a href=\"/healthz\">Health</a></li>\n\
         <li><a href=\"/metrics\">Metrics</a></li>\n</ul>\n</nav>\n<main>\n\
         <h1>The API of this server</h1>\n\
         <p>It answers at <code>{address}</code>. The examples are for a shell and can be \
         pasted as they are. Where the server was started with a token, add \
         <code>-H \"Authorization: Bearer TOKEN\"</code>. Errors come with a fitting status and \
         a sentence that says what to do.</p>\n{sections}\
         <h2 class=\"group\" id=\"python\">From Python</h2>\n\
         <p>The official client works unchanged; the key is the token, if there is one.</p>\n\
         <pre tabindex=\"0\">{python}</pre>\n\
         <h2 class=\"group\" id=\"websocket\">WebSocket</h2>\n\
         <p>The page itself talks to <code>/api/ws</code>: one JSON request or reply of the \
         crate <code>protocol</code> in a frame. Every request has an id, which its replies \
         carry; <code>cancel</code> ends one, and a closed connection ends all.</p>\n\
         <pre tabindex=\"0\">{{\"id\": 1, \"command\": {{\"type\": \"tokenize\", \
         \"text\": \"Once upon a\"}}}}</pre>\n\
         <footer>Programs read <a href=\"openapi.json\">the OpenAPI document</a>, from which \
         this page is made.</footer>\n\
         </main>\n</div>\n</body>\n</html>\n"
    )
}
