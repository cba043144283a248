//! What the names of GGUF files say: the kind of the weights, parts, and files that are no
//! models of their own.

use crate::paths::is_gguf;

/// Kinds of 8 to 4 bits in the order in which they are taken, the best first. Names that
/// end in XL, L, M and S differ in which tensors have more bits.
pub(crate) const EIGHT: [&str; 4] = ["q8_0", "q8_k_xl", "q8_k", "q8"];
pub(crate) const SIX: [&str; 4] = ["q6_k", "q6_k_l", "q6_k_xl", "q6"];
pub(crate) const FIVE: [&str; 8] =
    ["q5_k_m", "q5_k_l", "q5_k_xl", "q5_k_s", "q5_k", "q5_1", "q5_0", "q5"];
pub(crate) const FOUR: [&str; 11] = [
    "q4_k_m", "q4_k_l", "q4_k_xl", "q4_k_s", "q4_k", "iq4_nl", "iq4_xs", "q4_1", "q4_0",
    "q4", "mxfp4",
];
pub(crate) const FLOAT: [&str; 5] = ["f16", "fp16", "bf16", "f32", "fp32"];
/// What loses much: only if there is nothing else.
pub(crate) const LOSSY: [&str; 11] = [
    "q3_k_xl", "q3_k_l", "q3_k_m", "q3_k_s", "q3_k", "q3", "q2_k_xl", "q2_k_l", "q2_k",
    "q2_k_s", "q2",
];
/// Kinds that the engine does not read: those of 1 to 3 bits from code books of ggml,
/// ternary ones, what was removed from GGUF, and those of the program ik_llama.cpp.
#[rustfmt::skip]
const UNREADABLE: &[&str] = &[
    "iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq2_m", "iq3_xxs", "iq3_xs",
    "iq3_s", "iq3_m", "tq1_0", "tq2_0", "q1_0", "q2_0", "nvfp4", "mxfp4_moe",
    "q4_0_4_4", "q4_0_4_8", "q4_0_8_8",
    "iq1_kt", "iq2_k", "iq2_ks", "iq2_kl", "iq2_kt", "iq3_k", "iq3_ks", "iq3_kt",
    "iq4_k", "iq4_ks", "iq4_kss", "iq4_kt", "iq5_k", "iq5_ks", "iq6_k", "q6_0",
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
    pub(crate) stem: String,
    /// All of it, in lower case and with one sign for all that separates.
    plain: String,
    /// Folders that it is in.
    pub(crate) depth: usize,
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

/// In lower case, with one sign for all that separates words.
pub(crate) fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '.', ' ', '/'], "_")
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
    pub(crate) fn read(index: usize, path: &str) -> Option<GgufName> {
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
        let known = [&EIGHT[..], &SIX, &FIVE, &FOUR, &FLOAT, &LOSSY, UNREADABLE].concat();
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
    pub(crate) fn is_readable(&self) -> bool {
        self.kind.is_some_and(|kind| !UNREADABLE.contains(&kind))
    }

    /// Whether its weights are quantised to five bits or four.
    pub(crate) fn is_small(&self) -> bool {
        self.kind.is_some_and(|kind| FOUR.contains(&kind) || FIVE.contains(&kind))
    }

    /// Whether its weights have lost much.
    pub(crate) fn is_lossy(&self) -> bool {
        self.kind.is_some_and(|kind| LOSSY.contains(&kind))
    }

    /// Whether its weights are numbers of 16 or 32 bits.
    pub(crate) fn is_float(&self) -> bool {
        self.kind.is_some_and(|kind| FLOAT.contains(&kind))
    }

    /// Whether the file is of a kind that was asked for by name, `Q4_K_M` or
    /// `UD-Q4_K_XL`.
    pub(crate) fn is_of(&self, kind: &str) -> bool {
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
