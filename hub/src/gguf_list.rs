//! The GGUF files of a model, for a person to choose from.

use crate::Listing;
use crate::gguf_name::{GgufName, Role};

/// A GGUF file that holds a model's weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GgufFile {
    /// Its path in the model's folder.
    pub path: String,
    /// Its number format as its name says it, in capitals, such as `Q4_K_M`; empty if the
    /// name says none.
    pub format: String,
    /// In bytes; none if the hub does not say.
    pub bytes: Option<u64>,
    /// Whether the engine is expected to run it: it is whole, and of a format that is read.
    pub runs: bool,
}

/// The GGUF files of a model that hold its weights, the largest first. Files that are no
/// model by themselves are left out, and of one in parts all but the first part.
///
/// ```
/// use hub::{ListedFile, Listing, ModelId, gguf_files};
///
/// let file = |path: &str, size| ListedFile { path: path.into(), size, digest: None };
/// let listing = Listing {
///     id: ModelId::new("owner/name")?,
///     commit: "0123456".into(),
///     gated: false,
///     private: false,
///     files: vec![file("m-Q4_K_M.gguf", Some(5)), file("m-IQ1_S.gguf", None)],
/// };
/// let files = gguf_files(&listing);
/// assert_eq!((files[0].format.as_str(), files[0].runs), ("Q4_K_M", true));
/// assert_eq!((files[1].format.as_str(), files[1].runs), ("IQ1_S", false));
/// # Ok::<(), hub::HubError>(())
/// ```
pub fn gguf_files(listing: &Listing) -> Vec<GgufFile> {
    let paths = listing.files.iter().map(|file| file.path.as_str()).enumerate();
    let read = |(index, path)| GgufName::read(index, path);
    let mut all: Vec<GgufName> = paths.filter_map(read).collect();
    let is_model = |file: &GgufName| file.role == Role::Model;
    let role = if all.iter().any(is_model) { Role::Model } else { Role::Draft };
    all.retain(|file| {
        file.role == role && file.part.is_none_or(|(number, _)| number == 1)
    });
    let mut files: Vec<GgufFile> = all
        .into_iter()
        .map(|file| GgufFile {
            format: file.kind.unwrap_or_default().to_ascii_uppercase(),
            bytes: listing.files[file.index].size.filter(|_| file.part.is_none()),
            runs: file.part.is_none() && (file.kind.is_none() || file.is_readable()),
            path: file.path,
        })
        .collect();
    files.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ListedFile, ModelId};

    fn files(paths: &[(&str, u64)]) -> Vec<(String, String, Option<u64>, bool)> {
        let file = |(path, size): &(&str, u64)| ListedFile {
            path: (*path).into(),
            size: Some(*size),
            digest: None,
        };
        let listing = Listing {
            id: ModelId::new("o/n").unwrap(),
            commit: "0123456".into(),
            gated: false,
            private: false,
            files: paths.iter().map(file).collect(),
        };
        let found = gguf_files(&listing);
        found.into_iter().map(|f| (f.path, f.format, f.bytes, f.runs)).collect()
    }

    #[test]
    fn files_to_choose_from_have_their_formats_and_sizes_the_largest_first() {
        let found = files(&[
            ("README.md", 9),
            ("m-Q4_K_M.gguf", 4),
            ("m-Q8_0.gguf", 8),
            ("mmproj-Q8_0.gguf", 1),
            ("m-imatrix.gguf", 1),
            ("m-draft-Q8_0.gguf", 1),
            ("m-IQ2_M.gguf", 2),
            ("odd.gguf", 5),
            ("m-F32-00001-of-00002.gguf", 20),
            ("m-F32-00002-of-00002.gguf", 20),
        ]);
        let expected = [
            ("m-Q8_0.gguf", "Q8_0", Some(8), true),
            ("odd.gguf", "", Some(5), true),
            ("m-Q4_K_M.gguf", "Q4_K_M", Some(4), true),
            ("m-IQ2_M.gguf", "IQ2_M", Some(2), false),
            ("m-F32-00001-of-00002.gguf", "F32", None, false),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(path, format, bytes, runs)| (path.into(), format.into(), bytes, runs))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_draft_model_that_is_all_there_is_is_one_to_choose() {
        assert_eq!(files(&[("m-draft-0.5B-Q8_0.gguf", 1)]).len(), 1);
        assert!(files(&[("model.safetensors", 1)]).is_empty());
    }
}
