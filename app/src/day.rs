//! The day, for what leaves the page with a date.

/// The day, as `YYYY-MM-DD`.
pub(crate) fn today() -> String {
    let mut date = String::from(js_sys::Date::new_0().to_iso_string());
    date.truncate(10);
    date
}
