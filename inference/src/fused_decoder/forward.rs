//! A pass through all layers, and the output head.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{AttentionScratch, Member, QuantisedActivations, SharedBuffer, TILE_ROWS};

use super::layers::{Layer, Layers};
use super::pass::{Pass, Row, norm_row};
use super::state::DecoderState;
use super::tap::PassTap;
use super::thread_tuner::ThreadTuner;
use crate::error::Result;
use crate::taps::Taps;

/// Runs T tokens through all layers. Each token sees the cached tokens of its sequence
/// and the earlier ones of this pass. `states` gets the final hidden states, [T, H]. Room
/// in the caches must have been reserved. With taps, all tokens are of one sequence.
///
/// # Errors
/// If the partial results of attention, or what is kept, do not fit in memory, or blocks that stay
/// in their file cannot be read.
pub(super) fn read_rows(
    state: &mut DecoderState,
    tuner: &mut ThreadTuner,
    rows: &[Row],
    states: &mut [f32],
    taps: Option<&mut Taps>,
) -> Result<()> {
    let hidden = state.config.hidden_size;
    let stream = state.buffers.stream.as_mut_slice();
    let scale = state.config.scales.embedding as f32;
    for (row, stream_row) in rows.iter().zip(stream.chunks_exact_mut(hidden)) {
        match &state.projections {
            None => state.embed_tokens.row(row.id as usize, stream_row),
            Some(projections) => {
                let mut narrow = vec![0.0; state.embed_tokens.columns()];
                state.embed_tokens.row(row.id as usize, &mut narrow);
                state.kernels.products(&projections.input, &narrow, stream_row);
            }
        }
        stream_row.iter_mut().for_each(|value| *value *= scale);
        if let Some(positions) = &state.positions {
            let start = row.position * hidden;
            let position = &positions[start..start + hidden];
            stream_row.iter_mut().zip(position).for_each(|(x, p)| *x += p);
        }
        if let Some(norm) = &state.embedding_norm {
            let (kernels, embedded) = (&state.kernels, stream_row.to_vec());
            norm_row(kernels, &state.config.norm, norm, &embedded, stream_row);
        }
    }
    if let [row] = rows {
        state.reserve_partials(row.position + 1)?;
    }
    let sequences = &state.sequences;
    let positions =
        || rows.iter().map(|row| (row.position, sequences[row.slot].history.long));
    let angles = (
        state.ropes.0.angles(positions()),
        state.ropes.1.as_ref().map(|rope| rope.angles(positions())),
    );
    let tap = match &taps {
        Some(taps) => {
            let positions = rows.last().map_or(0, |row| row.position + 1);
            Some(PassTap::new(taps, &state.config, rows.len(), positions)?)
        }
        None => None,
    };
    let (decoder, tokens, angles) = (&*state, rows.len(), &angles);
    let run_layers = |member: &Member<'_>, first: usize, layers: &[Layer]| {
        let tap = tap.as_ref();
        let pass = Pass { decoder, member, tokens, rows, angles, tap };
        match decoder.inputs {
            _ if first > 0 => {}
            None => pass.keep_stream(0),
            Some(_) => {
                pass.begin_streams();
                pass.keep_merged(0..1);
            }
        }
        let mut scratch = match tokens {
            1 => AttentionScratch::reading_ahead(),
            _ => AttentionScratch::default(),
        };
        for (index, layer) in (first..).zip(layers) {
            pass.block(index, layer, &mut scratch);
        }
    };
    match &decoder.layers {
        Layers::Here(all) => {
            tuner.run_and_measure(tokens, &|member| run_layers(member, 0, all));
        }
        Layers::Stored(stored) => {
            for first in 0..decoder.config.layers.len() {
                let layer = [stored.load(first)?];
                tuner.run(tokens, &|member| run_layers(member, first, &layer));
            }
        }
    }
    if let (Some(tap), Some(taps)) = (tap, taps) {
        tap.finish(taps, &state.config.layers)?;
    }
    let stream = state.buffers.stream.as_mut_slice();
    let rows = stream.chunks_exact(hidden).zip(states.chunks_exact_mut(hidden));
    for (row, out) in rows {
        norm_row(&state.kernels, &state.config.norm, &state.norm, row, out);
    }
    Ok(())
}

/// Applies the output head to T hidden states: `logits` gets [T, V].
pub(super) fn output_head(
    state: &DecoderState,
    tuner: &mut ThreadTuner,
    x: &QuantisedActivations,
    tokens: usize,
    logits: &SharedBuffer<f32>,
) {
    let (head, kernels) = (&*state.lm_head, &state.kernels);
    let bias = state.head_bias.as_deref();
    let (scale, cap) = (state.config.scales.logits as f32, state.config.logit_cap);
    tuner.run(tokens, &|member| {
        let mut put = |token: usize, first: usize, results: &[f32; TILE_ROWS]| {
            let start = token * head.rows() + first;
            let count = TILE_ROWS.min(head.rows() - first);
            // SAFETY: these rows are of the tiles that this member has taken.
            let logits = unsafe { logits.get_mut(start..start + count) };
            logits.copy_from_slice(&results[..count]);
            if let Some(bias) = bias {
                logits.iter_mut().zip(&bias[first..]).for_each(|(x, b)| *x += b);
            }
            if scale != 1.0 {
                logits.iter_mut().for_each(|x| *x *= scale);
            }
            if let Some(cap) = cap {
                logits.iter_mut().for_each(|x| *x = (*x / cap).tanh() * cap);
            }
        };
        member.for_each_piece(head.tiles(), |tiles| {
            // SAFETY: nobody writes the inputs in this step.
            unsafe { kernels.product(head, tiles, x, 0..tokens, &mut put) };
        });
    });
}
