//! What the names of GGUF files say: the kind of the weights, parts, and files that are no
//! models of their own.

use crate::Preference;
use crate::reference::is_gguf;

/// Kinds of 8 to 4 bits in the order in which they are taken, the best first. Names that
/// end in XL, L, M and S differ in which tensors have more bits.
const EIGHT: [&str; 4] = ["q8_0", "q8_k_xl", "q8_k", "q8"];
const SIX: [&str; 4] = ["q6_k", "q6_k_l", "q6_k_xl", "q6"];
const FIVE: [&str; 8] =
    ["q5_k_m", "q5_k_l", "q5_k_xl", "q5_k_s", "q5_k", "q5_1", "q5_0", "q5"];
const FOUR: [&str; 8] =
    ["q4_k_m", "q4_k_l", "q4_k_xl", "q4_k_s", "q4_k", "q4_1", "q4_0", "q4"];
const FLOAT: [&str; 5] = ["f16", "fp16", "bf16", "f32", "fp32"];
/// What loses much: only if there is nothing else.
const FEW: [&str; 11] = [
    "q3_k_xl", "q3_k_l", "q3_k_m", "q3_k_s", "q3_k", "q3", "q2_k_xl", "q2_k_l", "q2_k",
    "q2_k_s", "q2",
];
/// Kinds that the engine does not read.
const UNREADABLE: [&str; 21] = [
    "iq1_s",
    "iq1_m",
    "iq2_xxs",
    "iq2_xs",
    "iq2_s",
    "iq2_m",
    "iq3_xxs",
    "iq3_xs",
    "iq3_s",
    "iq3_m",
    "iq4_xs",
    "iq4_nl",
    "tq1_0",
    "tq2_0",
    "mxfp4",
    "mxfp4_moe",
    "nvfp4",
    "q4_0_4_4",
    "q4_0_4_8",
    "q4_0_8_8",
    "q1_0",
];

/// A GGUF file by its name.
#[derive(Clone, Debug)]
pub(crate) struct GgufName {
    /// Its place in the list that it comes from.
    pub(crate) index: usize,
    /// Its name as it is.
    pub(crate) path: String,
    /// The kind of its weights, if its name says one that is known.
    pub(crate) kind: Option<&'static str>,
    /// The file as a part of several: which, and of how many.
    pub(crate) part: Option<(u32, u32)>,
    pub(crate) role: Role,
    /// The name without what tells files of one model apart.
    stem: String,
    /// All of it, in lower case and with one sign for all that separates.
    plain: String,
    /// Folders that it is in.
    depth: usize,
}

/// What a GGUF file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Model,
    /// A small model that guesses for another; a model, too.
    Draft,
    Projector,
    ImportanceMatrix,
    Adapter,
    ControlVector,
    Vocabulary,
}

impl Role {
    /// What it is, for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Role::Model => "a model",
            Role::Draft => "a draft model",
            Role::Projector => "the part of a model that reads images",
            Role::ImportanceMatrix => "a matrix for making quantised files",
            Role::Adapter => "an adapter for another model",
            Role::ControlVector => "a control vector",
            Role::Vocabulary => "a vocabulary without weights",
        }
    }
}

/// The kinds in the order of a preference.
fn order(preference: Preference) -> Vec<&'static str> {
    let groups: [&[&str]; 6] = match preference {
        Preference::Compact | Preference::Exact => {
            [&EIGHT, &SIX, &FIVE, &FOUR, &FLOAT, &FEW]
        }
        Preference::Small => [&FOUR, &FIVE, &SIX, &EIGHT, &FLOAT, &FEW],
    };
    let mut kinds = groups.concat();
    if preference == Preference::Small {
        // Those of the engine's own format need no second rounding.
        kinds.retain(|kind| *kind != "q4_0");
        kinds.insert(0, "q4_0");
    }
    kinds
}

/// In lower case, with one sign for all that separates words.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', '.', ' ', '/'], "_")
}

/// Where a kind stands in a name, between separators: the end of it, at the last place.
fn end_of(name: &str, kind: &str) -> Option<usize> {
    let is_edge = |place: Option<&u8>| place.is_none_or(|byte| *byte == b'_');
    let bytes = name.as_bytes();
    let ends = name.match_indices(kind).filter_map(|(start, found)| {
        let end = start + found.len();
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        (is_edge(before) && is_edge(bytes.get(end))).then_some(end)
    });
    ends.last()
}

