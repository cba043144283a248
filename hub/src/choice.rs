//! Which of a model's files to take, by their names alone; so it is the same for a hub
//! and for a folder of a disk.

use std::collections::{BTreeMap, HashSet};

use crate::gguf_choice::{choose_gguf, part_alone, small_gguf};
use crate::gguf_name::part_of;
use crate::no_weights::{only_safetensors, why_none};
use crate::paths::is_gguf;
use crate::{Preference, Selected, Selection, ShardIndex, Unusable, Wanted};

/// The files that hold a model's tokenizer, of which the first that is there is taken.
/// RWKV's models have a list of tokens.
pub const TOKENIZER_FILES: [&str; 2] = ["tokenizer.json", "rwkv_vocab_v20230424.txt"];

/// What goes with safetensors beside the tokenizer; the first is needed.
const CONFIG: &str = "config.json";
const BESIDE: [&str; 4] =
    [CONFIG, "tokenizer_config.json", "generation_config.json", "chat_template.jinja"];
const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// The names that can be of use without a list of all, for hubs that give none.
pub(crate) fn usual_names() -> impl Iterator<Item = &'static str> {
    let first =
        [CONFIG, TOKENIZER_FILES[0]].into_iter().chain(BESIDE[1..].iter().copied());
    first.chain([SINGLE, INDEX, TOKENIZER_FILES[1]])
}

/// Chooses among a model's files: what was named, or what suits. `index` is given once it
/// was asked for.
///
/// # Errors
/// If there are none that can be used, with what is missing.
pub fn choose(
    paths: &[&str],
    wanted: &Wanted,
    preference: Preference,
    index: Option<&ShardIndex>,
) -> Result<Selected, Unusable> {
    let (folder, kind) = match wanted {
        Wanted::File(path) => return Folder::of(paths, path).named(path, index),
        Wanted::Folder(folder) => (folder.as_str(), None),
        Wanted::Quantization(kind) => ("", Some(kind.as_str())),
        Wanted::Any => ("", None),
    };
    let within = Folder::at(paths, folder);
    if within.paths.is_empty() && !folder.is_empty() {
        return Err(Unusable::Missing(folder.into()));
    }
    let gguf = || within.gguf(kind, preference);
    let safetensors = || within.safetensors(index);
    let (first, second) = match preference {
        _ if kind.is_some() => (gguf(), Ok(None)),
        Preference::Compact => (gguf(), safetensors()),
        // A file of eight bits stays as it is, and safetensors can become four.
        Preference::Small => match gguf() {
            Ok(Some(found)) if !is_small(&found) => (safetensors(), Ok(Some(found))),
            gguf => (gguf, safetensors()),
        },
        Preference::Exact => (safetensors(), gguf()),
    };
    match (first, second) {
        (Ok(Some(found)), _) | (_, Ok(Some(found))) => Ok(found),
        (Err(reason), _) | (_, Err(reason)) => Err(Unusable::Because(reason)),
        (Ok(None), Ok(None)) => {
            Err(Unusable::Because(why_none(&within.paths, &within.prefix, kind)))
        }
    }
}

/// Whether these are weights of five bits or four.
fn is_small(found: &Selected) -> bool {
    let Selected::Files(selection) = found else { return false };
    selection.weights.iter().all(|path| small_gguf(path))
}

/// The files in and below a folder of a model.
struct Folder<'a> {
    /// With a slash at its end, unless it is the model's own.
    prefix: String,
    /// Their paths in it.
    paths: Vec<&'a str>,
    known: HashSet<&'a str>,
}

