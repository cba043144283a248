//! What completions and chat completions have in common: the fields of a question.

use protocol::SamplerSettings;
use serde::Deserialize;
use serde_json::Value;

use crate::http::ask::{Knob, checked, random_seed};
use crate::http::error::ApiError;

/// Texts that end a completion, at most.
const MAX_STOPS: usize = 4;
/// Choices for one prompt, at most.
const MAX_CHOICES: usize = 8;

/// The fields that both kinds of completion have. What is null counts as not given.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Options {
    pub(super) model: Option<String>,
    pub(super) max_tokens: Option<u32>,
    temperature: Option<Knob>,
    top_p: Option<Knob>,
    /// Not OpenAI's, but common: the page's other knobs.
    top_k: Option<u32>,
    min_p: Option<Knob>,
    seed: Option<i64>,
    n: Option<u32>,
    stop: Option<Stop>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    presence_penalty: Option<f64>,
    frequency_penalty: Option<f64>,
    logit_bias: Option<serde_json::Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
enum Stop {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// How an answer is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// As one.
    Whole,
    /// As it comes, at the end with or without what it cost.
    Streamed { usage: bool },
}

impl Options {
    /// How tokens are drawn.
    ///
    /// # Errors
    /// If a knob is out of its range.
    pub(super) fn settings(&self) -> Result<SamplerSettings, ApiError> {
        let seed = match self.seed {
            // Both halves count.
            Some(seed) => (seed ^ (seed >> 32)) as u32,
            None => random_seed(),
        };
        checked(SamplerSettings {
            temperature: self.temperature.map_or(1.0, |knob| knob.0),
            // Here, 0 means as few as can be.
            top_p: self
                .top_p
                .map_or(1.0, |Knob(p)| if p == 0.0 { f32::MIN_POSITIVE } else { p }),
            top_k: self.top_k.unwrap_or(0),
            min_p: self.min_p.map_or(0.0, |knob| knob.0),
            seed,
        })
    }

    /// How many choices there are to be for each prompt.
    ///
    /// # Errors
    /// If they are too many, or none.
    pub(super) fn choices(&self) -> Result<usize, ApiError> {
        let count = self.n.unwrap_or(1) as usize;
        match (1..=MAX_CHOICES).contains(&count) {
            true => Ok(count),
            false => {
                let message = format!("n is {count}; it can be 1 to {MAX_CHOICES}.");
                Err(ApiError::bad_request(message).about("n"))
            }
        }
    }

    /// The texts that end a completion.
    ///
    /// # Errors
    /// If there are too many, or one is empty.
    pub(super) fn stops(&self) -> Result<Vec<Vec<u8>>, ApiError> {
        let stops = match &self.stop {
            None => &[][..],
            Some(Stop::One(stop)) => std::slice::from_ref(stop),
            Some(Stop::Several(stops)) => stops,
        };
        let refused = |message: String| ApiError::bad_request(message).about("stop");
        if stops.len() > MAX_STOPS {
            let message = format!("stop has {} texts, at most {MAX_STOPS}.", stops.len());
            return Err(refused(message));
        }
        if stops.iter().any(String::is_empty) {
            return Err(refused("A text in stop is empty.".into()));
        }
        Ok(stops.iter().map(|stop| stop.as_bytes().to_vec()).collect())
    }

    /// How the answer is to be sent.
    ///
    /// # Errors
    /// If options of a stream are given where none is wanted.
    pub(super) fn sending(&self) -> Result<Sending, ApiError> {
        let usage = self.stream_options.as_ref();
        let usage = usage.map(|options| options.include_usage.unwrap_or(false));
        match (self.stream.unwrap_or(false), usage) {
            (true, usage) => Ok(Sending::Streamed { usage: usage.unwrap_or(false) }),
            (false, None) => Ok(Sending::Whole),
            (false, Some(_)) => {
                let message = "stream_options can be given only where stream is true.";
                Err(ApiError::bad_request(message).about("stream_options"))
            }
        }
    }

    /// Refuses what would have to change the answer and does not.
    ///
    /// # Errors
    /// The first such field.
    pub(super) fn check_unsupported(&self) -> Result<(), ApiError> {
        let zero = |value: Option<f64>| value.is_none_or(|value| value == 0.0);
        refuse(!zero(self.presence_penalty), "presence_penalty", "can only be 0")?;
        refuse(!zero(self.frequency_penalty), "frequency_penalty", "can only be 0")?;
        let biased = self.logit_bias.as_ref().is_some_and(|bias| !bias.is_empty());
        refuse(biased, "logit_bias", "is not supported")
    }
}

/// Refuses a field, if it `is` there.
///
/// # Errors
/// If so.
pub(super) fn refuse(is: bool, field: &'static str, why: &str) -> Result<(), ApiError> {
    match is {
        true => Err(ApiError::bad_request(format!("{field} {why} here.")).about(field)),
        false => Ok(()),
    }
}
