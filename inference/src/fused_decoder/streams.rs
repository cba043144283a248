//! A block of several residual streams, of which it changes one (alternating updates: Baykal
//! et al., 2023, arXiv:2301.13310), with a residual of low rank and an input of its own.
//!
//! H hidden width, A streams, P width of a layer's input, I inner width of the MLP.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{AttentionScratch, PackedMatrix, QuantisedActivations};
use model_files::config::AltUp;
use model_files::weights::{AttentionWeights, MlpWeights, StreamWeights};

use super::project::beside;
use super::{layers::Layer, pass::Pass};

/// The weights of a block of several streams.
pub(super) struct StreamBlock<'a> {
    pub(super) index: usize,
    pub(super) layer: &'a Layer,
    pub(super) attention: &'a AttentionWeights<PackedMatrix>,
    pub(super) mlp: &'a MlpWeights<PackedMatrix>,
    pub(super) streams: &'a StreamWeights<PackedMatrix>,
}

impl Pass<'_> {
    /// Applies a block to the streams. The residual stream has the first of them on its way.
    pub(super) fn stream_block(
        &self,
        block: &StreamBlock<'_>,
        scratch: &mut AttentionScratch,
    ) {
        let Pass { decoder, member, .. } = *self;
        let Some((buffers, own)) = self.stream_buffers() else { return };
        let StreamBlock { index, layer, attention, mlp, streams } = *block;
        let inputs = self.inputs();
        let [down, up] = &streams.laurel;

        // 1. What streams are taken to be after the block; the mixer's inputs are of the first.
        self.predict_streams(streams);
        self.norm_and_quantise(layer.input_norm.as_ref(), &inputs.hidden);
        self.await_inputs();

        // 2. Attention, and the residual of low rank.
        let mut targets = self.qkv_targets(attention);
        targets.extend(beside([down], &inputs.hidden, &buffers.narrow));
        self.project(&targets);
        member.barrier();
        self.rotate_and_cache(index, layer, attention);
        member.barrier();
        self.attend_all(index, layer, scratch);
        self.quantise_rows(&own.narrow, |token, out| {
            let width = out.len();
            // SAFETY: nobody writes the buffer in this step.
            let row = unsafe { buffers.narrow.get(Self::row_of(token, width)) };
            out.copy_from_slice(row);
        });
        member.barrier();
        self.quantise(&decoder.buffers.mixed, |inputs| &inputs.mixed);
        let mut targets =
            beside([&attention.o_proj], &inputs.mixed, &decoder.buffers.branch);
        targets.extend(beside([up], &own.narrow, &buffers.laurel));
        self.project(&targets);
        member.barrier();
        self.add_mixed(block);

        // 3. The network.
        self.norm_and_quantise(layer.mlp_norm.as_ref(), &inputs.hidden);
        self.await_inputs();
        let cutoffs = decoder.config.altup.as_ref().map(|altup| &altup.cutoffs);
        match cutoffs.and_then(|cutoffs| *cutoffs.get(index)?) {
            Some(cutoff) => self.sparse_gate_and_up(mlp, cutoff),
            None => {
                self.gate_and_up(mlp, &inputs.hidden);
                member.barrier();
                self.quantise(&decoder.buffers.up, |inputs| &inputs.inner);
            }
        }
        self.project_to_stream(&mlp.down_proj, &inputs.inner);
        member.barrier();

        // 4. All streams follow the first, and the others get the layer's input.
        self.correct_streams(block);
        self.norm_and_quantise(None, &inputs.hidden);
        self.await_inputs();
        self.project(&beside([&streams.gate], &inputs.hidden, &buffers.gate));
        member.barrier();
        self.quantise_layer_input(index, &own.layer);
        self.await_inputs();
        self.project_to_stream(&streams.output, &own.layer);
        member.barrier();
        self.add_layer_input(streams);
        self.keep_merged(2 * index + 1..2 * index + 3);
    }

    /// Quantises rows that `row` writes.
    fn quantise_rows(
        &self,
        inputs: &QuantisedActivations,
        mut row: impl FnMut(usize, &mut [f32]),
    ) {
        let mut numbers = vec![0.0; inputs.columns()];
        for token in self.tokens_to_prepare() {
            row(token, &mut numbers);
            // SAFETY: this token's inputs are this member's.
            unsafe { self.decoder.kernels.quantise_row(inputs, token, &numbers) };
        }
    }

    /// The weights of streams by what one of them is, `[A]`; `normed` is scratch, `[H]`.
    fn weigh(
        &self,
        streams: &StreamWeights<PackedMatrix>,
        x: &[f32],
        normed: &mut [f32],
    ) -> Vec<f32> {
        self.norm_row(&streams.router_norm, x, normed);
        let mut weights = vec![0.0; streams.router.len() / x.len()];
        self.decoder.kernels.products(&streams.router, normed, &mut weights);
        weights.iter_mut().for_each(|weight| *weight = (*weight / x.len() as f32).tanh());
        weights
    }

    fn predict_streams(&self, weights: &StreamWeights<PackedMatrix>) {
        let Some((buffers, _)) = self.stream_buffers() else { return };
        let decoder = self.decoder;
        let (hidden, width) = self.stream_sizes();
        let count = width / hidden;
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            // SAFETY: this token's rows of streams and stream are this member's in this step.
            let (streams, stream) = unsafe {
                (
                    buffers.streams.get_mut(Self::row_of(token, width)),
                    decoder.buffers.stream.get_mut(Self::row_of(token, hidden)),
                )
            };
            let before = streams.to_vec();
            let of_first = self.weigh(weights, &before[..hidden], &mut normed);
            let mut factors = vec![0.0; count * count];
            decoder.kernels.products(&weights.prediction, &of_first, &mut factors);
            let rows = factors.chunks_exact(count);
            for (stream, factors) in streams.chunks_exact_mut(hidden).zip(rows) {
                for (other, factor) in before.chunks_exact(hidden).zip(factors) {
                    stream.iter_mut().zip(other).for_each(|(x, y)| *x += factor * y);
                }
            }
            stream.copy_from_slice(&streams[..hidden]);
        }
        self.await_streams();
    }

    /// The stream after the mixer: with its output, its inputs, and the residual of low rank.
    fn add_mixed(&self, block: &StreamBlock<'_>) {
        let Some((buffers, _)) = self.stream_buffers() else { return };
        let (decoder, layer) = (self.decoder, block.layer);
        let hidden = decoder.config.hidden_size;
        let mut normed = [vec![0.0; hidden], vec![0.0; hidden], vec![0.0; hidden]];
        for token in self.member.share(self.tokens) {
            let row = Self::row_of(token, hidden);
            // SAFETY: nobody writes the other buffers in this step, and this token's row of the
            // stream is this member's.
            let (branch, laurel, stream) = unsafe {
                (
                    decoder.buffers.branch.get(row.clone()),
                    buffers.laurel.get(row.clone()),
                    decoder.buffers.stream.get_mut(row),
                )
            };
            let [mixed, inputs, residual] = &mut normed;
            let parts = [
                (&layer.mixed_norm, branch, &mut *mixed),
                (&layer.input_norm, &*stream, &mut *inputs),
            ];
            for (norm, x, out) in parts {
                match norm {
                    Some(norm) => self.norm_row(norm, x, out),
                    None => out.copy_from_slice(x),
                }
            }
            self.norm_row(&block.streams.laurel_norm, laurel, residual);
            let parts = mixed.iter().zip(&*inputs).zip(&*residual);
            for (x, ((mixed, input), residual)) in stream.iter_mut().zip(parts) {
                *x = (*x + mixed + input + residual) * AltUp::HALF;
            }
        }
        self.await_streams();
    }

    /// Computes act(gate) · up into the inputs of the last product, of a gate whose channels
    /// count by how far they are above so many standard deviations.
    fn sparse_gate_and_up(&self, mlp: &MlpWeights<PackedMatrix>, cutoff: f32) {
        let Pass { decoder, member, .. } = *self;
        let (buffers, inputs) = (&decoder.buffers, self.inputs());
        let mut targets = beside([&mlp.up_proj], &inputs.hidden, &buffers.up);
        let gate = mlp.gate_proj.as_ref();
        targets.extend(beside(gate, &inputs.hidden, &buffers.gate));
        self.project(&targets);
        member.barrier();
        let activation = self.activation();
        let mut gate = vec![0.0; inputs.inner.columns()];
        self.quantise_rows(&inputs.inner, |token, out| {
            let range = Self::row_of(token, out.len());
            // SAFETY: nobody writes these buffers in this step.
            unsafe {
                gate.copy_from_slice(buffers.gate.get(range.clone()));
                out.copy_from_slice(buffers.up.get(range));
            }
            keep_above(&mut gate, cutoff);
            decoder.kernels.activate_and_multiply(activation, &gate, out);
        });
        self.await_inputs();
    }

    /// Corrects all streams by what the block has made of the first; the stream gets the first,
    /// scaled for the gate of the layer's input.
    fn correct_streams(&self, block: &StreamBlock<'_>) {
        let Some((buffers, _)) = self.stream_buffers() else { return };
        let (decoder, weights) = (self.decoder, block.streams);
        let (hidden, width) = self.stream_sizes();
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            let row = Self::row_of(token, hidden);
            // SAFETY: nobody writes the branch in this step, and this token's rows of streams
            // and stream are this member's.
            let (streams, branch, stream) = unsafe {
                (
                    buffers.streams.get_mut(Self::row_of(token, width)),
                    decoder.buffers.branch.get(row.clone()),
                    decoder.buffers.stream.get_mut(row),
                )
            };
            match &block.layer.mlp_output_norm {
                Some(norm) => self.norm_row(norm, branch, &mut normed),
                None => normed.copy_from_slice(branch),
            }
            stream.iter_mut().zip(&normed).for_each(|(x, y)| *x += y);
            let of_changed = self.weigh(weights, stream, &mut normed);
            let mut factors = vec![0.0; of_changed.len()];
            decoder.kernels.products(&weights.correction, &of_changed, &mut factors);
            let change = stream.iter().zip(&*streams).map(|(x, before)| x - before);
            let change: Vec<f32> = change.collect();
            for (stream, factor) in streams.chunks_exact_mut(hidden).zip(&factors) {
                let both = stream.iter_mut().zip(&change);
                both.for_each(|(x, change)| *x += (factor + 1.0) * change);
            }
            stream.copy_from_slice(&streams[..hidden]);
            let scale = weights.scale.iter().flatten();
            stream.iter_mut().zip(scale).for_each(|(x, scale)| *x *= scale);
        }
        self.await_streams();
    }

    /// Quantises the layer's input, times its gate.
    fn quantise_layer_input(&self, index: usize, inputs: &QuantisedActivations) {
        let Some((buffers, _)) = self.stream_buffers() else { return };
        let (activation, all) = (self.activation(), self.decoder.config.layer_inputs());
        self.quantise_rows(inputs, |token, out| {
            let width = out.len();
            let start = token * all + index * width;
            // SAFETY: nobody writes these buffers in this step.
            let gate = unsafe {
                out.copy_from_slice(buffers.of_layers.get(start..start + width));
                buffers.gate.get(Self::row_of(token, width))
            };
            self.decoder.kernels.activate_and_multiply(activation, gate, out);
        });
    }

    /// Adds what the layer's input gives to all streams but the first.
    fn add_layer_input(&self, weights: &StreamWeights<PackedMatrix>) {
        let Some((buffers, _)) = self.stream_buffers() else { return };
        let decoder = self.decoder;
        let (hidden, width) = self.stream_sizes();
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            // SAFETY: nobody writes the branch in this step, and this token's streams are this
            // member's.
            let (branch, streams) = unsafe {
                (
                    decoder.buffers.branch.get(Self::row_of(token, hidden)),
                    buffers.streams.get_mut(Self::row_of(token, width)),
                )
            };
            self.norm_row(&weights.output_norm, branch, &mut normed);
            for stream in streams.chunks_exact_mut(hidden).skip(1) {
                stream.iter_mut().zip(&normed).for_each(|(x, y)| *x += y);
            }
        }
        self.await_streams();
    }
}

/// How far each number is above the mean and so many standard deviations; 0 for those that are
/// not.
fn keep_above(x: &mut [f32], deviations: f32) {
    let count = x.len().max(1) as f32;
    let mean = x.iter().sum::<f32>() / count;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
    let cutoff = mean + variance.sqrt() * deviations;
    x.iter_mut().for_each(|x| *x = (*x - cutoff).max(0.0));
}
