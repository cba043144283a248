//! The routes, with the types of what they take and give, and an example of each.

use protocol::{
    Distribution, Draws, LogProbabilities, Sweep, TextComparison, Verification, Words,
};
use serde_json::json;

use super::operation::{Document, events};
use crate::http::continuations::{
    CompareRequest, GrowRequest, GrownTree, LogProbabilitiesRequest, LookUpRequest,
};
use crate::http::error::ErrorBody;
use crate::http::inside::{
    Attention, AttentionRequest, Attributed, AttributionRequest, Lens, LensRequest,
    Occlusion, OcclusionRequest,
};
use crate::http::openai::{
    ChatCompletionRequest, ChatFormat, CompletionRequest, DetokenizeRequest,
    ErrorBody as OpenAiErrorBody, Model, ModelList, ResponseObject, ResponseRequest,
    TextFormat, TextTokens, TokenizeTextRequest, TokensText,
};
use crate::http::original::{
    ChatRequest, ChatResponse, Models, NextTokenRequest, NextTokenResponse,
};
use crate::http::scripts::{
    DistributionRequest, GenerateRequest, ScoreRequest, Scores, TokenizeRequest, Tokens,
    VerifyRequest,
};
use crate::http::trials::{DrawRequest, SweepRequest};

/// Adds all routes; `model` is the name of the model in examples.
pub(super) fn add_all(document: &mut Document, model: &str) {
    scripts(document);
    inside(document);
    continuations(document);
    original(document);
    openai(document, model);
}

/// The routes for scripts.
fn scripts(document: &mut Document) {
    let answers = document.json::<Tokens>();
    document.post::<TokenizeRequest, ErrorBody>(
        "/api/tokenize",
        "The tokens of a text",
        json!({ "text": "Once upon a" }),
        answers,
    );
    let answers = document.json::<Distribution>();
    document.post::<DistributionRequest, ErrorBody>(
        "/api/distribution",
        "The distribution of the next token, over the whole vocabulary",
        json!({ "text": "Once upon a", "candidates": 3, "seed": 1 }),
        answers,
    );
    let answers = document.json::<Draws>();
    document.post::<DrawRequest, ErrorBody>(
        "/api/draw",
        "The next token, drawn many times, and how often each was drawn",
        json!({ "text": "Once upon a", "draws": 1000, "temperature": 1.5, "seed": 1 }),
        answers,
    );
    let answers = document.json::<Sweep>();
    document.post::<SweepRequest, ErrorBody>(
        "/api/sweep",
        "What would be drawn from at several values of one knob of the sampler",
        json!({ "text": "Once upon a", "knob": "temperature", "values": [0.5, 1], "candidates": 3 }),
        answers,
    );
    let answers = document.json::<Verification>();
    document.post::<VerifyRequest, ErrorBody>(
        "/api/verify",
        "That distribution, held against one that candle computes in f32 from the same weights",
        json!({ "text": "Once upon a", "candidates": 3 }),
        answers,
    );
    let answers = document.json::<Scores>();
    document.post::<ScoreRequest, ErrorBody>(
        "/api/score",
        "What the model made of each token of a text",
        json!({ "text": "Once upon a time" }),
        answers,
    );
    document.post::<GenerateRequest, ErrorBody>(
        "/api/generate",
        "A continuation or a reply, token by token, as server-sent events",
        json!({ "text": "Once upon a", "max_new_tokens": 20, "seed": 1 }),
        events(
            "An event of the page's protocol: progress, prompt, token, finished or failed.",
        ),
    );
}

/// The routes that tell how a prediction came about.
fn inside(document: &mut Document) {
    let answers = document.json::<Lens>();
    document.post::<LensRequest, ErrorBody>(
        "/api/inside/lens",
        "The raw logit lens: what the residual stream predicts after each layer",
        json!({ "text": "Once upon a", "positions": 2, "candidates": 3 }),
        answers,
    );
    let answers = document.json::<Attention>();
    document.post::<AttentionRequest, ErrorBody>(
        "/api/inside/attention",
        "The attention weights of the last token on each token, by layer and head",
        json!({ "text": "Once upon a" }),
        answers,
    );
    let answers = document.json::<Occlusion>();
    document.post::<OcclusionRequest, ErrorBody>(
        "/api/inside/occlusion",
        "The probability of a next token without each token, word or sentence of the text",
        json!({ "text": "Once upon a", "unit": "word" }),
        answers,
    );
    let answers = document.json::<Attributed>();
    document.post::<AttributionRequest, ErrorBody>(
        "/api/inside/attribution",
        "The logits of next tokens as sums over the embedding, each layer's attention and MLP",
        json!({ "text": "Once upon a" }),
        answers,
    );
}

