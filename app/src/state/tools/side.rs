//! A comparison of two engines: of precisions, of models, or of the browser and a server.

use protocol::{Candidate, Distribution, Precision, SamplerSettings};
use sharing::Apart;

use crate::state::text_distribution::TextKey;

/// What the running text is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Other {
    /// Another text or sampler of the same model.
    #[default]
    Text,
    /// The same model in this precision, in the browser.
    Precision(Precision),
    /// Another model, in the browser.
    Model,
    /// The native server, or the browser if the page's model runs on a server.
    Place,
}

impl Other {
    /// Its name in the page's elements.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Other::Text => "text",
            Other::Model => "model",
            Other::Place => "place",
            Other::Precision(Precision::Q4) => "q4",
            Other::Precision(Precision::F32) => "f32",
            Other::Precision(_) => "q8",
        }
    }

    /// The choice with a name in the page's elements.
    pub(crate) fn named(name: &str) -> Option<Other> {
        Some(match name {
            "text" => Other::Text,
            "model" => Other::Model,
            "place" => Other::Place,
            precision => Other::Precision(Precision::named(precision)?),
        })
    }
}

/// What is compared: a text after which both engines are asked, with the sampler of each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SideTerms {
    pub(crate) text: TextKey,
    pub(crate) settings: SamplerSettings,
    pub(crate) other_settings: SamplerSettings,
    pub(crate) rows: u32,
    /// The connection of the second engine.
    pub(crate) generation: u32,
}

/// The answers to a question, as far as they have come. The first is of the page's own engine.
#[derive(Clone, Debug)]
pub(crate) struct SideParts {
    pub(crate) terms: SideTerms,
    /// Whether both have the same tokens; none before that is known.
    pub(crate) same_tokens: Option<bool>,
    pub(crate) seen: [Option<Distribution>; 2],
    /// ln p of every token, which only engines with the same tokens are asked for.
    pub(crate) log_p: [Option<Vec<f32>>; 2],
}

/// Two engines, held against each other.
#[derive(Clone, Debug)]
pub(crate) struct SideResult {
    pub(crate) terms: SideTerms,
    /// What each of them said.
    pub(crate) seen: [Distribution; 2],
    /// By falling difference of p.
    pub(crate) rows: Vec<SideRow>,
    /// How far both are apart; none if their tokens differ.
    pub(crate) apart: Option<Apart>,
}

impl SideResult {
    /// What two engines said: both about the same tokens if it is known how far they are apart.
    pub(crate) fn new(
        terms: SideTerms,
        seen: [Distribution; 2],
        apart: Option<Apart>,
    ) -> SideResult {
        let [first, second] = &seen;
        let rows = match apart {
            Some(_) => by_id([first, second]),
            None => by_text([first, second]),
        };
        SideResult { terms, seen, rows, apart }
    }

    /// The entropies of both, in bits.
    pub(crate) fn entropy_bits(&self) -> [f64; 2] {
        let said = || self.seen.each_ref().map(|seen| f64::from(seen.entropy_bits));
        self.apart.map_or_else(said, |apart| apart.entropy_bits)
    }

    /// How many tokens precede the next one in each.
    pub(crate) fn positions(&self) -> [u32; 2] {
        self.seen.each_ref().map(|seen| seen.position)
    }
}

/// A token of both, or of one of them if the other does not list it.
#[derive(Clone, Debug)]
pub(crate) struct SideRow {
    pub(crate) first: Option<Candidate>,
    pub(crate) second: Option<Candidate>,
}

impl SideRow {
    /// The token, as one of both has it.
    pub(crate) fn token(&self) -> &str {
        let either = self.first.as_ref().or(self.second.as_ref());
        either.map_or("", |candidate| &candidate.token.text)
    }

    fn difference(&self) -> f32 {
        let p =
            |side: &Option<Candidate>| side.as_ref().map_or(0.0, |one| one.probability);
        (p(&self.first) - p(&self.second)).abs()
    }
}

/// The tokens of both by their ids. Each was asked about the other's rows, so that none lacks.
fn by_id(seen: [&Distribution; 2]) -> Vec<SideRow> {
    let of = |side: &Distribution| -> Vec<Candidate> {
        side.candidates.iter().chain(&side.watched).cloned().collect()
    };
    let [first, second] = seen.map(of);
    let mut ids: Vec<_> = seen
        .iter()
        .flat_map(|side| side.candidates.iter().map(|candidate| candidate.token.id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let find = |side: &[Candidate], id| side.iter().find(|c| c.token.id == id).cloned();
    sorted(
        ids.into_iter()
            .map(|id| SideRow { first: find(&first, id), second: find(&second, id) })
            .collect(),
    )
}

/// The most probable tokens of both by what they add to the text. What one of them does not
/// list among its most probable tokens is not known of it.
fn by_text(seen: [&Distribution; 2]) -> Vec<SideRow> {
    let [first, second] = seen;
    let same = |a: &Candidate, b: &Candidate| {
        a.token.bytes == b.token.bytes && a.token.special == b.token.special
    };
    let find = |side: &Distribution, token: &Candidate| {
        side.candidates.iter().find(|other| same(other, token)).cloned()
    };
    let of_first = first.candidates.iter().map(|candidate| SideRow {
        first: Some(candidate.clone()),
        second: find(second, candidate),
    });
    let rest =
        second.candidates.iter().filter(|candidate| find(first, candidate).is_none());
    let of_second =
        rest.map(|candidate| SideRow { first: None, second: Some(candidate.clone()) });
    sorted(of_first.chain(of_second).collect())
}

fn sorted(mut rows: Vec<SideRow>) -> Vec<SideRow> {
    let p = |row: &SideRow| row.first.as_ref().map_or(0.0, |first| first.probability);
    rows.sort_by(|a, b| {
        b.difference().total_cmp(&a.difference()).then_with(|| p(b).total_cmp(&p(a)))
    });
    rows
}
