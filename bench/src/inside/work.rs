//! What is asked of the model, and of which.

use std::path::PathBuf;

use protocol::{Command, Inspection, OcclusionUnit, Precision, SamplerSettings, TokenId};

use crate::native::precision;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file; natively also a folder with config.json, tokenizer.json and
    /// model.safetensors. By default the real model of the tests
    #[arg(long, default_value_os_t = test_support::real_model_place())]
    pub(super) model: PathBuf,
    /// Measure only here
    #[arg(long, value_enum)]
    pub(super) only: Option<Place>,
    /// Threads that compute natively; a browser has one or all
    #[arg(long, default_value_t = 2)]
    pub(super) threads: u32,
    /// Tokens in the text
    #[arg(long, default_value_t = 30)]
    pub(super) tokens: u32,
    /// Its number format in memory
    #[arg(long, default_value = "auto", value_parser = precision)]
    pub(super) precision: Precision,
    /// Measurements of each question, beside one to warm up
    #[arg(long, default_value_t = 5)]
    pub(super) rounds: u32,
}

/// Where a model runs.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Place {
    /// On this machine's processor.
    Native,
    /// In the browser, in the build with threads and relaxed SIMD.
    Browser,
    /// In the browser, in the build for pages that are not isolated.
    BrowserPlain,
}

/// Milliseconds until the first event, and until the last, one of each for a round.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) first: Vec<f64>,
    pub(super) all: Vec<f64>,
}

/// The text that is asked about.
pub(super) fn text(options: &Options) -> Vec<TokenId> {
    (0..options.tokens).map(|i| 300 + 31 * i % 5000).collect()
}

/// Has the text read, as it is when a person looks at its prediction.
pub(super) fn reading(ids: &[TokenId]) -> Command {
    let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    Command::NextToken { ids: ids.to_vec(), settings, candidates: 10, watch: vec![] }
}

/// The questions, by their names. `tokens` is the length of the text.
pub(super) fn questions(tokens: u32) -> [(&'static str, Inspection); 5] {
    let lens =
        |positions| Inspection::Lens { positions, candidates: 3, follow: vec![300, 301] };
    let unit = OcclusionUnit::Token;
    [
        ("lens, one position", lens(1)),
        ("lens, all positions", lens(tokens.min(64))),
        ("attention", Inspection::Attention { layer: None }),
        ("attribution", Inspection::Attribution { tokens: vec![300, 301] }),
        ("occlusion by token", Inspection::Occlusion { target: None, unit, from: 0 }),
    ]
}
