//! What comes back, shortened: the demo model's answers to the examples.

/// The answer of a route; nothing where the example says it all.
pub(super) fn of(path: &str) -> &'static str {
    match path {
        "/api/tokenize" => TOKENS,
        "/api/distribution" => DISTRIBUTION,
        "/api/score" => SCORES,
        "/api/generate" => EVENTS,
        "/api/next-token" => NEXT_TOKEN,
        "/api/chat" => REPLY,
        "/api/models" => MODELS,
        "/v1/models" => MODEL_LIST,
        "/v1/completions" => COMPLETION,
        "/v1/chat/completions" => CHAT_COMPLETION,
        _ => "",
    }
}

const TOKENS: &str = r#"{"tokens": [{"id": 401, "bytes": [79, 110, 99, 101], "text": "Once", "special": false}, …]}"#;

const DISTRIBUTION: &str = r#"{
  "position": 3,
  "vocab_size": 4096,
  "candidates": [
    {"rank": 1, "token": {"id": 290, "text": "␣time", …}, "logit": 17.2,
     "probability": 0.9981, "sampled_probability": 0.9999, "cut_by": null},
    …
  ],
  "outside": {"tokens": 4086, "probability": 0.0002, "sampled_probability": 0.0},
  "entropy_bits": 0.02,
  "greedy": 290,
  "sampled": {"rank": 1, …},
  …
}"#;

const SCORES: &str = r#"{
  "tokens": [
    {"token": {"id": 401, "text": "Once", …}, "score": null},
    {"token": {"id": 402, "text": "␣upon", …},
     "score": {"probability": 0.998, "rank": 1, "surprisal_bits": 0.003, "entropy_bits": 0.02}},
    …
  ],
  "surprisal_bits": 0.01,
  "perplexity": 1.003,
  …
}"#;

const EVENTS: &str = r#"event: token
data: {"type":"token","position":3,"candidates":[…],"sampled":{…},…}

…

event: finished
data: {"type":"finished","reason":"max_tokens","timings":{…}}"#;

const NEXT_TOKEN: &str = r#"{
  "candidates": [{"token": " time", "prob": 0.9999}, {"token": " day", "prob": 0.00002}, …],
  "sampled": " time",
  "warning": null
}"#;

const REPLY: &str =
    r#"{"reply": "Once upon a time, there was a little girl named Lily. …"}"#;

const MODELS: &str = r#"{"models": ["demo", "HuggingFaceTB/SmolLM2-135M-Instruct"]}"#;

const MODEL_LIST: &str = r#"{"object": "list", "data": [{"id": "demo", "object": "model", "created": 1764061200, "owned_by": "this machine"}]}"#;

const COMPLETION: &str = r#"{
  "id": "cmpl-1f0c", "object": "text_completion", "created": 1764061200, "model": "demo",
  "choices": [{
    "index": 0,
    "text": " time, there was a little girl named Lily.",
    "finish_reason": "length",
    "logprobs": {"tokens": [" time", …], "token_logprobs": [-0.0019, …], "top_logprobs": […], "text_offset": […]}
  }],
  "usage": {"prompt_tokens": 3, "completion_tokens": 16, "total_tokens": 19}
}"#;

const CHAT_COMPLETION: &str = r#"{
  "id": "chatcmpl-1f0c", "object": "chat.completion", "created": 1764061200, "model": "demo",
  "choices": [{
    "index": 0,
    "message": {"role": "assistant", "content": "Once upon a time, …"},
    "finish_reason": "length",
    "logprobs": null
  }],
  "usage": {"prompt_tokens": 12, "completion_tokens": 50, "total_tokens": 62}
}"#;
