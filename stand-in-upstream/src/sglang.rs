//! SGLang's `POST /generate`.

use axum::response::Response;
use protocol::TokenId;
use serde_json::{Value, json};

use crate::behaviour::Fault;
use crate::body::{number, refuse, send};
use crate::oracle::Next;
use crate::state::{State, ids};

const NEUTRAL: [(&str, f64); 7] = [
    ("temperature", 1.0),
    ("top_p", 1.0),
    ("top_k", -1.0),
    ("min_p", 0.0),
    ("repetition_penalty", 1.0),
    ("presence_penalty", 0.0),
    ("frequency_penalty", 0.0),
];

pub(crate) async fn generate(state: &State, body: &Value) -> Response {
    for (name, value) in NEUTRAL {
        if body["sampling_params"][name].as_f64() != Some(value) {
            return refuse(400, &format!("{name} is left to the server's defaults"));
        }
    }
    let ids = match body["text"].as_str() {
        Some(text) => state.tokenize(text),
        None => ids(&body["input_ids"]),
    };
    let Some(ids) = ids else { return refuse(400, "there is no text") };
    let Some(next) = state.oracle.next(&ids) else {
        return refuse(400, "the text is too long");
    };
    let (fault, drawn) =
        state.chance(|random, behaviour| (behaviour.fault(random), next.draw(random)));
    let count = body["top_logprobs_num"].as_u64().unwrap_or(0) as usize;
    if state.behaviour.most_listed.is_some_and(|most| count > most) {
        return refuse(400, "top_logprobs_num is too large");
    }
    let pair =
        |next: &Next, id: TokenId| json!([number(next.value(id), fault), id, null]);
    let list = |next: &Next, count: usize| {
        let mut told = next.top(count);
        if fault == Some(Fault::Fewer) {
            told.truncate(told.len() / 2);
        }
        told.into_iter().map(|id| pair(next, id)).collect::<Vec<Value>>()
    };
    let mut meta = json!({
        "output_token_logprobs": [pair(&next, drawn)],
        "output_top_logprobs": [list(&next, count)],
    });
    if fault == Some(Fault::NoSampled) {
        meta["output_token_logprobs"] = json!([]);
    }
    if let Some(named) = crate::state::ids(&body["token_ids_logprob"])
        && state.behaviour.names
    {
        let told: Vec<Value> = named.iter().map(|id| pair(&next, *id)).collect();
        meta["output_token_ids_logprobs"] = json!([told]);
    }
    if body["logprob_start_len"] == 0 {
        let reads_alone = body["text"].is_string();
        let (mut own, mut lists) = (vec![json!([null, ids[0], null])], vec![Value::Null]);
        for index in 1..ids.len() {
            if reads_alone {
                own.push(json!([-1.0, ids[index], null]));
                continue;
            }
            let Some(before) = state.oracle.next(&ids[..index]) else {
                return refuse(400, "the text is too long");
            };
            own.push(pair(&before, ids[index]));
            lists.push(json!(list(&before, count)));
        }
        if reads_alone || state.behaviour.scores {
            meta["input_token_logprobs"] = json!(own);
            meta["input_top_logprobs"] = json!(lists);
        }
    }
    let mut answer = json!({ "text": "", "meta_info": meta });
    if fault == Some(Fault::Twice) {
        answer = json!([answer, answer]);
    }
    send(&answer, fault, state.behaviour.stall).await
}
