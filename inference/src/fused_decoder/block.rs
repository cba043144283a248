//! One block of a pass: its mixer, then its MLP.

use kernels::{AttentionScratch, PackedMatrix};
use model_files::config::{Block, QkNorm};
use model_files::weights::{AttentionWeights, FeedForward, MixerWeights};

use super::layers::Layer;
use super::pass::Pass;
use super::project::beside;
use super::streams::StreamBlock;
use crate::recurrence::Before;

impl Pass<'_> {
    /// Applies a block to the residual stream.
    pub(super) fn block(
        &self,
        layer_index: usize,
        layer: &Layer,
        scratch: &mut AttentionScratch,
    ) {
        if let (
            MixerWeights::Attention(attention),
            FeedForward::Dense(mlp),
            Some(streams),
        ) = (&layer.mixer, &layer.mlp, &layer.streams)
        {
            let index = layer_index;
            let block = StreamBlock { index, layer, attention, mlp, streams };
            return self.stream_block(&block, scratch);
        }
        self.prepare_inputs(layer_index, layer);
        match &layer.mixer {
            MixerWeights::Attention(weights) => {
                self.attention(layer_index, layer, weights, scratch);
            }
            MixerWeights::Convolution(weights) => self.convolution(layer_index, weights),
            MixerWeights::Recurrence(weights) => {
                self.recurrence(layer_index, layer, weights);
            }
            MixerWeights::Latent(weights) => {
                self.latent(layer_index, layer, weights, scratch);
            }
        }
        self.mlp(layer_index, layer);
    }

    fn attention(
        &self,
        layer_index: usize,
        layer: &Layer,
        weights: &AttentionWeights<PackedMatrix>,
        scratch: &mut AttentionScratch,
    ) {
        let Pass { member, decoder, .. } = *self;
        let buffers = &decoder.buffers;
        self.project_qkv(weights);
        member.barrier();

        if decoder.config.attention.qk_norm == QkNorm::Whole {
            self.norm_whole(weights);
            member.barrier();
        }
        self.rotate_and_cache(layer_index, layer, weights);
        member.barrier();

        self.attend_all(layer_index, layer, scratch);
        member.barrier();

        match &weights.gate {
            Some(_) => self.quantise_gated(),
            None => self.quantise(&buffers.mixed, |inputs| &inputs.mixed),
        }
        self.project_to_stream(&weights.o_proj, &self.inputs().mixed);
        member.barrier();
    }

    fn mlp(&self, layer_index: usize, layer: &Layer) {
        let Pass { member, decoder, .. } = *self;
        let buffers = &decoder.buffers;
        let wkv = layer.wkv();
        let inputs = match decoder.config.block {
            Block::MixerOnly => {
                self.keep_stream(2 * layer_index + 1);
                return self.keep_stream(2 * layer_index + 2);
            }
            Block::Parallel => &self.inputs().hidden,
            Block::ParallelTwoNorms => &self.inputs().mlp_hidden,
            Block::NormAfterSum => {
                self.keep_stream(2 * layer_index + 1);
                let inputs = &self.inputs().hidden;
                self.norm_stream(layer.mlp_norm.as_ref());
                self.norm_and_quantise(None, inputs);
                self.await_inputs();
                inputs
            }
            Block::PreNorm | Block::PostNorm | Block::Sandwich => {
                self.add_residual(layer.mixed_norm.as_ref());
                if let FeedForward::Experts(weights) = &layer.mlp {
                    return self.experts(layer_index, layer, weights);
                }
                let (norm, inputs) = (layer.mlp_norm.as_ref(), &self.inputs().hidden);
                match wkv {
                    Some(wkv) => {
                        // The mixer's are no longer needed.
                        let of_gate = self.inputs().mixtures.first();
                        let inputs: Vec<_> =
                            std::iter::once(inputs).chain(of_gate).collect();
                        self.norm_and_mix(
                            layer_index,
                            Before::Mlp,
                            norm,
                            &wkv.mlp_shift,
                            &inputs,
                        );
                    }
                    None => self.norm_and_quantise(norm, inputs),
                }
                self.await_inputs();
                inputs
            }
        };
        if decoder.config.block != Block::NormAfterSum {
            self.keep_stream(2 * layer_index + 1);
        }
        let FeedForward::Dense(mlp) = &layer.mlp else {
            unreachable!("no parallel block has experts");
        };
        self.gate_and_up(mlp, inputs);
        member.barrier();
        if wkv.is_some() {
            // All members have read what was kept before, and the stream is as it was.
            self.keep_last(layer_index, Before::Mlp, layer.mlp_norm.as_ref());
            member.barrier();
        }

        let of_gate = self.inputs().mixtures.first();
        if let (Some(gate), Some(inputs)) = (&mlp.output_gate, of_gate) {
            self.project(&beside([gate], inputs, &buffers.branch));
            member.barrier();
        }
        self.quantise(&buffers.up, |inputs| &inputs.inner);
        match mlp.output_gate {
            Some(_) => self.add_gated(&mlp.down_proj),
            None => self.project_to_stream(&mlp.down_proj, &self.inputs().inner),
        }
        member.barrier();
        self.add_residual(layer.mlp_output_norm.as_ref());
        self.keep_stream(2 * layer_index + 2);
    }
}
