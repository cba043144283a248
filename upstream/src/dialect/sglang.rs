//! SGLang's `POST /generate`.

use protocol::TokenId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::numbers::{Pair, number, top};
use super::told::{Listing, Scored, Told};
use crate::AnswerError;
use crate::answer::{check, count};
use crate::http::Call;

#[derive(Deserialize)]
struct Generated {
    meta_info: Meta,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    output_token_logprobs: Option<Vec<Pair>>,
    #[serde(default)]
    output_top_logprobs: Option<Vec<Option<Vec<Pair>>>>,
    #[serde(default)]
    output_token_ids_logprobs: Option<Vec<Option<Vec<Pair>>>>,
    #[serde(default)]
    input_token_logprobs: Option<Vec<Pair>>,
    #[serde(default)]
    input_top_logprobs: Option<Vec<Option<Vec<Pair>>>>,
}

/// One new token, with every sampler switched off by name: servers can take defaults from the
/// model's own configuration.
fn question() -> Value {
    json!({
        "sampling_params": {
            "max_new_tokens": 1, "temperature": 1, "top_p": 1, "top_k": -1, "min_p": 0,
            "repetition_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0,
            "ignore_eos": true, "skip_special_tokens": false,
        },
        "return_logprob": true, "return_text_in_logprobs": false, "stream": false,
    })
}

pub(super) fn next(ids: &[TokenId], listing: Listing, named: &[TokenId]) -> Call {
    let mut body = question();
    body["input_ids"] = json!(ids);
    body["logprob_start_len"] = json!(-1);
    body["top_logprobs_num"] = json!(listing.count());
    if !named.is_empty() {
        body["token_ids_logprob"] = json!(named);
    }
    Call::post("/generate", body)
}

pub(super) fn score(ids: &[TokenId], listed: usize) -> Call {
    let mut body = question();
    body["input_ids"] = json!(ids);
    body["logprob_start_len"] = json!(0);
    body["top_logprobs_num"] = json!(listed);
    Call::post("/generate", body)
}

/// The tokens of a text are those that it is told to have read.
pub(super) fn tokenize(text: &str) -> Call {
    let mut body = question();
    body["text"] = json!(text);
    body["logprob_start_len"] = json!(0);
    Call::post("/generate", body)
}

fn read(answer: &[u8]) -> Result<Meta, AnswerError> {
    let read: Generated =
        serde_json::from_slice(answer).map_err(|error| AnswerError::damaged(&error))?;
    Ok(read.meta_info)
}

fn missing() -> AnswerError {
    AnswerError::Damaged("it has no log probabilities".into())
}

fn numbers(pairs: &[Pair]) -> Result<Vec<(TokenId, f32)>, AnswerError> {
    pairs.iter().map(|pair| number(pair.id, pair.log_p)).collect()
}

pub(super) fn read_tokens(answer: &[u8]) -> Result<Vec<TokenId>, AnswerError> {
    let pairs = read(answer)?.input_token_logprobs.ok_or_else(missing)?;
    Ok(pairs.iter().map(|pair| pair.id).collect())
}

pub(super) fn read_next(
    answer: &[u8],
    listing: Listing,
    named: &[TokenId],
) -> Result<Told, AnswerError> {
    let meta = read(answer)?;
    let drawn = meta.output_token_logprobs.ok_or_else(missing)?;
    count("new tokens", 1, drawn.len())?;
    let lists = meta.output_top_logprobs.ok_or_else(missing)?;
    count("lists of tokens", 1, lists.len())?;
    let list = lists[0].as_ref().ok_or_else(missing)?;
    let listed = numbers(list)?;
    count("tokens", listing.count(), listed.len())?;
    let drawn = number(drawn[0].id, drawn[0].log_p)?;
    // The drawn token is told of beside the list. It is in the list, or not above its end.
    let in_list = listed.iter().find(|(id, _)| *id == drawn.0);
    let lowest = listed.iter().map(|(_, log_p)| *log_p).fold(f32::INFINITY, f32::min);
    if in_list.is_none() && drawn.1 > lowest {
        return Err(AnswerError::NoSampled(drawn.0));
    }
    let mut told = top(listed, listing.count())?;
    if !named.is_empty() {
        let lists = meta.output_token_ids_logprobs.ok_or_else(missing)?;
        count("lists of named tokens", 1, lists.len())?;
        let numbers = numbers(lists[0].as_ref().ok_or_else(missing)?)?;
        check(&numbers)?;
        let find = |id: &TokenId| numbers.iter().find(|(told, _)| told == id).copied();
        let found = named.iter().map(|id| find(id).ok_or(AnswerError::NoNamed(*id)));
        told.named = found.collect::<Result<_, _>>()?;
    }
    Ok(told)
}

