//! Recurrences, token by token on slices: what lies between the projections of a mixer that
//! keeps a state of fixed size. Both decoders run these.
//!
//! T tokens, P the width of the projected inputs, I the width of the output.

mod averages;
mod convolution;
mod delta;
mod gated_linear;
mod heads;
mod operations;
mod selective;
mod shift;
mod wkv;

use std::sync::Arc;

use model_files::config::{Recurrence, RecurrenceKind};
use model_files::weights::RecurrenceNumbers;

pub(crate) use shift::{Before, keep_last, mixed};

/// What a sequence keeps in one layer: the last inputs of the convolution, then the state;
/// empty before the first token. Copies share their numbers until one of them changes.
pub(crate) type State = Arc<Vec<f32>>;

/// The width of a layer's projected inputs, P.
pub(crate) fn width(recurrence: &Recurrence, numbers: &RecurrenceNumbers) -> usize {
    let mut widths = recurrence.inputs();
    let is_wkv = matches!(recurrence.kind, RecurrenceKind::Wkv { .. });
    if is_wkv && numbers.wkv.as_ref().is_some_and(|wkv| wkv.value_up.is_none()) {
        // The first layer has no values of an earlier one.
        widths.pop();
    }
    widths.into_iter().sum()
}

/// How many of a token's numbers each layer hands to those after it.
pub(crate) fn handed_on(recurrence: Option<&Recurrence>) -> usize {
    match recurrence {
        Some(recurrence) if matches!(recurrence.kind, RecurrenceKind::Wkv { .. }) => {
            recurrence.inner()
        }
        _ => 0,
    }
}

/// Runs T tokens of a sequence through a recurrence: their projected inputs, [T, P], to its
/// output, [T, I]. The first of them is the sequence's first if the state is empty. `first`
/// has the tokens' values in the first layer, which sets them, [T, I]; it is empty but for
/// RWKV.
pub(crate) fn run(
    recurrence: &Recurrence,
    numbers: &RecurrenceNumbers,
    projected: &[f32],
    state: &mut State,
    first: &mut [f32],
    out: &mut [f32],
) {
    let is_first = state.is_empty();
    let state = Arc::make_mut(state);
    state.resize(recurrence.state_size(), 0.0);
    let (past, state) =
        state.split_at_mut((recurrence.taps - 1) * recurrence.convolved());
    let width = width(recurrence, numbers);
    if let (RecurrenceKind::Wkv { heads, width: of_head, ranks }, Some(wkv)) =
        (recurrence.kind, &numbers.wkv)
    {
        let epsilon = recurrence.epsilon as f32;
        let sizes = wkv::Sizes { heads, width: of_head, ranks, epsilon };
        let inner = recurrence.inner();
        let rows = projected.chunks_exact(width).zip(out.chunks_exact_mut(inner));
        for ((row, out), first) in rows.zip(first.chunks_exact_mut(inner)) {
            wkv::step(sizes, wkv, row, state, first, out);
        }
        return;
    }
    if let (RecurrenceKind::Averages { inner }, Some(wkv)) =
        (recurrence.kind, &numbers.wkv)
    {
        let rows = projected.chunks_exact(width).zip(out.chunks_exact_mut(inner));
        rows.for_each(|(row, out)| {
            averages::step(&numbers.decay, &wkv.bonus, row, state, out);
        });
        return;
    }
    let mut run = Run { recurrence, numbers, past, state, convolved: Vec::new() };
    let rows =
        projected.chunks_exact(width).zip(out.chunks_exact_mut(recurrence.inner()));
    for (token, (row, out)) in rows.enumerate() {
        match recurrence.kind {
            RecurrenceKind::Selective { inner, states, rank, normed } => {
                run.selective([inner, states, rank], normed, row, out);
            }
            RecurrenceKind::Heads { heads, width, states, groups } => {
                run.heads([heads, width, states, groups], row, out);
            }
            RecurrenceKind::GatedLinear { width, blocks } => {
                run.gated_linear([width, blocks], is_first && token == 0, row, out);
            }
            RecurrenceKind::Delta {
                key_heads,
                value_heads,
                key_width,
                value_width,
                tiled,
            } => {
                let sizes = [key_heads, value_heads, key_width, value_width];
                run.delta(sizes, tiled, row, out);
            }
            RecurrenceKind::Wkv { .. } | RecurrenceKind::Averages { .. } => {}
        }
    }
}

/// A recurrence with the state of one sequence.
struct Run<'a> {
    recurrence: &'a Recurrence,
    numbers: &'a RecurrenceNumbers,
    /// The last inputs of the convolution, [taps − 1, convolved], the oldest first.
    past: &'a mut [f32],
    state: &'a mut [f32],
    /// The output of the convolution for the current token, `[convolved]`.
    convolved: Vec<f32>,
}
