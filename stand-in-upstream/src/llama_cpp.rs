//! `POST /completion` of llama.cpp's server.

use axum::response::Response;
use protocol::TokenId;
use serde_json::{Value, json};

use crate::behaviour::Fault;
use crate::body::{number, refuse, send};
use crate::state::{State, ids};

const NEUTRAL: [(&str, f64); 11] = [
    ("temperature", 1.0),
    ("top_k", 0.0),
    ("top_p", 1.0),
    ("min_p", 0.0),
    ("typical_p", 1.0),
    ("repeat_penalty", 1.0),
    ("presence_penalty", 0.0),
    ("frequency_penalty", 0.0),
    ("dry_multiplier", 0.0),
    ("xtc_probability", 0.0),
    ("mirostat", 0.0),
];

pub(crate) async fn complete(state: &State, body: &Value) -> Response {
    for (name, value) in NEUTRAL {
        if body[name].as_f64() != Some(value) {
            return refuse(400, &format!("{name} is left to the server's defaults"));
        }
    }
    let Some(ids) = ids(&body["prompt"]) else { return refuse(400, "prompt has no ids") };
    let Some(next) = state.oracle.next(&ids) else {
        return refuse(400, "the prompt is too long");
    };
    let (fault, mut drawn) =
        state.chance(|random, behaviour| (behaviour.fault(random), next.draw(random)));
    // A bias moves what is drawn, not what is listed: that is from before the samplers.
    let favoured =
        body["logit_bias"][0][0].as_str().and_then(|text| state.tokenize(text));
    if let Some(id) = favoured.and_then(|ids| ids.last().copied()) {
        drawn = id;
    }
    let most = state.behaviour.most_listed.unwrap_or(usize::MAX);
    let count = body["n_probs"].as_u64().unwrap_or(0) as usize;
    if count > most {
        return refuse(400, "n_probs is too large");
    }
    let mut told = next.top(count);
    match fault {
        Some(Fault::Fewer) => told.truncate(told.len() / 2),
        Some(Fault::NoSampled) => told.retain(|id| *id != drawn),
        _ => {}
    }
    let entry = |id: TokenId| {
        let bytes = state.oracle.bytes(&[id]).unwrap_or_default();
        let token = String::from_utf8_lossy(&bytes).into_owned();
        json!({ "id": id, "token": token, "bytes": bytes, "logprob": number(next.value(id), fault) })
    };
    let mut place = entry(drawn);
    place["top_logprobs"] = told.into_iter().map(entry).collect();
    let mut places = vec![place.clone()];
    if fault == Some(Fault::Twice) {
        places.push(place);
    }
    let mut answer = json!({ "content": "", "completion_probabilities": places });
    // As the real one, which keeps a token back until its character is whole.
    let bytes = state.oracle.bytes(&[drawn]).unwrap_or_default();
    if String::from_utf8(bytes).is_err() {
        answer = json!({ "content": "\u{fffd}", "stop_type": "limit" });
    }
    send(&answer, fault, state.behaviour.stall).await
}
