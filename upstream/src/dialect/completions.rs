//! `POST /v1/completions`, as vLLM has it: prompts and tokens are ids. Other servers with
//! OpenAI's API tell the texts of tokens.

use std::collections::HashMap;

use protocol::TokenId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::numbers::{Name, NamedNumbers, number, top};
use super::{Listing, Scored, Spellings, Told};
use crate::AnswerError;
use crate::answer::{check, count};
use crate::http::Call;

const COMPLETIONS: &str = "/v1/completions";

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    text: String,
    logprobs: Option<Logprobs>,
    #[serde(default)]
    prompt_logprobs: Option<Vec<Option<HashMap<String, Ranked>>>>,
}

#[derive(Deserialize)]
struct Logprobs {
    #[serde(default)]
    tokens: Vec<String>,
    #[serde(default)]
    token_logprobs: Vec<Option<f64>>,
    #[serde(default)]
    top_logprobs: Option<Vec<Option<NamedNumbers>>>,
}

#[derive(Deserialize)]
struct Ranked {
    logprob: Option<f64>,
    rank: Option<u32>,
}

#[derive(Deserialize)]
struct Tokens {
    tokens: Vec<TokenId>,
}

#[derive(Deserialize)]
struct Text {
    prompt: String,
}

/// A question about one new token after some ids. Everything that servers have defaults for is
/// said: those of a model's own configuration would change the numbers of some servers.
fn question(model: &str, ids: &[TokenId], extended: bool) -> Value {
    let mut body = json!({
        "model": model, "prompt": ids, "max_tokens": 1, "n": 1, "stream": false,
        "temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0,
    });
    if extended {
        for (name, value) in [
            ("top_k", json!(0)),
            ("min_p", json!(0)),
            ("repetition_penalty", json!(1)),
            ("ignore_eos", json!(true)),
            ("return_tokens_as_token_ids", json!(true)),
        ] {
            body[name] = value;
        }
    }
    body
}

pub(super) fn next(model: &str, ids: &[TokenId], listing: Listing, extended: bool) -> Call {
    let mut body = question(model, ids, extended);
    body["logprobs"] = match listing {
        Listing::Top(count) => json!(count),
        Listing::All(_) => json!(-1),
    };
    Call::post(COMPLETIONS, body)
}

pub(super) fn named(model: &str, ids: &[TokenId], named: &[TokenId]) -> Call {
    let mut body = question(model, ids, true);
    body["logprobs"] = json!(1);
    body["logprob_token_ids"] = json!(named);
    Call::post(COMPLETIONS, body)
}

pub(super) fn score(model: &str, ids: &[TokenId], listed: usize) -> Call {
    let mut body = question(model, ids, true);
    body["prompt_logprobs"] = json!(listed);
    Call::post(COMPLETIONS, body)
}

pub(super) fn echo(model: &str, ids: &[TokenId]) -> Call {
    let mut body = question(model, ids, false);
    body["echo"] = json!(true);
    Call::post(COMPLETIONS, body)
}

pub(super) fn tokenize(model: &str, text: &str) -> Call {
    let body = json!({ "model": model, "prompt": text, "add_special_tokens": true });
    Call::post("/tokenize", body)
}

pub(super) fn detokenize(model: &str, ids: &[TokenId]) -> Call {
    Call::post("/detokenize", json!({ "model": model, "tokens": ids }))
}

pub(super) fn read_tokens(answer: &[u8]) -> Result<Vec<TokenId>, AnswerError> {
    let read: Tokens =
        serde_json::from_slice(answer).map_err(|error| AnswerError::damaged(&error))?;
    Ok(read.tokens)
}

pub(super) fn read_text(answer: &[u8]) -> Result<String, AnswerError> {
    let read: Text =
        serde_json::from_slice(answer).map_err(|error| AnswerError::damaged(&error))?;
    Ok(read.prompt)
}

pub(super) fn read_echo(answer: &[u8]) -> Result<String, AnswerError> {
    Ok(choice(answer)?.text)
}

fn choice(answer: &[u8]) -> Result<Choice, AnswerError> {
    let mut read: Completion =
        serde_json::from_slice(answer).map_err(|error| AnswerError::damaged(&error))?;
    count("choices", 1, read.choices.len())?;
    read.choices.pop().ok_or(AnswerError::Count { what: "choices", wanted: 1, found: 0 })
}

/// The name of the token that was drawn, its ln p, and all that is told in its place.
fn place(answer: &[u8]) -> Result<(Name, Option<f64>, NamedNumbers), AnswerError> {
    let missing = || AnswerError::Damaged("it has no log probabilities".into());
    let logprobs = choice(answer)?.logprobs.ok_or_else(missing)?;
    count("new tokens", 1, logprobs.tokens.len())?;
    count("log probabilities of new tokens", 1, logprobs.token_logprobs.len())?;
    let mut lists = logprobs.top_logprobs.ok_or_else(missing)?;
    count("lists of tokens", 1, lists.len())?;
    let list = lists.pop().flatten().ok_or_else(missing)?;
    let id = logprobs.tokens[0].strip_prefix("token_id:").and_then(|id| id.parse().ok());
    let name = id.map_or_else(|| Name::Text(logprobs.tokens[0].clone()), Name::Id);
    Ok((name, logprobs.token_logprobs[0], list))
}