pub(super) fn read_score(
    answer: &[u8],
    ids: &[TokenId],
    listed: usize,
) -> Result<Vec<Scored>, AnswerError> {
    let meta = read(answer)?;
    let own = meta.input_token_logprobs.ok_or_else(missing)?;
    let lists = meta.input_top_logprobs.ok_or_else(missing)?;
    count("places", ids.len(), own.len())?;
    count("lists of places", ids.len(), lists.len())?;
    let mut scored = Vec::with_capacity(ids.len());
    for ((id, own), list) in ids.iter().zip(own).zip(lists).skip(1) {
        if own.id != *id {
            return Err(AnswerError::NoNamed(*id));
        }
        let (_, log_probability) = number(*id, own.log_p)?;
        let list = numbers(&list.ok_or_else(missing)?)?;
        let told = top(list, listed)?;
        // It tells no ranks; those within the list are seen in it.
        let rank = told.listed.iter().position(|(told, _)| told == id);
        let rank = rank.map(|index| index as u32 + 1);
        scored.push(Scored { log_probability, rank, listed: told.listed });
    }
    Ok(scored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(meta: &str) -> Vec<u8> {
        format!(r#"{{"text": "x", "meta_info": {{{meta}}}}}"#).into_bytes()
    }

    #[test]
    fn lists_and_named_tokens_come_in_one_answer() {
        let good = r#""output_token_logprobs": [[-0.5, 3, null]],
            "output_top_logprobs": [[[-0.5, 3, null], [-1.5, 4, null]]],
            "output_token_ids_logprobs": [[[-7.0, 9, null], [-8.0, 2, null]]]"#;
        let told = read_next(&answer(good), Listing::Top(2), &[2, 9]).unwrap();
        assert_eq!(told.listed, [(3, -0.5), (4, -1.5)]);
        assert_eq!(told.named, [(2, -8.0), (9, -7.0)]);
        for (listed, named) in [(3, vec![]), (1, vec![]), (2, vec![5])] {
            assert!(read_next(&answer(good), Listing::Top(listed), &named).is_err());
        }
        let above = r#""output_token_logprobs": [[-0.1, 8, null]],
            "output_top_logprobs": [[[-0.5, 3, null], [-1.5, 4, null]]]"#;
        let read = read_next(&answer(above), Listing::Top(2), &[]);
        assert_eq!(read, Err(AnswerError::NoSampled(8)));
        assert!(read_next(&answer(""), Listing::Top(2), &[]).is_err());
    }

    #[test]
    fn a_text_is_scored_at_its_own_tokens() {
        let meta = r#""input_token_logprobs": [[null, 5, null], [-2.0, 6, null]],
            "input_top_logprobs": [null, [[-0.5, 1, null], [-1.5, 2, null]]]"#;
        let scored = read_score(&answer(meta), &[5, 6], 2).unwrap();
        assert_eq!(scored[0].log_probability, -2.0);
        assert_eq!(scored[0].rank, None);
        assert!(read_score(&answer(meta), &[5, 7], 2).is_err());
        assert_eq!(read_tokens(&answer(meta)).unwrap(), [5, 6]);
    }
}