/// The routes about what could follow a text.
fn continuations(document: &mut Document) {
    let answers = document.json::<Words>();
    document.post::<LookUpRequest, ErrorBody>(
        "/api/look-up",
        "Words as continuations of a text: their tokens and chained probability",
        json!({ "text": "Once upon a", "words": ["time", "hill"], "seed": 1 }),
        answers,
    );
    let answers = document.json::<GrownTree>();
    document.post::<GrowRequest, ErrorBody>(
        "/api/grow",
        "A tree of continuations, or a beam search",
        json!({ "text": "Once upon a", "depth": 2, "width": 2 }),
        answers,
    );
    let answers = document.json::<TextComparison>();
    document.post::<CompareRequest, ErrorBody>(
        "/api/compare",
        "Two texts or samplers, held against each other over the whole vocabulary",
        json!({
            "first": { "text": "Once upon a", "seed": 1 },
            "second": { "text": "Twice upon a", "seed": 1 },
            "candidates": 3
        }),
        answers,
    );
    let answers = document.json::<LogProbabilities>();
    document.post::<LogProbabilitiesRequest, ErrorBody>(
        "/api/log-probabilities",
        "ln p of every token of the vocabulary, packed",
        json!({ "text": "Once upon a" }),
        answers,
    );
}

/// The routes that the original has.
fn original(document: &mut Document) {
    let answers = document.json::<NextTokenResponse>();
    document.post::<NextTokenRequest, ErrorBody>(
        "/api/next-token",
        "The most probable next tokens",
        json!({ "text": "Once upon a", "top_k": 5, "temperature": 0.7 }),
        answers,
    );
    let answers = document.json::<ChatResponse>();
    let hello = json!([{ "role": "user", "content": "Tell me a story." }]);
    document.post::<ChatRequest, ErrorBody>(
        "/api/chat",
        "A reply",
        json!({ "messages": hello, "max_new_tokens": 50 }),
        answers,
    );
    let answers = document.json::<Models>();
    document.get::<ErrorBody>(
        "/api/models",
        "The model that runs, then others that the server could be started with",
        None,
        answers,
    );
}

/// The routes that clients of OpenAI's API know.
fn openai(document: &mut Document, model: &str) {
    let answers = document.json::<ModelList>();
    let summary = "The model that runs";
    document.get::<OpenAiErrorBody>("/v1/models", summary, None, answers);
    let answers = document.json::<Model>();
    let parameters = json!([{
        "name": "id", "in": "path", "required": true,
        "schema": { "type": "string", "enum": [model] }
    }]);
    document.get::<OpenAiErrorBody>(
        "/v1/models/{id}",
        "The model of this name, if it runs",
        Some(parameters),
        answers,
    );
    let chunks = events("A chunk as JSON, or [DONE].");
    let mut answers = document.completion::<TextFormat>("Completion");
    answers.extend(chunks.clone());
    document.post::<CompletionRequest, OpenAiErrorBody>(
        "/v1/completions",
        "Continuations of texts",
        json!({ "model": model, "prompt": "Once upon a", "logprobs": 5, "seed": 1 }),
        answers,
    );
    let mut answers = document.completion::<ChatFormat>("ChatCompletion");
    answers.extend(chunks);
    let hello = json!([{ "role": "user", "content": "Tell me a story." }]);
    document.post::<ChatCompletionRequest, OpenAiErrorBody>(
        "/v1/chat/completions",
        "Replies to a conversation",
        json!({ "model": model, "messages": hello, "max_tokens": 50 }),
        answers,
    );
    let mut answers = document.json::<ResponseObject>();
    answers
        .extend(events("An event of the response, such as response.output_text.delta."));
    document.post::<ResponseRequest, OpenAiErrorBody>(
        "/v1/responses",
        "An answer, as the newer of OpenAI's APIs has it",
        json!({ "model": model, "input": "Tell me a story.", "max_output_tokens": 50 }),
        answers,
    );
    let answers = document.json::<TextTokens>();
    document.post::<TokenizeTextRequest, OpenAiErrorBody>(
        "/tokenize",
        "The ids of a text or a conversation, as vLLM's clients ask for them",
        json!({ "model": model, "prompt": "Once upon a", "return_token_strs": true }),
        answers,
    );
    let answers = document.json::<TokensText>();
    document.post::<DetokenizeRequest, OpenAiErrorBody>(
        "/detokenize",
        "The text of some ids",
        json!({ "model": model, "tokens": [50, 51, 52] }),
        answers,
    );
}
