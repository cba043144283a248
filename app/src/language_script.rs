//! What the script `js/language.js` has found out before the page starts.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Waits until the language is chosen and its table is there, and gives its texts by
    /// number.
    #[wasm_bindgen(js_namespace = pageLanguage)]
    pub(crate) async fn ready() -> JsValue;

    /// The code of the language.
    #[wasm_bindgen(js_namespace = pageLanguage)]
    pub(crate) fn code() -> String;

    /// Whether the language is written from right to left.
    #[wasm_bindgen(js_namespace = pageLanguage, js_name = isRightToLeft)]
    pub(crate) fn is_right_to_left() -> bool;

    /// The plural category of a number.
    #[wasm_bindgen(js_namespace = pageLanguage)]
    pub(crate) fn category(n: f64) -> String;

    /// The translation of an English word of the page, or the word.
    #[wasm_bindgen(js_namespace = pageLanguage)]
    pub(crate) fn word(english: &str) -> String;
}
