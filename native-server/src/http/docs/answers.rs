//! The demo model's answers to the examples, shortened. They are not JSON, so they are not
//! in the document.

/// The answer of a route; empty where it needs none.
pub(super) fn of(path: &str) -> &'static str {
    match path {
        "/api/tokenize" => TOKENS,
        "/api/distribution" => DISTRIBUTION,
        "/api/draw" => DRAWS,
        "/api/sweep" => SWEEP,
        "/api/verify" => VERIFICATION,
        "/api/score" => SCORES,
        "/api/look-up" => WORDS,
        "/api/grow" => TREE,
        "/api/compare" => COMPARISON,
        "/api/log-probabilities" => LOG_PROBABILITIES,
        "/api/generate" => EVENTS,
        "/api/next-token" => NEXT_TOKEN,
        "/api/chat" => REPLY,
        "/api/models" => MODELS,
        "/v1/models" => MODEL_LIST,
        "/v1/completions" => COMPLETION,
        "/v1/chat/completions" => CHAT_COMPLETION,
        "/tokenize" => IDS,
        "/detokenize" => TEXT,
        _ => "",
    }
}

const IDS: &str = r#"{
  "count": 4,
  "max_model_len": 512,
  "tokens": [0, 427, 438, 261],
  "token_strs": ["<|endoftext|>", "Once", …]
}"#;

const TEXT: &str = r#"{ "prompt": "PQR" }"#;

const TOKENS: &str = r#"{
  "tokens": [
    {"id": 0, "bytes": [60, 124, …], "text": "<|endoftext|>", "special": true},
    {"id": 427, "bytes": [79, 110, 99, 101], "text": "Once", "special": false},
    …
  ]
}"#;

const DISTRIBUTION: &str = r#"{
  "position": 4,
  "vocab_size": 4096,
  "candidates": [
    {"rank": 1, "token": {"id": 396, "text": "␣time", …}, "logit": 18.07,
     "probability": 0.99988, "sampled_probability": 0.999999, "cut_by": null},
    {"rank": 2, "token": {"id": 328, "text": "␣day", …}, "logit": 8.25, …},
    …
  ],
  "outside": {"tokens": 4093, "probability": 0.000042, "sampled_probability": 7.5e-8},
  "entropy_bits": 0.0023,
  "greedy": 396,
  "sampled": {"rank": 1, …},
  …
}"#;

const DRAWS: &str = r#"{
  "position": 4,
  "vocab_size": 4096,
  "draws": 1000,
  "distinct": 3,
  "tokens": [
    {"candidate": {"rank": 1, "token": {"id": 396, "text": "␣time", …},
                   "sampled_probability": 0.9947, …}, "draws": 996},
    …
  ],
  "outside": {"tokens": 4086, "probability": 0.000018, "sampled_probability": 0.00083},
  "outside_draws": 0,
  "chi_square": {"statistic": 0.319, "degrees_of_freedom": 1, "p_value": 0.572},
  …
}"#;

const SWEEP: &str = r#"{
  "position": 4,
  "vocab_size": 4096,
  "knob": "temperature",
  "tokens": [{"token": {"id": 396, "text": "␣time", …}, "probability": 0.99988}, …],
  "points": [
    {"value": 0.5, "kept": 4096, "sampled_probabilities": [0.99999999, …], "outside": 1.2e-10},
    …
  ],
  …
}"#;

const VERIFICATION: &str = r#"{
  "position": 4,
  "vocab_size": 4096,
  "computed_by": "Q8_0 weights, AVX2 kernels, CPU",
  "checked_by": "candle, in f32",
  "largest": {"token": {"id": 396, "text": "␣time", …}, "rank": 1, "reference_rank": 1,
              "probability": 0.99988, "reference_probability": 0.99987},
  "largest_difference": 0.00001,
  "entropy_bits": 0.0023,
  "reference_entropy_bits": 0.0024,
  "divergence_nats": 4e-7,
  "same_first": true,
  "changed_ranks": 0,
  "largest_rank_shift": 0,
  "candidates": [{"token": {"id": 396, "text": "␣time", …}, "rank": 1, …}, …],
  "reference_ms": 31.5,
  …
}"#;

