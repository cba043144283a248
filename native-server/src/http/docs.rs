//! A page that shows the API by examples, made of the same document that programs read.

use axum::extract::State;
use axum::response::Html;
use serde_json::Value;

use super::AppState;
use super::openapi;

/// `GET /api/docs`
pub(crate) async fn page(State(state): State<AppState>) -> Html<String> {
    let document = openapi::document(State(state)).await.0;
    let mut routes = String::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let summary = operation["summary"].as_str().unwrap_or_default();
            let media = &operation["requestBody"]["content"]["application/json"];
            let example = example(path, &media["example"]);
            let method = method.to_uppercase();
            routes.push_str(&format!(
                "<h2>{method} {}</h2><p>{}.</p><pre>{}</pre>\n",
                escaped(path),
                escaped(summary),
                escaped(&example)
            ));
        }
    }
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Next-Token Visualizer: API</title>\n\
         <h1>The API of this server</h1>\n\
         <p>The examples are for a shell. Where the server was started with a token, add \
         <code>-H \"Authorization: Bearer TOKEN\"</code>. Programs read \
         <a href=\"openapi.json\">the OpenAPI document</a>; those that know OpenAI's API use \
         <code>/v1</code> as its address.</p>\n{routes}</html>\n"
    ))
}

/// What to type.
fn example(path: &str, body: &Value) -> String {
    // Quotes would end the shell's word.
    let body = body.to_string().replace('\'', "'\\''");
    match body.as_str() {
        "null" => format!("curl localhost:5005{path}"),
        body => {
            format!(
                "curl -N localhost:5005{path} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"
            )
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
