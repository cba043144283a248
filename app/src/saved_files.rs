//! Files and pictures that the page gives to the person.
#![allow(
    clippy::disallowed_types,
    reason = "each promise is awaited where it is made, so no rejection goes uncaught"
)]

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, HtmlImageElement,
};

use crate::elements::Page;

/// The dots of a picture for each of its pixels, so that letters are sharp in print.
const DOTS_PER_PIXEL: f64 = 2.0;
/// The most dots of a picture: browsers refuse larger canvases.
const MAX_DOTS: f64 = 16e6;

/// Has the browser save a text as a file. Nothing happens if it refuses.
pub(crate) fn save(page: &Page, name: &str, media: &str, text: &str) {
    follow(page, name, &address(media, text));
}

/// Has the browser draw the text of an SVG file and save what it drew as PNG.
pub(crate) async fn save_dots(page: &Page, name: &str, svg: &str) -> Result<(), JsValue> {
    let address = drawn(page, svg).await?.to_data_url_with_type("image/png")?;
    follow(page, name, &address);
    Ok(())
}

/// What the browser draws of the text of an SVG file, as PNG.
pub(crate) async fn dots(page: &Page, svg: &str) -> Result<Blob, JsValue> {
    let canvas = drawn(page, svg).await?;
    let mut refused = Ok(());
    let blob = Promise::new(&mut |resolve, _| refused = canvas.to_blob(&resolve));
    refused?;
    JsFuture::from(blob).await?.dyn_into()
}

/// A canvas with the picture of an SVG text.
async fn drawn(page: &Page, svg: &str) -> Result<HtmlCanvasElement, JsValue> {
    let image: HtmlImageElement = page.document.create_element("img")?.dyn_into()?;
    image.set_src(&address("image/svg+xml", svg));
    JsFuture::from(image.decode()).await?;
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let scale = DOTS_PER_PIXEL.min((MAX_DOTS / (width * height).max(1.0)).sqrt());
    let canvas: HtmlCanvasElement = page.document.create_element("canvas")?.dyn_into()?;
    let (width, height) = ((width * scale).floor(), (height * scale).floor());
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: CanvasRenderingContext2d = context.dyn_into()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(
        &image, 0.0, 0.0, width, height,
    )?;
    Ok(canvas)
}

fn address(media: &str, text: &str) -> String {
    let content = String::from(js_sys::encode_uri_component(text));
    format!("data:{media};charset=utf-8,{content}")
}

/// Has the browser save what is at an address.
fn follow(page: &Page, name: &str, address: &str) {
    let Ok(link) = page.document.create_element("a") else { return };
    crate::dom::set(&link, "href", address);
    crate::dom::set(&link, "download", name);
    if let Some(link) = link.dyn_ref::<HtmlElement>() {
        link.click();
    }
}
