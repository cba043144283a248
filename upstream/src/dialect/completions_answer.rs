//! How answers of `POST /v1/completions` are read: of vLLM, tokens are told by their ids, of
//! other servers with OpenAI's API by their texts.

use std::collections::HashMap;

use protocol::TokenId;
use serde::Deserialize;

use super::numbers::{Name, NamedNumbers, number, top};
use super::told::{Listing, Scored, Spellings, Told};
use crate::AnswerError;
use crate::answer::{check, count};

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
        false => {
            Err(AnswerError::Count { what: "tokens", wanted: all, found: numbers.len() })
        }
    }
}

/// Reads the texts of tokens. A text of several tokens, or of none, says nothing: the list ends
/// before it, so that what is listed are the most probable tokens.
pub(super) fn read_spelled(
    answer: &[u8],
    listing: Listing,
    spellings: &dyn Spellings,
) -> Result<Told, AnswerError> {
    let (drawn, _, list) = place(answer)?;
    let (wanted, found) = (listing.count(), list.0.len());
    if found != wanted && found != wanted + 1 {
        return Err(AnswerError::Count { what: "tokens", wanted, found });
    }
    if !list.0.iter().any(|(name, _)| *name == drawn) {
        let why = "the token that was drawn is not among those that it tells of";
        return Err(AnswerError::Damaged(why.into()));
    }
    let mut told = Vec::with_capacity(found);
    for (index, (name, log_p)) in (0..).zip(list.0) {
        let id = match name {
            Name::Id(id) => Some(id),
            Name::Text(text) => spellings.id(&text),
        };
        // Unknown ones are numbered from the end, so that all can be checked together.
        let (_, log_p) = number(id.unwrap_or(TokenId::MAX - index), log_p)?;
        told.push((id, id.unwrap_or(TokenId::MAX - index), log_p));
    }
    let numbers: Vec<(TokenId, f32)> =
        told.iter().map(|(_, id, log_p)| (*id, *log_p)).collect();
    check(&numbers)?;
    told.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.cmp(&b.1)));
    let known =
        told.iter().take(wanted).map_while(|(id, _, log_p)| Some(((*id)?, *log_p)));
    let listed: Vec<(TokenId, f32)> = known.collect();
    match listed.is_empty() {
        true => {
            let why = "the text of its most probable token is that of several";
            Err(AnswerError::Damaged(why.into()))
        }
        false => Ok(Told { listed, named: Vec::new() }),
    }
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
            let id = name
                .parse()
                .map_err(|_| AnswerError::Damaged("a place has no ids".into()))?;
            numbers.push(number(id, told.logprob)?);
        }
        let told = top(numbers, listed)?;
        scored.push(Scored { log_probability, rank, listed: told.listed });
    }
    Ok(scored)
}
