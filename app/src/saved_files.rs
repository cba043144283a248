//! Files that the page gives to the person.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::elements::Page;

/// Has the browser save a text as a file. Nothing happens if it refuses.
pub(crate) fn save(page: &Page, name: &str, media: &str, text: &str) {
    let Ok(link) = page.document.create_element("a") else { return };
    let content = String::from(js_sys::encode_uri_component(text));
    let address = format!("data:{media};charset=utf-8,{content}");
    crate::dom::set(&link, "href", &address);
    crate::dom::set(&link, "download", name);
    if let Some(link) = link.dyn_ref::<HtmlElement>() {
        link.click();
    }
}