/// The same where all are told by ids.
fn place_by_ids(answer: &[u8]) -> Result<(TokenId, Vec<(TokenId, f32)>), AnswerError> {
    let (Name::Id(drawn), _, list) = place(answer)? else {
        return Err(AnswerError::Damaged("its tokens have no ids".into()));
    };
    let numbers = list.0.into_iter().map(|(name, log_p)| match name {
        Name::Id(id) => number(id, log_p),
        Name::Text(_) => Err(AnswerError::Damaged("its tokens have no ids".into())),
    });
    let numbers: Vec<(TokenId, f32)> = numbers.collect::<Result<_, _>>()?;
    match numbers.iter().any(|(id, _)| *id == drawn) {
        true => Ok((drawn, numbers)),
        false => Err(AnswerError::NoSampled(drawn)),
    }
}

pub(super) fn read_next(answer: &[u8], listing: Listing) -> Result<Told, AnswerError> {
    let (drawn, numbers) = place_by_ids(answer)?;
    let told = top(numbers, listing.count())?;
    // The only one beside the list can be the token that was drawn.
    match told.named.first() {
        Some((id, _)) if *id != drawn => {
            let (what, wanted, found) = ("tokens", listing.count(), listing.count() + 1);
            Err(AnswerError::Count { what, wanted, found })
        }
        _ => Ok(told),
    }
}

pub(super) fn count_listed(answer: &[u8], all: usize) -> Result<usize, AnswerError> {
    let (_, numbers) = place_by_ids(answer)?;
    check(&numbers)?;
    let sum: f64 = numbers.iter().map(|(_, log_p)| f64::from(*log_p).exp()).sum();
    let highest = numbers.iter().map(|(id, _)| *id as usize + 1).max().unwrap_or(0);
    // All ids are there, and nothing is left over.
    match highest == numbers.len() && sum > 0.98 {
        true => Ok(numbers.len()),
        false => Err(AnswerError::Count { what: "tokens", wanted: all, found: numbers.len() }),
    }
}

/// Reads the texts of tokens. What is the text of several tokens, or of none, is left out: it
/// counts as not listed.
pub(super) fn read_spelled(
    answer: &[u8],
    listing: Listing,
    spellings: &dyn Spellings,
) -> Result<Told, AnswerError> {
    let (_, _, list) = place(answer)?;
    if list.0.is_empty() || list.0.len() > listing.count() + 1 {
        let (what, wanted, found) = ("tokens", listing.count(), list.0.len());
        return Err(AnswerError::Count { what, wanted, found });
    }
    let mut numbers = Vec::new();
    for (name, log_p) in list.0 {
        let id = match name {
            Name::Id(id) => Some(id),
            Name::Text(text) => spellings.id(&text),
        };
        if let Some(id) = id {
            numbers.push(number(id, log_p)?);
        }
    }
    check(&numbers)?;
    let wanted = numbers.len().min(listing.count());
    top(numbers, wanted)
}

pub(super) fn read_named(
    answer: &[u8],
    named: &[TokenId],
) -> Result<Vec<(TokenId, f32)>, AnswerError> {
    let (_, numbers) = place_by_ids(answer)?;
    check(&numbers)?;
    let find = |id: &TokenId| numbers.iter().find(|(told, _)| told == id).copied();
    named.iter().map(|id| find(id).ok_or(AnswerError::NoNamed(*id))).collect()
}

