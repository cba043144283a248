//! Queries, keys and values of a pass: norms, rotary embedding, and the cache.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{PackedMatrix, rotate};
use model_files::config::QkNorm;
use model_files::weights::{AttentionWeights, NormWeights};

use super::layers::Layer;
use super::pass::Pass;

impl Pass<'_> {
    /// Normalises all queries of a token together, and all its keys. Work is split by
    /// tokens.
    pub(super) fn norm_whole(&self, weights: &AttentionWeights<PackedMatrix>) {
        let Some((q_norm, k_norm)) = &weights.qk_norm else { return };
        let decoder = self.decoder;
        let (q_size, kv_size) = (decoder.config.q_size(), decoder.config.kv_size());
        let mut normed = vec![0.0; q_size];
        for token in self.member.share(self.tokens) {
            let start = token * (q_size + 2 * kv_size);
            let queries = start..start + q_size;
            let keys = queries.end..queries.end + kv_size;
            for (norm, range) in [(q_norm, queries), (k_norm, keys)] {
                // SAFETY: this token's row belongs to this member.
                let row = unsafe { decoder.buffers.qkv.get_mut(range) };
                let normed = &mut normed[..row.len()];
                self.norm_row(norm, row, normed);
                row.copy_from_slice(normed);
            }
        }
    }

    /// Normalises and rotates queries and keys head by head, and appends keys and values
    /// to the cache. Work is split by heads.
    #[inline(never)]
    pub(super) fn rotate_and_cache(
        &self,
        layer_index: usize,
        layer: &Layer,
        weights: &AttentionWeights<PackedMatrix>,
    ) {
        let Pass { decoder, rows, .. } = *self;
        let config = &decoder.config;
        let norms = weights
            .qk_norm
            .as_ref()
            .filter(|_| config.attention.qk_norm != QkNorm::Whole);
        let norms_rotated = config.attention.qk_norm == QkNorm::HeadsRotated;
        let (rope, angles) = match (&decoder.ropes.1, &self.angles.1) {
            (Some(rope), Some(angles)) if layer.kind.window.is_some() => (rope, angles),
            _ => (&decoder.ropes.0, &self.angles.0),
        };
        let pairs = angles.0.len() / rows.len().max(1);
        let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let head_dim = config.head_dim;
        let heads_per_token = heads + 2 * kv_heads;
        let mut normed = vec![0.0; head_dim];
        let of_values = config
            .attention
            .value_norm
            .then(|| NormWeights { weight: vec![1.0; head_dim], bias: None });
        // Queries alone have a place in a layer with the keys and values of another.
        let own = if layer.kind.shares.is_some() { heads } else { heads_per_token };
        for index in self.member.share(own) {
            for (token, row) in rows.iter().enumerate() {
                let sequence = &decoder.sequences[row.slot];
                let start = (token * heads_per_token + index) * head_dim;
                // SAFETY: this head belongs to this member.
                let head =
                    unsafe { decoder.buffers.qkv.get_mut(start..start + head_dim) };
                let is_value = index >= heads + kv_heads;
                if !is_value && !norms_rotated {
                    self.norm_head(norms, index, head, &mut normed);
                }
                if let Some(most) = config.attention.clip {
                    head.iter_mut().for_each(|x| *x = x.clamp(-most, most));
                }
                if is_value {
                    if let Some(norm) = &of_values {
                        self.norm_row(norm, head, &mut normed);
                        head.copy_from_slice(&normed);
                    }
                    let index = index - heads - kv_heads;
                    sequence.head(layer_index, index).push_value(head);
                    continue;
                }
                if layer.kind.rope {
                    let range = token * pairs..(token + 1) * pairs;
                    let (cos, sin) = (&angles.0[range.clone()], &angles.1[range]);
                    rotate(&mut head[..2 * pairs], cos, sin, rope.is_interleaved());
                }
                if norms_rotated {
                    self.norm_head(norms, index, head, &mut normed);
                }
                if index >= heads {
                    sequence.head(layer_index, index - heads).push_key(head);
                }
            }
        }
    }

    /// Normalises a query or key, the head of an index, if there are norms of heads.
    fn norm_head(
        &self,
        norms: Option<&(NormWeights, NormWeights)>,
        index: usize,
        head: &mut [f32],
        normed: &mut [f32],
    ) {
        let config = &self.decoder.config;
        let Some((q_norm, k_norm)) = norms else { return };
        let (norm, of_kind) = match index.checked_sub(config.num_attention_heads) {
            None => (q_norm, index),
            Some(index) => (k_norm, index),
        };
        match config.attention.qk_norm {
            QkNorm::EachHead => {
                let first = of_kind * head.len();
                let weight = norm.weight[first..first + head.len()].to_vec();
                self.norm_row(&NormWeights { weight, bias: None }, head, normed);
            }
            _ => self.norm_row(norm, head, normed),
        }
        head.copy_from_slice(normed);
    }
}
