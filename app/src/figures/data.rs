//! The numbers of a figure, as comma-separated values and as JSON. Numbers have as many digits
//! as it takes to read the same number again.

/// A table of texts and numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Data {
    pub(crate) columns: &'static [&'static str],
    pub(crate) rows: Vec<Vec<Value>>,
}

/// What stands in a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    /// A number, written out.
    Number(String),
    /// There is none.
    None,
}

impl Value {
    pub(crate) fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Number(number.to_string())
    }
}

impl From<f32> for Value {
    fn from(number: f32) -> Value {
        match number.is_finite() {
            true => Value::Number(number.to_string()),
            // JSON has no other numbers.
            false => Value::None,
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        match number.is_finite() {
            true => Value::Number(number.to_string()),
            false => Value::None,
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::None, Into::into)
    }
}

impl Data {
    /// As comma-separated values (RFC 4180).
    pub(crate) fn csv(&self) -> String {
        let mut csv = format!("{}\r\n", self.columns.join(","));
        for row in &self.rows {
            let fields: Vec<String> = row.iter().map(field).collect();
            csv += &fields.join(",");
            csv += "\r\n";
        }
        csv
    }

    /// As a list of objects.
    pub(crate) fn json(&self) -> String {
        let object = |row: &Vec<Value>| {
            let members = self.columns.iter().zip(row);
            let members: Vec<String> = members
                .map(|(name, value)| format!("\"{name}\":{}", json(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        };
        let rows: Vec<String> = self.rows.iter().map(object).collect();
        format!("[{}]", rows.join(",\n"))
    }
}

fn field(value: &Value) -> String {
    match value {
        Value::Text(text) if text.contains([',', '"', '\n', '\r']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Value::Text(text) | Value::Number(text) => text.clone(),
        Value::None => String::new(),
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Text(text) => crate::json::write(text).unwrap_or_default(),
        Value::Number(number) => number.clone(),
        Value::None => "null".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_numbers_are_exact() {
        let rows = vec![
            vec![Value::text("a,\"b\"\n"), 0.1f32.into(), 7u32.into()],
            vec![Value::text("é"), f32::INFINITY.into(), None::<u32>.into()],
        ];
        let data = Data { columns: &["token", "p", "rank"], rows };
        assert_eq!(data.csv(), "token,p,rank\r\n\"a,\"\"b\"\"\n\",0.1,7\r\né,,\r\n");
        let read: serde_json::Value = serde_json::from_str(&data.json()).unwrap();
        assert_eq!(read[0]["token"], "a,\"b\"\n");
        assert_eq!(read[0]["p"], 0.1);
        assert_eq!(read[1]["rank"], serde_json::Value::Null);
    }
}
