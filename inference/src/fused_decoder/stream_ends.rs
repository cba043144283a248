//! Where a pass of several residual streams begins and ends.
//!
//! H hidden width, A streams, L layers, P width of a layer's input.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use model_files::config::AltUp;

use super::pass::Pass;
use super::project::{Target, beside};
use super::stream_buffers::{StreamBuffers, StreamInputs};

/// The least square of a stream that is scaled as another.
const LEAST_SQUARE: f32 = 1e-5;

impl Pass<'_> {
    /// The buffers of several streams, and the inputs that this member uses; `None` if there is
    /// one stream.
    pub(super) fn stream_buffers(&self) -> Option<(&StreamBuffers, &StreamInputs)> {
        let buffers = self.decoder.buffers.streams.as_ref()?;
        let index = if self.tokens == 1 { self.member.index } else { 0 };
        Some((buffers, &buffers.inputs[index]))
    }

    /// Waits until other members see what this one has changed of a single token's streams; the
    /// rows of several tokens are changed and read by the same members.
    pub(super) fn await_streams(&self) {
        if self.tokens == 1 {
            self.member.barrier();
        }
    }

    /// H and A · H.
    pub(super) fn stream_sizes(&self) -> (usize, usize) {
        let config = &self.decoder.config;
        (config.hidden_size, config.stream_width())
    }

    /// A token's row of a buffer of `width` columns.
    pub(super) fn row_of(token: usize, width: usize) -> Range<usize> {
        token * width..(token + 1) * width
    }

    /// Makes all streams and the inputs of all layers of the embeddings, if there are several.
    pub(super) fn begin_streams(&self) {
        let Pass { decoder, member, rows, .. } = *self;
        let (Some(inputs), Some(table), Some((buffers, _))) =
            (&decoder.inputs, &decoder.layer_embedding, self.stream_buffers())
        else {
            return;
        };
        let of_layers = decoder.config.layer_inputs();
        let (hidden, width) = self.stream_sizes();
        let embedded = &self.inputs().hidden;
        self.norm_and_quantise(None, embedded);
        self.await_inputs();
        let mut targets = beside([&inputs.projection], embedded, &buffers.of_layers);
        let streams = (1..).zip(&inputs.streams_in);
        targets.extend(streams.map(|(stream, projection)| Target {
            inputs: embedded,
            projection,
            out: &buffers.streams,
            width,
            first: stream * hidden,
        }));
        self.project(&targets);
        member.barrier();

        let layer_width = inputs.norm.weight.len();
        let (from_width, from_table) =
            (1.0 / (hidden as f32).sqrt(), (layer_width as f32).sqrt());
        let (mut row, mut normed) = (vec![0.0; of_layers], vec![0.0; layer_width]);
        for token in member.share(self.tokens) {
            // SAFETY: nobody writes the stream in this step, and this token's rows of the other
            // buffers are this member's.
            let (stream, streams, of_layers) = unsafe {
                (
                    decoder.buffers.stream.get(Self::row_of(token, hidden)),
                    buffers.streams.get_mut(Self::row_of(token, width)),
                    buffers.of_layers.get_mut(Self::row_of(token, of_layers)),
                )
            };
            let size = mean_square(stream);
            streams[..hidden].copy_from_slice(stream);
            for other in streams.chunks_exact_mut(hidden).skip(1) {
                let factor = as_large(other, size);
                other.iter_mut().for_each(|x| *x *= factor);
            }
            let id = Some(rows[token].id as usize).filter(|id| *id < table.rows());
            table.row(id.unwrap_or(0), &mut row);
            let of_each = of_layers.chunks_exact_mut(layer_width);
            for (input, own) in of_each.zip(row.chunks_exact(layer_width)) {
                input.iter_mut().for_each(|x| *x *= from_width);
                self.norm_row(&inputs.norm, input, &mut normed);
                for ((input, normed), own) in input.iter_mut().zip(&normed).zip(own) {
                    *input = (normed + own * from_table) * AltUp::HALF;
                }
            }
        }
        self.await_streams();
    }

    /// Puts what the last norm sees of all streams in the place of the stream, if there are
    /// several: their mean, each projected and as large as the first.
    #[inline(never)]
    pub(super) fn merge_streams(&self) {
        let Pass { decoder, member, .. } = *self;
        let (Some(inputs), Some((buffers, own))) =
            (&decoder.inputs, self.stream_buffers())
        else {
            return;
        };
        let (hidden, width) = self.stream_sizes();
        for token in self.tokens_to_prepare() {
            // SAFETY: nobody writes this token's streams in this step but this member, and its
            // inputs are this member's.
            unsafe {
                let streams = buffers.streams.get(Self::row_of(token, width));
                let others = streams.chunks_exact(hidden).skip(1);
                for (stream, inputs) in others.zip(&own.streams) {
                    decoder.kernels.quantise_row(inputs, token, stream);
                }
            }
        }
        self.await_inputs();
        let merged = width - hidden;
        let targets = inputs.streams_out.iter().zip(&own.streams).enumerate();
        let targets = targets.map(|(at, (projection, inputs))| Target {
            inputs,
            projection,
            out: &buffers.merged,
            width: merged,
            first: at * hidden,
        });
        self.project(&targets.collect::<Vec<_>>());
        member.barrier();

        let count = (width / hidden) as f32;
        for token in member.share(self.tokens) {
            // SAFETY: nobody writes the streams and what is projected of them in this step, and
            // this token's row of the stream is this member's.
            let (first, projected, out) = unsafe {
                (
                    buffers.streams.get(token * width..token * width + hidden),
                    buffers.merged.get(Self::row_of(token, merged)),
                    decoder.buffers.stream.get_mut(Self::row_of(token, hidden)),
                )
            };
            out.copy_from_slice(first);
            let size = mean_square(first);
            for other in projected.chunks_exact(hidden) {
                let factor = as_large(other, size);
                out.iter_mut().zip(other).for_each(|(out, x)| *out += factor * x);
            }
            out.iter_mut().for_each(|out| *out /= count);
        }
    }

    /// Keeps what the last norm would see after a block, or before the first, if it is asked
    /// for; and leaves it in the stream after the last.
    pub(super) fn keep_merged(&self, points: Range<usize>) {
        let is_last = points.end > 2 * self.decoder.config.layers.len();
        if is_last || self.tap.is_some_and(|tap| tap.points > 0) {
            self.merge_streams();
            points.for_each(|point| self.keep_stream(point));
        }
    }
}

fn mean_square(x: &[f32]) -> f32 {
    x.iter().map(|x| x * x).sum::<f32>() / x.len().max(1) as f32
}

/// What makes numbers as large as others, of which this is the mean square.
fn as_large(x: &[f32], size: f32) -> f32 {
    (size / mean_square(x).max(LEAST_SQUARE)).sqrt()
}
