//! What is asked by `POST /v1/completions`, and by vLLM's routes beside it: prompts are ids.

use protocol::TokenId;
use serde_json::{Value, json};

use super::told::Listing;
use crate::http::Call;

const COMPLETIONS: &str = "/v1/completions";

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

pub(super) fn next(
    model: &str,
    ids: &[TokenId],
    listing: Listing,
    extended: bool,
) -> Call {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
