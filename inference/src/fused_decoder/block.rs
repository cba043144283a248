//! One block of a pass: its mixer, then its MLP.

use kernels::{AttentionScratch, PackedMatrix};
use model_files::config::{Block, QkNorm};
use model_files::weights::{AttentionWeights, FeedForward, MixerWeights};

use super::pass::{Layer, Pass};

impl Pass<'_> {
    /// Applies a block to the residual stream.
    pub(super) fn block(
        &self,
        layer_index: usize,
        layer: &Layer,
        scratch: &mut AttentionScratch,
    ) {
        self.prepare_inputs(layer);
        match &layer.mixer {
            MixerWeights::Attention(weights) => {
                self.attention(layer_index, layer, weights, scratch);
            }
            MixerWeights::Convolution(weights) => self.convolution(layer_index, weights),
            MixerWeights::Recurrence(weights) => self.recurrence(layer_index, weights),
            MixerWeights::Latent(_) => unreachable!("it is refused when it is loaded"),
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
        let Pass { member, decoder, rows, .. } = *self;
        let buffers = &decoder.buffers;
        self.project_qkv(weights);
        member.barrier();

        if decoder.config.attention.qk_norm == QkNorm::Whole {
            self.norm_whole(weights);
            member.barrier();
        }
        self.rotate_and_cache(layer_index, layer, weights);
        member.barrier();

        self.keep_attention(layer_index, layer);
        match rows {
            [row] => self.attend_alone(*row, layer_index, layer, scratch),
            _ => self.attend(layer_index, layer, scratch),
        }
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
                let inputs = &self.inputs().hidden;
                self.norm_and_quantise(layer.mlp_norm.as_ref(), inputs);
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

        self.quantise(&buffers.up, |inputs| &inputs.inner);
        self.project_to_stream(&mlp.down_proj, &self.inputs().inner);
        member.barrier();
        self.add_residual(layer.mlp_output_norm.as_ref());
        self.keep_stream(2 * layer_index + 2);
    }
}
