//! Which of a model's files are wanted.

use crate::{HubError, Listing, RemoteFile};

/// What is wanted of the weights' format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preference {
    /// The smallest that loses nothing to speak of: 8-bit GGUF, then what else there is.
    #[default]
    Compact,
    /// Half of that: 4-bit GGUF, then what else there is.
    Small,
    /// The weights as they were published, if they are there.
    Exact,
}

/// The files to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The weights: one GGUF file, or safetensors files in order.
    pub weights: Vec<RemoteFile>,
    /// What goes with them.
    pub others: Vec<RemoteFile>,
}

/// GGUF kinds from the best to take down to the last resort, as file names spell them.
const COMPACT: [&str; 11] = [
    "q8_0", "q6_k", "q5_k_m", "q5_k_s", "q5_0", "q4_k_m", "q4_k_s", "q4_0", "f16",
    "bf16", "f32",
];
/// The same for four bits: those of the engine's own format need no second rounding.
const SMALL: [&str; 11] = [
    "q4_0", "q4_k_m", "q4_k_s", "q5_0", "q5_k_s", "q5_k_m", "q6_k", "q8_0", "f16",
    "bf16", "f32",
];
/// What goes with safetensors; the first two are needed.
const BESIDE: [&str; 5] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
];
const INDEX: &str = "model.safetensors.index.json";

impl Choice {
    /// All of them, the small ones first.
    pub fn files(&self) -> impl Iterator<Item = &RemoteFile> {
        self.others.iter().chain(&self.weights)
    }

    /// Bytes in all.
    pub fn size(&self) -> u64 {
        self.files().map(|file| file.size).sum()
    }

    /// Whether the weights are a GGUF file.
    pub fn is_gguf(&self) -> bool {
        self.weights.iter().any(|file| is_gguf(&file.path))
    }
}

/// Chooses among a model's files: the one that was named, or those that suit.
///
/// # Errors
/// If there are none that can be used, with what is missing.
pub fn choose(
    listing: &Listing,
    file: Option<&str>,
    preference: Preference,
) -> Result<Choice, HubError> {
    let none = |reason: &str| HubError::NoWeights {
        id: listing.id.to_string(),
        reason: reason.into(),
    };
    if let Some(path) = file {
        let what = format!("{path} in {}", listing.id);
        let file = listing.file(path).ok_or(HubError::Missing { what })?;
        return match is_gguf(path) {
            true => Ok(with_gguf(listing, file)),
            false => Err(none(&format!("{path} is no .gguf file"))),
        };
    }
    let kinds = match preference {
        Preference::Compact | Preference::Exact => COMPACT,
        Preference::Small => SMALL,
    };
    let gguf = || best_gguf(listing, &kinds).map(|file| with_gguf(listing, file));
    let safetensors = || safetensors(listing);
    let chosen = match preference {
        Preference::Compact | Preference::Small => gguf().map(Ok).or_else(safetensors),
        Preference::Exact => safetensors().or_else(|| gguf().map(Ok)),
    };
    match chosen {
        Some(chosen) => chosen.map_err(|reason| none(&reason)),
        None => {
            let pickled = listing.files.iter().any(|file| file.path.ends_with(".bin"));
            Err(none(match pickled {
                true => {
                    "it only has weights in Python's own format, which can hold \
                     programs; look for a safetensors or GGUF version of it"
                }
                false => "it has neither safetensors nor GGUF weights",
            }))
        }
    }
}

fn is_gguf(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".gguf")
}

/// The GGUF file to take, if there is one that is whole and holds a language model.
fn best_gguf<'a>(listing: &'a Listing, kinds: &[&str]) -> Option<&'a RemoteFile> {
    let usable: Vec<(&RemoteFile, String)> = listing
        .files
        .iter()
        .map(|file| (file, file.path.to_ascii_lowercase().replace('-', "_")))
        .filter(|(_, name)| name.ends_with(".gguf"))
        .filter(|(_, name)| !name.contains("_of_") && !name.contains("mmproj"))
        .collect();
    let of_kind = |kind: &str| {
        let ends = [format!("_{kind}.gguf"), format!(".{kind}.gguf")];
        let whole = format!("{kind}.gguf");
        usable.iter().find(|(_, name)| {
            *name == whole || ends.iter().any(|end| name.ends_with(end.as_str()))
        })
    };
    // What says nothing about its kind is taken if there is no other.
    let found = kinds.iter().find_map(|kind| of_kind(kind));
    let only = || usable.first().filter(|_| usable.len() == 1);
    found.or_else(only).map(|(file, _)| *file)
}

/// A GGUF file holds all but the list of the tokens that end a text.
fn with_gguf(listing: &Listing, file: &RemoteFile) -> Choice {
    let others = listing.file("generation_config.json").cloned().into_iter().collect();
    Choice { weights: vec![file.clone()], others }
}

