//! Sentences about how a prediction came about.

use protocol::{ModelDescription, Token};

use crate::format;
use crate::state::InsideView;

/// There is no prediction to look into.
pub(crate) const NOTHING: &str = "There is no prediction to look into now.";
/// The view is complete.
pub(crate) const FOUND: &str = "Done.";
/// The numbers are on their way.
pub(crate) const LOOKING: &str = "Looking inside…";
/// Nothing was removed yet.
pub(crate) const NOT_REMOVED: &str = "Nothing has been removed yet.";
/// A layer without attention.
pub(crate) const CONVOLUTION: &str = "a short convolution, which has no attention";

/// The most parameters of a model that knows stories and little else.
const STORY_PARAMETERS: u64 = 30_000_000;

/// What a view shows, and what it does not prove.
pub(crate) fn about(view: InsideView, target: &Token) -> String {
    let target = &target.text;
    match view {
        InsideView::Lens => {
            "The raw logit lens: what the model would say if it ended after \
            each layer. Early layers were never trained to speak in tokens, so what they \
            seem to say need not mean anything."
                .into()
        }
        InsideView::Attention => {
            "How much the heads of the last token look at each token \
            before it. Where a head looks is not why the model chose."
                .into()
        }
        InsideView::Occlusion => format!(
            "How probable “{target}” is without each part of the text: the part is taken \
             out and the rest is read again. It shows what taking it out does to this text, \
             not what the part means."
        ),
        InsideView::Attribution => format!(
            "The logit of “{target}” as a sum of what the embedding, each layer's attention \
             and each layer's MLP add. What a part does by way of later parts is counted \
             with those."
        ),
    }
}

/// The prompt of the worked example: a question of fact, or of a story for a small model.
pub(crate) fn lesson_prompt(parameters: u64) -> &'static str {
    match parameters < STORY_PARAMETERS {
        true => "Once upon a time, there was a little",
        false => "The capital of France is",
    }
}

/// What the worked example is about.
pub(crate) fn lesson(target: &Token) -> String {
    format!(
        "When does the model know that it is “{}”? Read the rows from the bottom, where the \
         text goes in, to the top: find the layer where the rank first falls to one digit, \
         and the one where the token leads. Then open What mattered and see which word it \
         cannot do without.",
        target.text
    )
}

/// What removing parts will cost.
pub(crate) fn cost(parts: u64, tokens: u64, seconds: Option<f64>) -> String {
    let parts = format::counted(parts, "part");
    let tokens = format::counted(tokens, "token");
    match seconds {
        Some(seconds) => {
            let time = format::duration((seconds * 1000.0) as f32);
            format!("{parts}: reads {tokens} again, about {time}.")
        }
        None => format!("{parts}: reads {tokens} again."),
    }
}

/// How far removing parts has come.
pub(crate) fn removed(done: u64, all: u64) -> String {
    format!("{} of {} taken out.", format::count(done), format::counted(all, "part"))
}

/// What the shading of the text shows of attention.
pub(crate) fn attention_of(layer: usize, head: usize, first: f32, sink: bool) -> String {
    let of = match (layer, head) {
        (0, 0) => "Mean of all layers and heads".to_owned(),
        (0, head) => format!("Mean of head {head} of all layers"),
        (layer, 0) => format!("Mean of the heads of layer {layer}"),
        (layer, head) => format!("Layer {layer}, head {head}"),
    };
    let first = format::percent(first);
    match sink {
        true => format!(
            "{of}. The first token gets {first}, which is set apart: heads with nothing to \
             look for look there."
        ),
        false => format!("{of}. The first token gets {first}."),
    }
}

/// How the parts add up.
pub(crate) fn sum(sum: f64, logit: f64, cap: Option<f32>) -> String {
    match cap {
        Some(cap) => format!(
            "Together {sum:.2}. The model caps logits softly at {cap}: it gives {logit:.2}."
        ),
        None => format!("Together {sum:.2}; the model gives {logit:.2}."),
    }
}

/// What the matrix of a head shows; both from 0.
pub(crate) fn matrix(layer: u32, head: u32) -> String {
    format!("Layer {}, head {}: where each token looks", layer + 1, head + 1)
}

/// Ends following a token.
pub(crate) fn unfollow(token: &str) -> String {
    format!("Follow “{token}” no longer")
}

/// How the matrix of a head is read.
pub(crate) fn about_matrix(window: Option<u32>) -> String {
    let read = "A row is a token that looks; its columns are what it looks at, in percent. \
                No token sees those after it";
    match window {
        Some(window) => format!("{read}, or more than {window} tokens back."),
        None => format!("{read}."),
    }
}

/// The last tokens of a text that a picture's caption names.
const CAPTION_TOKENS: usize = 8;

/// What a picture is of: the model, its numbers, and the text up to the prediction.
pub(crate) fn caption(model: Option<&ModelDescription>, tokens: &[&Token]) -> String {
    let model = model.map_or(String::new(), |model| {
        format!("{}, {}, computed in {} · ", model.name, model.stored, model.computed_in)
    });
    let first = tokens.len().saturating_sub(CAPTION_TOKENS);
    let last = tokens[first..].iter().map(|token| token.text.as_str());
    let earlier = if first > 0 { "…" } else { "" };
    format!(
        "{model}after {}: “{earlier}{}”",
        format::counted(tokens.len() as u64, "token"),
        last.collect::<String>()
    )
}

/// A layer, from 0, with what sets it apart.
pub(crate) fn layer(index: u32, window: Option<u32>) -> String {
    match window {
        Some(window) => format!("layer {} (sees {window})", index + 1),
        None => format!("layer {}", index + 1),
    }
}
