//! What lies beside the page, and what only a native server has there.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, Window};

use crate::state::ServerModels;

/// What a native server gives out of its cache, as a hub at `hub/` beside the page.
pub(crate) async fn server_models(window: &Window) -> ServerModels {
    #[derive(serde::Deserialize)]
    struct Model {
        id: String,
    }
    let listed = json_at(window, "./hub/api/models").await.unwrap_or_default();
    let listed: Vec<Model> = serde_json::from_str(&listed).unwrap_or_default();
    let page = window.location().href().unwrap_or_default();
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let folder = page.rsplit_once('/').map_or(page, |(folder, _)| folder);
    ServerModels {
        endpoint: format!("{folder}/hub"),
        ids: listed.into_iter().map(|model| model.id).collect(),
    }
}

/// The JSON at an address, as text, if there is any.
pub(crate) async fn json_at(window: &Window, url: &str) -> Option<String> {
    let asked = JsFuture::from(window.fetch_with_str(url)).await.ok()?;
    let response: Response = asked.unchecked_into();
    let kind = response.headers().get("content-type").ok().flatten()?;
    let is_json = response.ok() && kind.contains("json");
    let text = is_json.then(|| response.text().ok()).flatten()?;
    JsFuture::from(text).await.ok()?.as_string()
}