impl GgufName {
    /// Reads a name; none if it is not that of a GGUF file.
    fn read(index: usize, path: &str) -> Option<GgufName> {
        if !is_gguf(path) {
            return None;
        }
        let whole = &path[..path.len() - ".gguf".len()];
        let (bare, part) = match part_of(whole) {
            Some((stem, place, count)) => (stem, Some((place, count))),
            None => (whole, None),
        };
        let (folder, file) = bare.rsplit_once('/').unwrap_or(("", bare));
        let name = plain(file);
        let known = [&EIGHT[..], &SIX, &FIVE, &FOUR, &FLOAT, &FEW, &UNREADABLE].concat();
        let found =
            known.into_iter().filter_map(|kind| Some((end_of(&name, kind)?, kind)));
        // Of q4_k and q4_k_m at one place it is the longer.
        let found = found.max_by_key(|(end, kind)| (*end, kind.len()));
        let (rest, kind) = match found {
            Some((end, kind)) => {
                (format!("{}{}", &name[..end - kind.len()], &name[end..]), Some(kind))
            }
            None => (name.clone(), None),
        };
        let says_nothing = ["", "ud", "i1", "imat", "imatrix"];
        let words = rest.split('_').filter(|word| !says_nothing.contains(word));
        Some(GgufName {
            index,
            path: path.into(),
            kind,
            part,
            role: role(&plain(folder), &name, kind),
            stem: words.collect::<Vec<_>>().join("_"),
            plain: plain(bare),
            depth: path.matches('/').count(),
        })
    }

    /// Whether the engine reads the kind that the name says.
    fn is_readable(&self) -> bool {
        self.kind.is_some_and(|kind| !UNREADABLE.contains(&kind))
    }

    /// Whether the file is of a kind that was asked for by name, `Q4_K_M` or
    /// `UD-Q4_K_XL`.
    fn is_of(&self, kind: &str) -> bool {
        end_of(&self.plain, kind).is_some()
    }
}

/// `stem-00001-of-00003`: digits on both sides, since "of" is a word of names, too.
pub(crate) fn part_of(name: &str) -> Option<(&str, u32, u32)> {
    let (rest, count) = name.rsplit_once("-of-")?;
    let (stem, place) = rest.rsplit_once('-')?;
    let number = |text: &str| {
        let digits =
            (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    Some((stem, number(place)?, number(count)?))
}

fn role(folder: &str, name: &str, kind: Option<&str>) -> Role {
    let has =
        |word: &str| name.split('_').chain(folder.split('_')).any(|known| known == word);
    match () {
        () if has("mmproj") => Role::Projector,
        // Files that were made with such a matrix name it beside their kind.
        () if has("imatrix") && kind.is_none() => Role::ImportanceMatrix,
        () if has("lora") || has("loras") || has("adapter") || has("adapters") => {
            Role::Adapter
        }
        () if has("cvector") || (has("control") && has("vector")) => Role::ControlVector,
        () if has("vocab") => Role::Vocabulary,
        () if has("draft") || has("drafter") || has("eagle") || has("eagle3") => {
            Role::Draft
        }
        () => Role::Model,
    }
}

/// Chooses among files the one to take: by its kind, if one was asked for, else by what is
/// preferred. None if none of them is a GGUF file.
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
        let kinds = kinds.join(", ").to_uppercase();
        return format!(
            "its GGUF files are of kinds that are not supported ({kinds}); look for one of \
             a kind such as Q8_0 or Q4_K_M"
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

fn ambiguous(files: &[&GgufName]) -> String {
    format!(
        "the names of its GGUF files do not say which one is meant; name it after the \
         model's name and a slash: {}",
        names(files.iter().copied())
    )
}

/// Some names, to choose from.
fn names<'a>(files: impl Iterator<Item = &'a GgufName>) -> String {
    list(files.map(|file| file.path.as_str()))
}

/// The first of some names, and how many more there are.
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let all: Vec<&str> = names.collect();
    let shown = all[..all.len().min(SHOWN)].join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
#[path = "gguf_name_tests.rs"]
mod tests;