impl<'a> Folder<'a> {
    fn at(paths: &[&'a str], folder: &str) -> Folder<'a> {
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let within = |path: &&'a str| path.strip_prefix(prefix.as_str());
        let paths: Vec<&str> = paths.iter().filter_map(within).collect();
        Folder { known: paths.iter().copied().collect(), paths, prefix }
    }

    /// The folder that a file is in.
    fn of(paths: &[&'a str], file: &str) -> Folder<'a> {
        Folder::at(paths, file.rsplit_once('/').map_or("", |(folder, _)| folder))
    }

    fn has(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The file that was named, in this folder.
    fn named(
        &self,
        path: &str,
        index: Option<&ShardIndex>,
    ) -> Result<Selected, Unusable> {
        let name = path.strip_prefix(self.prefix.as_str()).unwrap_or(path);
        if !self.has(name) {
            return Err(Unusable::Missing(path.into()));
        }
        let found = match name.strip_suffix(".safetensors") {
            _ if is_gguf(name) => match part_alone(path) {
                None => Ok(self.with_gguf(name)),
                Some(reason) => Err(reason),
            },
            // An index or a part of weights stands for all of them.
            stem if name == INDEX || stem.is_some_and(|s| part_of(s).is_some()) => {
                let found = self.in_parts(index);
                found.and_then(|found| {
                    found.ok_or_else(|| format!("{path} is a part without the others"))
                })
            }
            Some(_) => self.with_safetensors(vec![name.to_owned()]),
            None => Err(format!(
                "{path} is not a file of weights; name a .gguf or .safetensors file"
            )),
        };
        found.map_err(Unusable::Because)
    }

    fn gguf(
        &self,
        kind: Option<&str>,
        preference: Preference,
    ) -> Result<Option<Selected>, String> {
        let found = choose_gguf(&self.paths, kind, preference)?;
        Ok(found.map(|index| self.with_gguf(self.paths[index])))
    }

    /// A GGUF file holds all but the list of the tokens that end a text.
    fn with_gguf(&self, name: &str) -> Selected {
        let others = ["generation_config.json"].into_iter().filter(|name| self.has(name));
        Selected::Files(Selection {
            weights: vec![self.path(name)],
            others: others.map(|name| self.path(name)).collect(),
        })
    }

    /// The safetensors files with all that goes with them; none if there are no such
    /// files.
    fn safetensors(
        &self,
        index: Option<&ShardIndex>,
    ) -> Result<Option<Selected>, String> {
        if self.has(SINGLE) {
            return self.with_safetensors(vec![SINGLE.into()]).map(Some);
        }
        let in_parts = self.in_parts(index)?;
        // A single file is meant, whatever its name.
        let only = only_safetensors(&self.paths).filter(|_| self.has(CONFIG));
        match (in_parts, only) {
            (None, Some(name)) => self.with_safetensors(vec![name.into()]).map(Some),
            (in_parts, _) => Ok(in_parts),
        }
    }

    fn with_safetensors(&self, weights: Vec<String>) -> Result<Selected, String> {
        let tokenizer = TOKENIZER_FILES.into_iter().find(|name| self.has(name));
        let Some(tokenizer) = tokenizer.filter(|_| self.has(CONFIG)) else {
            let name = if self.has(CONFIG) { TOKENIZER_FILES[0] } else { CONFIG };
            let instead = match name != CONFIG && self.has("tokenizer.model") {
                true => " (tokenizer.model alone is not supported)",
                false => "",
            };
            return Err(format!("it has no {}{instead}", self.path(name)));
        };
        let several = weights.len() > 1;
        let beside = BESIDE[1..].iter().copied().chain(several.then_some(INDEX));
        let names = [CONFIG, tokenizer].into_iter().chain(beside);
        Ok(Selected::Files(Selection {
            weights: weights.iter().map(|name| self.path(name)).collect(),
            others: names
                .filter(|name| self.has(name))
                .map(|name| self.path(name))
                .collect(),
        }))
    }

    /// Weights in several files: those that the index names or, without one,
    /// `model-00001-of-00003.safetensors` and so on.
    fn in_parts(&self, index: Option<&ShardIndex>) -> Result<Option<Selected>, String> {
        if self.has(INDEX) {
            let Some(index) = index else {
                return Ok(Some(Selected::NeedsIndex(self.path(INDEX))));
            };
            let files = index.files();
            if let Some(name) = files.iter().find(|name| !self.has(name)) {
                return Err(format!(
                    "{} is missing, a part of its weights that its index names",
                    self.path(name)
                ));
            }
            let files: Vec<String> = files.into_iter().map(str::to_owned).collect();
            return match files.is_empty() {
                true => Err("the index of its weights names no files".into()),
                false => self.with_safetensors(files).map(Some),
            };
        }
        let part = |name: &&'a str| -> Option<(u32, u32)> {
            let (stem, place, count) = part_of(name.strip_suffix(".safetensors")?)?;
            (stem == "model").then_some((place, count))
        };
        let found: BTreeMap<u32, &str> =
            self.paths.iter().filter_map(|name| Some((part(name)?.0, *name))).collect();
        let Some(count) =
            self.paths.iter().filter_map(part).map(|(_, count)| count).max()
        else {
            return Ok(None);
        };
        match (1..=count).find(|place| !found.contains_key(place)) {
            Some(place) => Err(format!(
                "model-{place:05}-of-{count:05}.safetensors is missing, a part of its weights"
            )),
            None => {
                let files = found.range(1..=count).map(|(_, name)| (*name).to_owned());
                self.with_safetensors(files.collect()).map(Some)
            }
        }
    }
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
