//! What the browser does with texts: it has the tables for it, and the page's own would be a
//! tenth of its program. Natively, for tests, the standard library does the same.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{lower_case, number};
#[cfg(target_arch = "wasm32")]
pub(crate) use page::{lower_case, number};

#[cfg(target_arch = "wasm32")]
mod page {
    use js_sys::JsString;
    use wasm_bindgen::JsValue;

    /// The number that a person typed, with a point; none if the text is not one, or not yet.
    pub(crate) fn number(text: &str) -> Option<f64> {
        // To a browser, no text at all is 0.
        let is_empty = text.trim().is_empty();
        let number = JsValue::from_str(text).unchecked_into_f64();
        (number.is_finite() && !is_empty).then_some(number)
    }

    /// A text in lower case, whatever its script.
    pub(crate) fn lower_case(text: &str) -> String {
        JsString::from(text).to_lower_case().into()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    pub(crate) fn number(text: &str) -> Option<f64> {
        text.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub(crate) fn lower_case(text: &str) -> String {
        text.to_lowercase()
    }
}