pub(super) fn read_score(
    answer: &[u8],
    ids: &[TokenId],
    listed: usize,
) -> Result<Vec<Scored>, AnswerError> {
    let missing = || AnswerError::Damaged("it tells nothing of the text".into());
    let places = choice(answer)?.prompt_logprobs.ok_or_else(missing)?;
    count("places", ids.len(), places.len())?;
    let mut scored = Vec::with_capacity(ids.len());
    for (id, place) in ids.iter().zip(places).skip(1) {
        let place = place.ok_or_else(missing)?;
        let own = place.get(&id.to_string()).ok_or(AnswerError::NoNamed(*id))?;
        let (_, log_probability) = number(*id, own.logprob)?;
        let rank = match own.rank {
            Some(0) => return Err(AnswerError::NoRank(*id)),
            rank => rank,
        };
        let mut numbers = Vec::with_capacity(place.len());
        for (name, told) in &place {
            let id = name.parse().map_err(|_| AnswerError::Damaged("a place has no ids".into()))?;
            numbers.push(number(id, told.logprob)?);
        }
        let told = top(numbers, listed)?;
        scored.push(Scored { log_probability, rank, listed: told.listed });
    }
    Ok(scored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(tokens: &str, top: &str) -> Vec<u8> {
        format!(
            r#"{{"choices": [{{"text": "x", "logprobs": {{"tokens": ["{tokens}"],
                "token_logprobs": [-1.0], "top_logprobs": [{top}]}}}}]}}"#
        )
        .into_bytes()
    }

    #[test]
    fn samplers_are_switched_off_by_name_and_ids_are_asked_for() {
        let body = next("m", &[5, 6], Listing::Top(20), true).body.unwrap();
        for (name, value) in [
            ("temperature", json!(1)),
            ("top_p", json!(1)),
            ("top_k", json!(0)),
            ("min_p", json!(0)),
            ("repetition_penalty", json!(1)),
            ("presence_penalty", json!(0)),
            ("frequency_penalty", json!(0)),
            ("logprobs", json!(20)),
            ("max_tokens", json!(1)),
            ("prompt", json!([5, 6])),
            ("return_tokens_as_token_ids", json!(true)),
        ] {
            assert_eq!(body[name], value, "{name}");
        }
        let all = next("m", &[5], Listing::All(100), true).body.unwrap();
        assert_eq!(all["logprobs"], json!(-1));
        // Others would be refused by servers that do not know them.
        let plain = next("m", &[5], Listing::Top(5), false).body.unwrap();
        assert_eq!(plain.get("top_k"), None);
    }

    #[test]
    fn the_drawn_token_can_be_one_more_and_must_be_there() {
        let list = r#"{"token_id:3": -0.5, "token_id:9": -1.5, "token_id:4": -4.0}"#;
        let told = read_next(&answer("token_id:4", list), Listing::Top(2)).unwrap();
        assert_eq!(told.listed, [(3, -0.5), (9, -1.5)]);
        assert_eq!(told.named, [(4, -4.0)]);
        assert_eq!(read_next(&answer("token_id:3", list), Listing::Top(3)).unwrap().named, []);
        for (drawn, list, wanted) in [
            ("token_id:8", list, 2),
            ("token_id:3", list, 2),
            ("token_id:3", list, 1),
            ("token_id:3", list, 4),
            ("token_id:3", r#"{"token_id:3": null}"#, 1),
            ("token_id:3", r#"{"token_id:3": 0.5}"#, 1),
            ("token_id:3", r#"{"token_id:3": -0.1, "token_id:3": -0.1}"#, 2),
            ("token_id:3", r#"{"token_id:3": -0.1, "token_id:4": -0.1}"#, 2),
            ("token_id:3", r#"{"token_id:3": -0.1, "a": -5}"#, 2),
            ("token_id:3", r#"{"token_id:3": NaN}"#, 1),
            ("token_id:3", "null", 1),
            ("token_id:3", r#"{"token_id:3": -0.1}, {"token_id:3": -0.1}"#, 1),
        ] {
            let read = read_next(&answer(drawn, list), Listing::Top(wanted));
            assert!(read.is_err(), "{drawn} {list} {wanted}: {read:?}");
        }
        let whole = answer("token_id:3", list);
        for end in 0..whole.len() {
            assert!(read_next(&whole[..end], Listing::Top(3)).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn texts_of_several_tokens_are_left_out() {
        struct Letters;
        impl Spellings for Letters {
            fn id(&self, text: &str) -> Option<TokenId> {
                ["a", "b"].iter().position(|known| *known == text).map(|id| id as u32)
            }
        }
        let list = r#"{"a": -0.7, "\u00e9": -2.0, "b": -3.0}"#;
        let told = read_spelled(&answer("a", list), Listing::Top(3), &Letters).unwrap();
        assert_eq!(told.listed, [(0, -0.7), (1, -3.0)]);
    }

    #[test]
    fn every_place_of_a_text_has_its_token_with_a_rank() {
        let places = |second: &str| {
            format!(
                r#"{{"choices": [{{"text": "", "logprobs": null, "prompt_logprobs":
                    [null, {{"7": {{"logprob": -0.5, "rank": 1}},
                             "8": {{"logprob": -1.5, "rank": 2}}}}, {second}]}}]}}"#
            )
            .into_bytes()
        };
        let good = r#"{"9": {"logprob": -6, "rank": 40}, "1": {"logprob": -0.5, "rank": 1},
                       "2": {"logprob": -2.0, "rank": 2}}"#;
        let scored = read_score(&places(good), &[5, 7, 9], 2).unwrap();
        assert_eq!((scored[0].rank, scored[1].rank), (Some(1), Some(40)));
        assert_eq!(scored[1].listed, [(1, -0.5), (2, -2.0)]);
        assert!(read_score(&places(good), &[5, 7], 2).is_err());
        assert!(read_score(&places(good), &[5, 7, 6], 2).is_err());
        for bad in ["null", "{}", r#"{"9": {"logprob": -6, "rank": 0}, "1": {"logprob": -1}}"#] {
            assert!(read_score(&places(bad), &[5, 7, 9], 2).is_err(), "{bad}");
        }
    }
}
