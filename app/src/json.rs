//! JSON of what the page stores and fetches. The browser reads and writes it, and values become
//! types by the same code as the messages of engines: a parser of the page's own would be a tenth
//! of it. Natively, for tests, serde_json does the same.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{lenient, read, write};
#[cfg(target_arch = "wasm32")]
pub(crate) use page::{lenient, read, write};

#[cfg(target_arch = "wasm32")]
mod page {
    use serde::de::DeserializeOwned;
    use serde::{Deserializer, Serialize};
    use serde_wasm_bindgen::{Serializer, from_value, preserve};
    use wasm_bindgen::JsValue;
    use wasm_bindgen::closure::Closure;

    /// A value from its JSON; none if the text is not that of one.
    pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Option<T> {
        from_value(js_sys::JSON::parse(json).ok()?).ok()
    }

    /// A value as JSON; none if it has no JSON.
    pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Option<String> {
        let value = value.serialize(&Serializer::json_compatible()).ok()?;
        let shortest = Closure::<dyn Fn(JsValue, JsValue) -> JsValue>::new(shortest);
        let text = js_sys::JSON::stringify_with_replacer(&value, shortest.as_ref());
        text.ok().map(String::from)
    }

    /// Numbers of 32 bits with the digits that they have: a browser has 64 bits for each number,
    /// and would write the difference, too.
    fn shortest(_key: JsValue, value: JsValue) -> JsValue {
        match value.as_f64() {
            Some(x) if x.fract() != 0.0 && f64::from(x as f32) == x => {
                js_sys::parse_float(&(x as f32).to_string()).into()
            }
            _ => value,
        }
    }

    /// Reads a field, or its default where it cannot be read, so that the others are kept.
    ///
    /// # Errors
    /// If the reader is not that of [`read`].
    pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: Default + DeserializeOwned,
    {
        let value: JsValue = preserve::deserialize(deserializer)?;
        Ok(from_value(value).unwrap_or_default())
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Deserializer, Serialize};

    pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Option<T> {
        serde_json::from_str(json).ok()
    }

    pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Option<String> {
        serde_json::to_string(value).ok()
    }

    pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: Default + DeserializeOwned,
    {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(serde_json::from_value(value).unwrap_or_default())
    }
}
