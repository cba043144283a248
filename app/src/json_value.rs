//! JSON whose members are read one by one, where a type's derived reader would be large. As in
//! [`crate::json`], the browser reads it, and natively, for tests, serde_json.

use serde::de::DeserializeOwned;

#[cfg(not(target_arch = "wasm32"))]
type Inner = serde_json::Value;
#[cfg(target_arch = "wasm32")]
type Inner = wasm_bindgen::JsValue;

/// A value of JSON.
#[derive(Clone, Debug)]
pub(crate) struct Value(Inner);

#[cfg(target_arch = "wasm32")]
impl Value {
    /// The value of a text; none if that is no JSON.
    pub(crate) fn parse(json: &str) -> Option<Value> {
        js_sys::JSON::parse(json).ok().map(Value)
    }

    /// A member; none if there is none, or if it is null.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        let member = js_sys::Reflect::get(&self.0, &name.into()).ok()?;
        (!member.is_null() && !member.is_undefined()).then_some(Value(member))
    }

    pub(crate) fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    pub(crate) fn float(&self) -> Option<f64> {
        self.0.as_f64()
    }

    pub(crate) fn is_true(&self) -> bool {
        self.0.is_truthy()
    }

    pub(crate) fn items(&self) -> Option<Vec<Value>> {
        let list = js_sys::Array::is_array(&self.0);
        list.then(|| js_sys::Array::from(&self.0).iter().map(Value).collect())
    }

    /// The value as a type; none if it is of another.
    pub(crate) fn typed<T: DeserializeOwned>(self) -> Option<T> {
        serde_wasm_bindgen::from_value(self.0).ok()
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Value {
    /// The value of a text; none if that is no JSON.
    pub(crate) fn parse(json: &str) -> Option<Value> {
        serde_json::from_str(json).ok().map(Value)
    }

    /// A member; none if there is none, or if it is null.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        let member = self.0.get(name).filter(|member| !member.is_null())?;
        Some(Value(member.clone()))
    }

    pub(crate) fn text(&self) -> Option<String> {
        self.0.as_str().map(str::to_owned)
    }

    pub(crate) fn float(&self) -> Option<f64> {
        self.0.as_f64()
    }

    pub(crate) fn is_true(&self) -> bool {
        self.0.as_bool().unwrap_or_default()
    }

    pub(crate) fn items(&self) -> Option<Vec<Value>> {
        let items = self.0.as_array()?.iter();
        Some(items.cloned().map(Value).collect())
    }

    /// The value as a type; none if it is of another.
    pub(crate) fn typed<T: DeserializeOwned>(self) -> Option<T> {
        serde_json::from_value(self.0).ok()
    }
}

impl Value {
    /// A whole number that is not negative.
    pub(crate) fn number(&self) -> Option<u32> {
        let number = self.float()?;
        (number >= 0.0 && number <= u32::MAX.into()).then_some(number as u32)
    }
}
