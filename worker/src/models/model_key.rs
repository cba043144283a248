//! The names of the folders that models of hubs are stored in.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use protocol::Precision;

/// What the name of a folder ends in that holds a model in this precision.
pub(super) fn suffix(precision: Precision) -> &'static str {
    match precision {
        Precision::Auto | Precision::Q8 => "",
        Precision::Q4 => ".q4",
        Precision::F32 => ".f32",
        Precision::F16 => ".f16",
        Precision::Bf16 => ".bf16",
    }
}

/// What a model is stored by: its name, and the precision that its files were chosen for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelKey {
    pub(crate) name: String,
    pub(crate) precision: Precision,
}

impl ModelKey {
    /// 8 bits are what is taken if nothing is said, so the two are one.
    pub(crate) fn new(name: &str, precision: Precision) -> ModelKey {
        let precision = match precision {
            Precision::Q8 => Precision::Auto,
            other => other,
        };
        ModelKey { name: name.to_owned(), precision }
    }

    /// The name of the folder of a hub's model.
    pub(super) fn folder_name(&self) -> String {
        let name = utf8_percent_encode(&self.name, NON_ALPHANUMERIC);
        format!("{name}{}", suffix(self.precision))
    }

    /// The model in the folder of a name, if it is that of a hub's model.
    pub(super) fn of_folder(folder: &str) -> Option<ModelKey> {
        // A name is written without points of its own.
        let (name, precision) = match folder.split_once('.') {
            None => (folder, Precision::Auto),
            Some((name, "q4")) => (name, Precision::Q4),
            Some((name, "f32")) => (name, Precision::F32),
            Some((name, "f16")) => (name, Precision::F16),
            Some((name, "bf16")) => (name, Precision::Bf16),
            Some(_) => return None,
        };
        let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
        Some(ModelKey { name, precision })
    }
}