const SCORES: &str = r#"{
  "tokens": [
    {"token": {"id": 0, "text": "<|endoftext|>", …}, "score": null},
    {"token": {"id": 427, "text": "Once", …},
     "score": {"probability": 0.649, "rank": 1, "surprisal_bits": 0.624, "entropy_bits": 1.902}},
    …
  ],
  "surprisal_bits": 0.6676,
  "perplexity": 1.12,
  …
}"#;

const WORDS: &str = r#"{
  "words": [
    {"text": 0, "form": "as_typed", "length": 1, "log_probability": -21.4,
     "tokens": [{"rank": 713, "token": {"text": "time", …}, "logit": -3.3, …}]},
    {"text": 0, "form": "with_space", "length": 1, "log_probability": -0.00012,
     "tokens": [{"rank": 1, "token": {"id": 396, "text": "␣time", …}, "logit": 18.07, …}]},
    …
  ],
  …
}"#;

const TREE: &str = r#"{
  "tree": [
    {"node": 1, "parent": 0, "token": {"id": 396, "text": "␣time", …},
     "score": {"probability": 0.99988, "rank": 1, …}, "log_probability": -0.00012, "ends": false},
    {"node": 2, "parent": 0, "token": {"id": 328, "text": "␣day", …}, …},
    {"node": 3, "parent": 1, …},
    …
  ],
  "ends": [3, 4, …],
  "nodes": 6,
  "limited": false,
  …
}"#;

const COMPARISON: &str = r#"{
  "positions": [4, 6],
  "vocab_size": 4096,
  "candidates": [
    {"first": {"rank": 1, "token": {"id": 396, "text": "␣time", …}, "probability": 0.99988, …},
     "second": {"rank": 2, "token": {"id": 396, "text": "␣time", …}, "probability": 0.21, …}},
    …
  ],
  "entropy_bits": [0.0023, 3.1],
  "p": {"first_from_second": 2.2, "second_from_first": 5.9, "jensen_shannon": 0.5},
  …
}"#;

const LOG_PROBABILITIES: &str = r#"{
  "position": 4,
  "vocab_size": 4096,
  "base64": "KVyvwQAA…",
  …
}"#;

const EVENTS: &str = r#"event: token
data: {"type":"token","position":4,"candidates":[…],"sampled":{"rank":1,…},…}

…

event: finished
data: {"type":"finished","reason":"max_tokens","timings":{…}}"#;

const NEXT_TOKEN: &str = r#"{
  "candidates": [{"token": " time", "prob": 0.999999}, {"token": " day", "prob": 8.2e-7}, …],
  "sampled": " time",
  "warning": null
}"#;

const REPLY: &str =
    r#"{"reply": "One day, a big orange cat and a little dog were playing …"}"#;

const MODELS: &str = r#"{"models": ["demo", "HuggingFaceTB/SmolLM2-135M-Instruct"]}"#;

const MODEL_LIST: &str = r#"{
  "object": "list",
  "data": [{"id": "demo", "object": "model", "created": 1795604486, "owned_by": "local"}]
}"#;

const COMPLETION: &str = r#"{
  "id": "cmpl-1d18ecbb", "object": "text_completion", "created": 1795605091, "model": "demo",
  "choices": [{
    "index": 0,
    "text": " time, there was a little girl …",
    "finish_reason": "length",
    "logprobs": {
      "tokens": [" time", ",", …],
      "token_logprobs": [-0.00012, -0.0922, …],
      "top_logprobs": [{" time": -0.00012, …}, …],
      "text_offset": [0, 5, …]
    }
  }],
  "usage": {"prompt_tokens": 4, "completion_tokens": 16, "total_tokens": 20, …},
  …
}"#;

const CHAT_COMPLETION: &str = r#"{
  "id": "chatcmpl-0a734400", "object": "chat.completion", "created": 1795605092, "model": "demo",
  "choices": [{
    "index": 0,
    "message": {"role": "assistant", "content": "One day, a big orange cat …", "refusal": null},
    "finish_reason": "length",
    "logprobs": null
  }],
  "usage": {"prompt_tokens": 18, "completion_tokens": 50, "total_tokens": 68, …},
  …
}"#;
