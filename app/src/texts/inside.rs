//! Sentences about how a prediction came about.

use protocol::{AttributionPart, ModelDescription, Token};

pub(crate) use crate::language::table::inside::*;

use crate::format;
use crate::language::say;
use crate::language::table::{counts, numbers};
use crate::state::InsideView;

/// The most parameters of a model that knows stories and little else.
const STORY_PARAMETERS: u64 = 30_000_000;

/// What a view shows, and what it does not prove.
pub(crate) fn about(view: InsideView, target: &Token) -> String {
    let target = &target.text;
    match view {
        InsideView::Lens => ABOUT_LENS.into(),
        InsideView::Attention => ABOUT_ATTENTION.into(),
        InsideView::Occlusion => say!(ABOUT_OCCLUSION, token = target),
        InsideView::Attribution => say!(ABOUT_ATTRIBUTION, token = target),
    }
}

/// The prompt of the worked example: a question of fact, or of a story for a small model. It
/// is in English, which those models know best.
pub(crate) fn lesson_prompt(parameters: u64) -> &'static str {
    match parameters < STORY_PARAMETERS {
        true => "Once upon a time, there was a little",
        false => "The capital of France is",
    }
}

/// What the worked example is about.
pub(crate) fn lesson(target: &Token) -> String {
    say!(LESSON, token = target.text)
}

/// What removing parts will cost.
pub(crate) fn cost(parts: u64, tokens: u64, seconds: Option<f64>) -> String {
    let parts = counts::PARTS.of(parts);
    let tokens = counts::TOKENS.of(tokens);
    match seconds {
        Some(seconds) => {
            let time = format::duration((seconds * 1000.0) as f32);
            say!(COST_WITH_TIME, parts = parts, tokens = tokens, time = time)
        }
        None => say!(COST, parts = parts, tokens = tokens),
    }
}

/// How far removing parts has come.
pub(crate) fn removed(done: u64, all: u64) -> String {
    say!(REMOVED, done = format::count(done), parts = counts::PARTS.of(all))
}

/// What the shading of the text shows of attention.
pub(crate) fn attention_of(layer: usize, head: usize, first: f32, sink: bool) -> String {
    let of = match (layer, head) {
        (0, 0) => MEAN_OF_ALL.into(),
        (0, head) => say!(MEAN_OF_HEAD, head = head),
        (layer, 0) => say!(MEAN_OF_LAYER, layer = layer),
        (layer, head) => say!(LAYER_AND_HEAD, layer = layer, head = head),
    };
    let first = format::percent(first);
    match sink {
        true => say!(FIRST_SET_APART, heads = of, percent = first),
        false => say!(FIRST_GETS, heads = of, percent = first),
    }
}

/// How the parts add up.
pub(crate) fn sum(sum: f64, logit: f64, cap: Option<f32>) -> String {
    let (sum, logit) = (format::fixed(sum, 2), format::fixed(logit, 2));
    match cap {
        Some(cap) => {
            say!(SUM_WITH_CAP, sum = sum, cap = format::shown_knob(cap), logit = logit)
        }
        None => say!(SUM, sum = sum, logit = logit),
    }
}

/// What the matrix of a head shows; both from 0.
pub(crate) fn matrix(layer: u32, head: u32) -> String {
    say!(MATRIX, layer = layer + 1, head = head + 1)
}

/// Ends following a token.
pub(crate) fn unfollow(token: &str) -> String {
    say!(UNFOLLOW, token = token)
}

/// How the matrix of a head is read.
pub(crate) fn about_matrix(window: Option<u32>) -> String {
    match window {
        Some(window) => {
            say!(ABOUT_WINDOWED_MATRIX, tokens = counts::TOKENS.of(window.into()))
        }
        None => ABOUT_MATRIX.into(),
    }
}

/// The last tokens of a text that a picture's caption names.
const CAPTION_TOKENS: usize = 8;

/// What a picture is of: the model, its numbers, and the text up to the prediction.
pub(crate) fn caption(model: Option<&ModelDescription>, tokens: &[&Token]) -> String {
    let first = tokens.len().saturating_sub(CAPTION_TOKENS);
    let last = tokens[first..].iter().map(|token| token.text.as_str());
    let earlier = if first > 0 { "…" } else { "" };
    let after = say!(
        CAPTION,
        tokens = counts::TOKENS.of(tokens.len() as u64),
        text = format!("{earlier}{}", last.collect::<String>()),
    );
    let Some(model) = model else { return after };
    let of = say!(
        CAPTION_MODEL,
        model = model.name,
        stored = model.stored,
        computed = model.computed_in,
    );
    format!("{of} · {after}")
}

/// A layer, from 0, with what sets it apart.
pub(crate) fn layer(index: u32, window: Option<u32>) -> String {
    match window {
        Some(window) => say!(LAYER_WITH_WINDOW, layer = index + 1, window = window),
        None => say!(LAYER, layer = index + 1),
    }
}

/// What a layer of the lens comes after; 0 is the embedding.
pub(crate) fn after(layer: usize) -> String {
    match layer {
        0 => EMBEDDING.into(),
        layer => say!(LAYER, layer = layer),
    }
}

/// The head of the column of an attention head, from 1.
pub(crate) fn head(head: usize) -> String {
    say!(HEAD, head = head)
}

/// The heads of the lens's columns: after which layer, and the three most probable tokens.
pub(crate) fn lens_columns() -> Vec<String> {
    [AFTER, FIRST, SECOND, THIRD].map(String::from).to_vec()
}

/// The heads of the columns of a token that is followed.
pub(crate) fn followed(token: &str) -> [String; 2] {
    [say!(P_OF, token = token), say!(RANK_OF, token = token)]
}

/// What a cell of the lens stands for: the most probable token there, and the last layer's.
pub(crate) fn lens_cell(
    [top, p]: [&str; 2],
    last: &str,
    last_p: &str,
    rank: u32,
) -> String {
    let rank = format::count(rank.into());
    say!(LENS_CELL, top = top, p = p, last = last, last_p = last_p, rank = rank)
}

/// A difference in bits, with its sign.
pub(crate) fn signed_bits(bits: f64) -> String {
    say!(numbers::BITS, number = format::signed(bits, 2))
}

/// An entropy, with two decimals.
pub(crate) fn entropy(bits: f64) -> String {
    say!(numbers::BITS, number = format::fixed(bits, 2))
}

/// The caption of the table of parts that were taken out.
pub(crate) fn occlusion(target: &str) -> String {
    say!(OCCLUSION, token = target)
}

/// The row of a part that was taken out.
pub(crate) fn without(part: &str) -> String {
    say!(WITHOUT, part = part)
}

/// The heads of that table's columns.
pub(crate) fn occlusion_columns() -> Vec<String> {
    vec![PART.into(), "p".into(), CHANGE.into(), MOST_PROBABLE.into()]
}

/// A part of the model that adds to a logit.
pub(crate) fn part(part: AttributionPart) -> String {
    match part {
        AttributionPart::Embedding => EMBEDDING.into(),
        AttributionPart::Attention { layer } => say!(ATTENTION_PART, layer = layer + 1),
        AttributionPart::Convolution { layer } => {
            say!(CONVOLUTION_PART, layer = layer + 1)
        }
        AttributionPart::Recurrence { layer } => {
            say!(RECURRENCE_PART, layer = layer + 1)
        }
        AttributionPart::Mlp { layer } => format!("MLP {}", layer + 1),
        AttributionPart::Constant => BIASES.into(),
    }
}
