//! llama.cpp's server: `POST /completion`. It lists as many tokens as one wants, each with its
//! id.

use protocol::TokenId;
use serde::Deserialize;
use serde_json::json;

use super::numbers::{number, top};
use super::told::{Listing, Told};
use crate::AnswerError;
use crate::answer::count;
use crate::http::Call;

#[derive(Deserialize)]
struct Completion {
    #[serde(alias = "probs")]
    completion_probabilities: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    id: TokenId,
    top_logprobs: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: TokenId,
    logprob: Option<f64>,
}

#[derive(Deserialize)]
struct Text {
    content: String,
}

/// What the server is made to draw. It tells nothing where what it drew is a part of a character,
/// and what it lists is from before its samplers, so that a bias changes no number.
const HARMLESS: &str = "a";

pub(super) fn next(ids: &[TokenId], listing: Listing) -> Call {
    let body = json!({
        "prompt": ids, "n_predict": 1, "n_probs": listing.count(),
        "post_sampling_probs": false, "temperature": 1, "top_k": 0, "top_p": 1, "min_p": 0,
        "typical_p": 1, "repeat_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0,
        "dry_multiplier": 0, "xtc_probability": 0, "mirostat": 0, "dynatemp_range": 0,
        "ignore_eos": false, "logit_bias": [[HARMLESS, 1000]], "cache_prompt": true, "return_tokens": true, "stream": false,
    });
    Call::post("/completion", body)
}

pub(super) fn read_next(answer: &[u8], listing: Listing) -> Result<Told, AnswerError> {
    let read: Completion =
        serde_json::from_slice(answer).map_err(|error| AnswerError::damaged(&error))?;
    count("new tokens", 1, read.completion_probabilities.len())?;
    let place = &read.completion_probabilities[0];
    let numbers = place.top_logprobs.iter().map(|entry| number(entry.id, entry.logprob));
    let numbers: Vec<(TokenId, f32)> = numbers.collect::<Result<_, _>>()?;
    count("tokens", listing.count(), numbers.len())?;
    let is_whole = matches!(listing, Listing::All(_));
    if is_whole && !numbers.iter().any(|(id, _)| *id == place.id) {
        return Err(AnswerError::NoSampled(place.id));
    }
    top(numbers, listing.count())
}

pub(super) fn tokenize(text: &str) -> Call {
    Call::post(
        "/tokenize",
        json!({ "content": text, "add_special": true, "parse_special": true }),
    )
}

pub(super) fn detokenize(ids: &[TokenId]) -> Call {
    Call::post("/detokenize", json!({ "tokens": ids }))
}

pub(super) fn read_text(answer: &[u8]) -> Result<String, AnswerError> {
    let read: Text =
        serde_json::from_slice(answer).map_err(|error| AnswerError::damaged(&error))?;
    Ok(read.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_list_are_read_and_its_length_must_be_right() {
        for name in ["completion_probabilities", "probs"] {
            let answer = format!(
                r#"{{"content": "x", "{name}": [{{"id": 4, "token": "x", "bytes": [120],
                    "logprob": -1.0, "top_logprobs": [
                    {{"id": 3, "token": "y", "bytes": [121], "logprob": -0.5}},
                    {{"id": 4, "token": "x", "bytes": [120], "logprob": -1.0}}]}}]}}"#
            );
            let told = read_next(answer.as_bytes(), Listing::Top(2)).unwrap();
            assert_eq!(told.listed, [(3, -0.5), (4, -1.0)]);
            for wanted in [1, 3] {
                assert!(read_next(answer.as_bytes(), Listing::Top(wanted)).is_err());
            }
        }
    }
}
