//! What the stand-in is, and how it misbehaves.

use std::time::Duration;

/// What the stand-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// llama.cpp's server.
    LlamaCpp,
    /// A server with OpenAI's API, which tells the texts of tokens.
    OpenAi,
}

/// How a stand-in behaves; by default, without faults.
///
/// ```
/// use stand_in_upstream::{Behaviour, Dialect};
///
/// let capped = Behaviour { most_listed: Some(20), ..Behaviour::of(Dialect::Vllm) };
/// assert_eq!(capped.fault_rate, 0.0);
/// ```
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// What it is.
    pub dialect: Dialect,
    /// The seed of the tokens that it draws, and of its faults.
    pub seed: u64,
    /// The probability that a question meets a fault.
    pub fault_rate: f64,
    /// The tokens that it lists, at most; none for all.
    pub most_listed: Option<usize>,
    /// It tells of tokens that are named.
    pub names: bool,
    /// It scores texts.
    pub scores: bool,
    /// It reads texts with other tokens.
    pub other_tokenizer: bool,
    /// It redirects every question to this address.
    pub redirects_to: Option<String>,
    /// The key that it wants.
    pub key: Option<String>,
    /// The name of its model.
    pub model: String,
    /// How long it stalls when it does.
    pub stall: Duration,
}

/// What goes wrong with one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A status.
    Status(u16),
    /// The body ends before its end.
    Cut,
    /// The connection breaks in the middle of the body.
    Broken,
    /// Nothing comes for a while.
    Stall,
    /// A number is NaN.
    Nan,
    /// A number is missing.
    Null,
    /// One of the most probable tokens is missing.
    Fewer,
    /// The token that was drawn is missing.
    NoSampled,
    /// The answer is for two texts.
    Twice,
    /// The probabilities are too high.
    AboveOne,
    /// A page for people.
    Html,
}

const FAULTS: [Fault; 14] = [
    Fault::Status(429),
    Fault::Status(500),
    Fault::Status(503),
    Fault::Status(400),
    Fault::Cut,
    Fault::Broken,
    Fault::Stall,
    Fault::Nan,
    Fault::Null,
    Fault::Fewer,
    Fault::NoSampled,
    Fault::Twice,
    Fault::AboveOne,
    Fault::Html,
];

impl Behaviour {
    /// One without faults that lists the whole vocabulary.
    pub fn of(dialect: Dialect) -> Behaviour {
        Behaviour {
            dialect,
            seed: 0,
            fault_rate: 0.0,
            most_listed: (dialect == Dialect::OpenAi).then_some(5),
            names: dialect != Dialect::OpenAi,
            scores: dialect != Dialect::OpenAi,
            other_tokenizer: false,
            redirects_to: None,
            key: None,
            model: "tiny".into(),
            stall: Duration::from_millis(400),
        }
    }

    /// One by a seed: any dialect and cap, and any rate of faults.
    pub fn schedule(seed: u64) -> Behaviour {
        let mut random = fastrand::Rng::with_seed(seed);
        let dialects =
            [Dialect::Vllm, Dialect::Sglang, Dialect::LlamaCpp, Dialect::OpenAi];
        let behaviour = Behaviour::of(dialects[random.usize(..4)]);
        let caps = [behaviour.most_listed, Some(5), Some(20), Some(64)];
        Behaviour {
            seed,
            fault_rate: [0.05, 0.2, 0.5, 0.9][random.usize(..4)],
            most_listed: caps[random.usize(..4)],
            names: behaviour.names && random.f64() < 0.7,
            scores: behaviour.scores && random.f64() < 0.7,
            other_tokenizer: random.f64() < 0.05,
            ..behaviour
        }
    }

    /// The fault of a question, if it has one.
    pub(crate) fn fault(&self, random: &mut fastrand::Rng) -> Option<Fault> {
        let is_fault = random.f64() < self.fault_rate;
        is_fault.then(|| FAULTS[random.usize(..FAULTS.len())])
    }
}
