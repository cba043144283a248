//! `POST /v1/completions`, as vLLM has it, or with texts of tokens.

use axum::response::Response;
use protocol::TokenId;
use serde_json::{Map, Value, json};

use crate::behaviour::{Dialect, Fault};
use crate::body::{number, refuse, send};
use crate::oracle::Next;
use crate::state::{State, ids};

/// What a request must say, so that no default of the server matters.
const NEUTRAL: [(&str, f64); 4] = [
    ("temperature", 1.0),
    ("top_p", 1.0),
    ("presence_penalty", 0.0),
    ("frequency_penalty", 0.0),
];
/// The same for vLLM.
const NEUTRAL_TOO: [(&str, f64); 3] =
    [("top_k", 0.0), ("min_p", 0.0), ("repetition_penalty", 1.0)];

pub(crate) async fn create(state: &State, body: &Value) -> Response {
    let is_vllm = state.behaviour.dialect == Dialect::Vllm;
    let too = NEUTRAL_TOO.iter().filter(|_| is_vllm);
    for (name, value) in NEUTRAL.iter().chain(too) {
        if body[name].as_f64() != Some(*value) {
            return refuse(400, &format!("{name} is left to the server's defaults"));
        }
    }
    let Some(ids) = ids(&body["prompt"]) else { return refuse(400, "prompt has no ids") };
    let Some(next) = state.oracle.next(&ids) else {
        return refuse(400, "the prompt is too long");
    };
    let (fault, drawn) =
        state.chance(|random, behaviour| (behaviour.fault(random), next.draw(random)));
    let cap = state.behaviour.most_listed;
    let all = next.log_p.len();
    let asked = |value: &Value| match value.as_i64() {
        Some(-1) if cap.is_none() => Some(all),
        Some(count) if count >= 0 && count as usize <= cap.unwrap_or(all) => {
            Some((count as usize).min(all))
        }
        _ => None,
    };
    let mut choice = json!({ "index": 0, "text": "", "finish_reason": "length" });
    if body["echo"] == true {
        let other = u32::from(state.behaviour.other_tokenizer);
        let read: Vec<TokenId> = ids.iter().map(|id| id ^ other).collect();
        let text = state.oracle.bytes(&read).unwrap_or_default();
        choice["text"] = json!(String::from_utf8_lossy(&text));
    }
    if !body["logprobs"].is_null() {
        let Some(count) = asked(&body["logprobs"]) else {
            return refuse(400, "Requested sample logprobs is greater than max allowed");
        };
        let named = crate::state::ids(&body["logprob_token_ids"])
            .filter(|_| state.behaviour.names);
        let mut told = named.unwrap_or_else(|| next.top(count));
        if !told.contains(&drawn) && fault != Some(Fault::NoSampled) {
            told.push(drawn);
        }
        match fault {
            Some(Fault::NoSampled) => told.retain(|id| *id != drawn),
            Some(Fault::Fewer) => drop(told.drain(..told.len().min(2))),
            _ => {}
        }
        choice["logprobs"] = place(state, &next, &told, drawn, fault);
    }
    if !body["prompt_logprobs"].is_null() {
        let count = asked(&body["prompt_logprobs"]).filter(|_| state.behaviour.scores);
        let Some(count) = count else {
            return refuse(400, "prompt_logprobs is not supported");
        };
        let Some(places) = places(state, &ids, count, fault) else {
            return refuse(400, "the prompt is too long");
        };
        choice["prompt_logprobs"] = places;
    }
    let mut choices = vec![choice.clone()];
    if fault == Some(Fault::Twice) {
        choices.push(choice);
    }
    let answer =
        json!({ "id": "cmpl-1", "object": "text_completion", "choices": choices });
    send(&answer, fault, state.behaviour.stall).await
}

/// What is told in the place of the new token.
fn place(
    state: &State,
    next: &Next,
    told: &[TokenId],
    drawn: TokenId,
    fault: Option<Fault>,
) -> Value {
    let name = |id: TokenId| match state.behaviour.dialect {
        Dialect::OpenAi => {
            let bytes = state.oracle.bytes(&[id]).unwrap_or_default();
            match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => {
                    let bytes = error.into_bytes();
                    let hex = bytes.iter().map(|byte| format!("\\x{byte:02x}"));
                    format!("bytes:{}", hex.collect::<String>())
                }
            }
        }
        _ => format!("token_id:{id}"),
    };
    let list: Map<String, Value> =
        told.iter().map(|id| (name(*id), number(next.value(*id), fault))).collect();
    json!({
        "tokens": [name(drawn)],
        "token_logprobs": [number(next.value(drawn), fault)],
        "top_logprobs": [list],
        "text_offset": [0],
    })
}

/// What is told of a text.
fn places(
    state: &State,
    ids: &[TokenId],
    count: usize,
    fault: Option<Fault>,
) -> Option<Value> {
    let mut places = vec![Value::Null];
    for index in 1..ids.len() {
        let next = state.oracle.next(&ids[..index])?;
        let mut told = next.top(count);
        if !told.contains(&ids[index]) {
            told.push(ids[index]);
        }
        match fault {
            Some(Fault::NoSampled) => told.retain(|id| *id != ids[index]),
            Some(Fault::Fewer) if index == 1 => drop(told.drain(..told.len().min(2))),
            _ => {}
        }
        let entry = |id: &TokenId| {
            let logprob = number(next.value(*id), fault);
            let entry = json!({ "logprob": logprob, "rank": next.rank(*id), "decoded_token": "" });
            (id.to_string(), entry)
        };
        places.push(Value::Object(told.iter().map(entry).collect()));
    }
    Some(Value::Array(places))
}