/// The safetensors files with all that goes with them; none if there are no such files.
fn safetensors(listing: &Listing) -> Option<Result<Choice, String>> {
    let weights = match listing.file("model.safetensors") {
        Some(single) => vec![single.clone()],
        None => match parts(listing) {
            Ok(parts) if parts.is_empty() => return None,
            Ok(parts) => parts,
            Err(reason) => return Some(Err(reason)),
        },
    };
    let mut others = Vec::new();
    for name in BESIDE {
        match listing.file(name) {
            Some(file) => others.push(file.clone()),
            None if matches!(name, "config.json" | "tokenizer.json") => {
                return Some(Err(format!("it has no {name}")));
            }
            None => {}
        }
    }
    if weights.len() > 1 {
        others.extend(listing.file(INDEX).cloned());
    }
    Some(Ok(Choice { weights, others }))
}

/// The files of weights in parts, `model-00001-of-00003.safetensors` and so on.
fn parts(listing: &Listing) -> Result<Vec<RemoteFile>, String> {
    let place = |path: &str| -> Option<(u32, u32)> {
        let name = path.strip_prefix("model-")?.strip_suffix(".safetensors")?;
        let (place, count) = name.split_once("-of-")?;
        Some((place.parse().ok()?, count.parse().ok()?))
    };
    let mut found: Vec<((u32, u32), &RemoteFile)> = listing
        .files
        .iter()
        .filter_map(|file| Some((place(&file.path)?, file)))
        .collect();
    found.sort_by_key(|(place, _)| *place);
    let count = found.first().map_or(0, |((_, count), _)| *count);
    let whole = found.len() == count as usize
        && (1..).zip(&found).all(|(place, (known, _))| *known == (place, count));
    match whole {
        true => Ok(found.into_iter().map(|(_, file)| file.clone()).collect()),
        false => Err("parts of its weights are missing".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Digest, ModelId};

    fn listing(paths: &[&str]) -> Listing {
        let file = |path: &&str| RemoteFile {
            path: (*path).into(),
            size: 1,
            digest: Digest::Git("0".repeat(40)),
        };
        Listing {
            id: ModelId::new("o/n").unwrap(),
            commit: "0".repeat(40),
            gated: false,
            files: paths.iter().map(file).collect(),
        }
    }

    fn chosen(paths: &[&str], preference: Preference) -> Result<Vec<String>, String> {
        choose(&listing(paths), None, preference)
            .map(|choice| choice.weights.into_iter().map(|file| file.path).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_8_bit_gguf_is_taken_before_others_and_before_safetensors() {
        let files = [
            "config.json",
            "tokenizer.json",
            "model.safetensors",
            "n-Q4_K_M.gguf",
            "n-q8_0.gguf",
            "mmproj-q8_0.gguf",
        ];
        assert_eq!(chosen(&files, Preference::Compact).unwrap(), ["n-q8_0.gguf"]);
        assert_eq!(chosen(&files, Preference::Exact).unwrap(), ["model.safetensors"]);
        assert_eq!(chosen(&files, Preference::Small).unwrap(), ["n-Q4_K_M.gguf"]);
        let two = ["n-q4_0.gguf", "n.Q6_K.gguf"];
        assert_eq!(chosen(&two, Preference::Compact).unwrap(), ["n.Q6_K.gguf"]);
        assert_eq!(chosen(&two, Preference::Small).unwrap(), ["n-q4_0.gguf"]);
        assert_eq!(chosen(&["any.gguf"], Preference::Exact).unwrap(), ["any.gguf"]);
    }

    #[test]
    fn all_parts_of_weights_are_needed_and_taken_in_order() {
        let beside = ["config.json", "tokenizer.json"];
        let parts =
            ["model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors"];
        let all = [&beside[..], &parts[..]].concat();
        let taken = chosen(&all, Preference::Compact).unwrap();
        assert_eq!(taken, [parts[1], parts[0]]);
        let error = chosen(&all[..3], Preference::Compact).unwrap_err();
        assert!(error.contains("parts of its weights are missing"), "{error}");
    }

    #[test]
    fn what_a_model_lacks_is_named() {
        for (files, reason) in [
            (&["model.safetensors", "config.json"][..], "no tokenizer.json"),
            (&["pytorch_model.bin"], "Python's own format"),
            (&["README.md"], "neither safetensors nor GGUF"),
        ] {
            let error = chosen(files, Preference::Compact).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_named_is_taken() {
        let listing = listing(&["a-q4_0.gguf", "a-q8_0.gguf", "x.json"]);
        let choice = choose(&listing, Some("a-q4_0.gguf"), Preference::Exact).unwrap();
        assert_eq!(choice.weights[0].path, "a-q4_0.gguf");
        assert!(choose(&listing, Some("b.gguf"), Preference::Exact).is_err());
        assert!(choose(&listing, Some("x.json"), Preference::Exact).is_err());
    }
}
