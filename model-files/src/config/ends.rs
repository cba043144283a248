//! The tokens that end a text, in all forms in which files name them.

use serde_json::Value;

/// The ids in an `eos_token_id`: a number, a text, or a list of these. `find` returns the
/// id of a text. What names no token is ignored, because transformers loads such models
/// too.
pub fn end_ids(named: &Value, find: impl Fn(&str) -> Option<u32>) -> Vec<u32> {
    let elements = named.as_array().map_or(std::slice::from_ref(named), Vec::as_slice);
    let id = |element: &Value| match element {
        Value::String(text) => find(text),
        // Python's 3.0 equals 3.
        Value::Number(number) => {
            let number = number.as_f64()?;
            let id = number as u32;
            (f64::from(id) == number).then_some(id)
        }
        _ => None,
    };
    elements.iter().filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_names_no_token_is_left_out() {
        let find = |text: &str| (text == "<end>").then_some(7);
        let cases = [
            (json!(3), vec![3]),
            (json!(3.0), vec![3]),
            (
                json!([1, null, -1, 2.5, 2, "<end>", "no", true, [4], 1e300]),
                vec![1, 2, 7],
            ),
            (json!("<end>"), vec![7]),
            (json!(null), vec![]),
            (json!(4_294_967_296u64), vec![]),
            (json!({"id": 3}), vec![]),
        ];
        for (named, ids) in cases {
            assert_eq!(end_ids(&named, find), ids, "{named}");
        }
    }
}
