//! What the page's own server has: the list of models on offer, and, if it is a native server,
//! the models of its cache.

use hub::Catalogue;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, Window};

use crate::json;
use crate::state::ServerModels;

/// Whether the page's own server is a native server, which alone answers at `api/models`: its
/// models if so.
pub(crate) async fn probe(window: &Window) -> Option<ServerModels> {
    json_at(window, "./api/models").await?;
    Some(server_models(window).await)
}

/// The list of models on offer, if the server has a valid one.
pub(crate) async fn read_catalogue(window: &Window) -> Option<Catalogue> {
    let response = JsFuture::from(window.fetch_with_str("./models.json")).await.ok()?;
    let text = text_of(&response.unchecked_into()).await?;
    json::read(&text)
}

/// The text at an address, if it can be had.
pub(crate) async fn text_at(window: &Window, url: &str) -> Option<String> {
    let response = JsFuture::from(window.fetch_with_str(url)).await.ok()?;
    text_of(&response.unchecked_into()).await
}

/// The models that a native server shares from its cache, as a hub at `hub/`.
async fn server_models(window: &Window) -> ServerModels {
    #[derive(serde::Deserialize)]
    struct Model {
        id: String,
    }
    let listed = json_at(window, "./hub/api/models").await.unwrap_or_default();
    let listed: Vec<Model> = json::read(&listed).unwrap_or_default();
    let page = window.location().href().unwrap_or_default();
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let folder = page.rsplit_once('/').map_or(page, |(folder, _)| folder);
    ServerModels {
        endpoint: format!("{folder}/hub"),
        ids: listed.into_iter().map(|model| model.id).collect(),
    }
}

/// The text at an address, if there is any and the server says that it is JSON.
async fn json_at(window: &Window, url: &str) -> Option<String> {
    let response = JsFuture::from(window.fetch_with_str(url)).await.ok()?;
    let response: Response = response.unchecked_into();
    let kind = response.headers().get("content-type").ok().flatten()?;
    if !kind.contains("json") {
        return None;
    }
    text_of(&response).await
}

/// The text of a response, if it is a success.
async fn text_of(response: &Response) -> Option<String> {
    let text = response.ok().then(|| response.text().ok()).flatten()?;
    JsFuture::from(text).await.ok()?.as_string()
}
