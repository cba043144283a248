//! Which of several GGUF files is taken, by their names.

use crate::Preference;
use crate::gguf_name::{EIGHT, FIVE, FLOAT, FOUR, GgufName, LOSSY, Role, SIX, plain};
use crate::name_list::name_list;

/// The kinds in the order of a preference. What is quantised in the file runs as it is,
/// and what has 16 or 32 bits is quantised to what was asked for.
fn order(preference: Preference) -> Vec<&'static str> {
    let groups: [&[&str]; 6] = match preference {
        Preference::Compact | Preference::Exact => {
            [&EIGHT, &SIX, &FIVE, &FOUR, &FLOAT, &LOSSY]
        }
        Preference::Small => [&FOUR, &FIVE, &FLOAT, &SIX, &EIGHT, &LOSSY],
    };
    groups.concat()
}

/// Chooses one of several files: that of `kind`, if there is one, else by `preference`. None if
/// none of them is a GGUF file.
///
/// # Errors
/// If there are such files and none can be taken, with the reason.
pub(crate) fn choose_gguf(
    paths: &[&str],
    kind: Option<&str>,
    preference: Preference,
) -> Result<Option<usize>, String> {
    let read = |(index, path): (usize, &&str)| GgufName::read(index, path);
    let mut all: Vec<GgufName> = paths.iter().enumerate().filter_map(read).collect();
    if all.is_empty() {
        return Ok(None);
    }
    if all.iter().all(|file| file.role != Role::Model) {
        // By itself, such a model is like any other.
        let drafts = all.iter_mut().filter(|file| file.role == Role::Draft);
        drafts.for_each(|file| file.role = Role::Model);
    }
    let models: Vec<&GgufName> = all.iter().filter(|f| f.role == Role::Model).collect();
    let whole: Vec<&GgufName> =
        models.iter().copied().filter(|file| file.part.is_none()).collect();
    if let Some(kind) = kind {
        return of_kind(&models, &whole, kind).map(Some);
    }
    let readable: Vec<&GgufName> =
        whole.iter().copied().filter(|file| file.is_readable()).collect();
    let kinds = order(preference);
    if let Some(file) = best(&readable, &kinds)? {
        return Ok(Some(file.index));
    }
    let silent: Vec<&GgufName> =
        whole.iter().copied().filter(|file| file.kind.is_none()).collect();
    let usual = silent.iter().find(|file| file.path == "model.gguf");
    match (usual, silent.as_slice()) {
        (Some(usual), _) => Ok(Some(usual.index)),
        (None, [only]) => Ok(Some(only.index)),
        (None, []) => Err(why_none(&all, &whole)),
        (None, several) => Err(ambiguous(several)),
    }
}

/// The best file of those whose kinds are known. Files in folders count where they belong
/// to a model whose files also lie outside of them, or where all are in folders: what else
/// is in a folder is some other model.
fn best<'a>(
    files: &[&'a GgufName],
    kinds: &[&str],
) -> Result<Option<&'a GgufName>, String> {
    let Some(least) = files.iter().map(|file| file.depth).min() else { return Ok(None) };
    let outermost = files.iter().filter(|file| file.depth == least);
    let stems: Vec<&str> = outermost.map(|file| file.stem.as_str()).collect();
    let belongs =
        |file: &GgufName| file.depth == least || stems.contains(&file.stem.as_str());
    let of_kind = |kind: &&str| -> Vec<&GgufName> {
        let of_kind = files.iter().copied().filter(|file| file.kind == Some(*kind));
        of_kind.filter(|file| belongs(file)).collect()
    };
    let found = kinds.iter().map(of_kind).find(|found| !found.is_empty());
    found.map_or(Ok(None), |found| plainest(&found).map(Some))
}

/// One of several files of a kind, if they are of one model.
fn plainest<'a>(files: &[&'a GgufName]) -> Result<&'a GgufName, String> {
    let first = files.iter().min_by_key(|file| (file.depth, file.path.len()));
    let Some(first) = first else { return Err("it has no such file".into()) };
    let rival = |file: &&&GgufName| file.depth == first.depth && file.stem != first.stem;
    match files.iter().any(|file| rival(&file)) {
        true => Err(ambiguous(files)),
        false => Ok(first),
    }
}

fn of_kind(
    models: &[&GgufName],
    whole: &[&GgufName],
    kind: &str,
) -> Result<usize, String> {
    let asked = plain(kind);
    let is_it = |file: &&GgufName| file.is_of(&asked);
    let found: Vec<&GgufName> = whole.iter().copied().filter(is_it).collect();
    if !found.is_empty() {
        return plainest(&found).map(|file| file.index);
    }
    match models.iter().copied().find(is_it) {
        Some(file) => Err(in_parts(file)),
        None => Err(format!(
            "it has no GGUF file of the kind {kind}; it has {}",
            names(models.iter().copied())
        )),
    }
}

/// Why none of the files can be taken.
fn why_none(all: &[GgufName], whole: &[&GgufName]) -> String {
    if !whole.is_empty() {
        let mut kinds: Vec<_> = whole.iter().filter_map(|file| file.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let kinds = kinds.join(", ").to_ascii_uppercase();
        return format!(
            "its GGUF files are of kinds that are not supported ({kinds}); look for one of \
             the same model in Q4_K_M, Q5_K_M or Q8_0"
        );
    }
    if let Some(part) = all.iter().find(|file| file.role == Role::Model) {
        return in_parts(part);
    }
    let what: Vec<String> = all
        .iter()
        .take(3)
        .map(|file| format!("{} is {}", file.path, file.role.words()))
        .collect();
    format!("it has no GGUF file of a model: {}", what.join(", "))
}

/// What is said of a file that is one part of several.
pub(crate) fn in_parts(file: &GgufName) -> String {
    let count = file.part.map_or(1, |(_, count)| count);
    format!(
        "its GGUF file is in {count} parts ({}), which is not supported; download them and \
         join them with llama.cpp's gguf-split --merge",
        file.path
    )
}

/// The same for a file by its path; none if it is whole.
pub(crate) fn part_alone(path: &str) -> Option<String> {
    let file = GgufName::read(0, path)?;
    file.part.map(|_| in_parts(&file))
}

/// Whether a path is that of a GGUF file whose name does not say that its weights are
/// numbers of 16 or 32 bits.
///
/// ```
/// assert!(hub::is_quantised_gguf("m-Q4_K_M.gguf"));
/// assert!(!hub::is_quantised_gguf("m-f16.gguf") && !hub::is_quantised_gguf("m.safetensors"));
/// ```
pub fn is_quantised_gguf(path: &str) -> bool {
    GgufName::read(0, path).is_some_and(|file| !file.is_float())
}

/// Whether a path is that of a GGUF file of five bits or four.
pub(crate) fn small_gguf(path: &str) -> bool {
    GgufName::read(0, path).is_some_and(|file| file.is_small())
}

/// Whether a path is that of a GGUF file that has lost much.
pub(crate) fn lossy_gguf(path: &str) -> bool {
    GgufName::read(0, path).is_some_and(|file| file.is_lossy())
}

fn ambiguous(files: &[&GgufName]) -> String {
    format!(
        "the names of its GGUF files do not say which one is meant; name it after the \
         model's name and a slash: {}",
        names(files.iter().copied())
    )
}

/// Some names, to choose from.
fn names<'a>(files: impl Iterator<Item = &'a GgufName>) -> String {
    name_list(files.map(|file| file.path.as_str()))
}

#[cfg(test)]
#[path = "gguf_choice_tests.rs"]
mod tests;
