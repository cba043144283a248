//! Loads latent attention, and norms of heads with weights of their own.

use super::decoder_weights::LatentWeights;
use super::loader::{LoadMatrix, WeightLoader};
use super::parts::NormWeights;
use super::tensor_id::{Role, TensorId};
use crate::config::Latent;
use crate::error::Result;

impl WeightLoader<'_> {
    /// The weights of norms of heads, [heads, D]: in one tensor, or in one for each.
    pub(super) fn head_norms(
        &mut self,
        index: usize,
        role: Role,
        heads: usize,
    ) -> Result<NormWeights> {
        let head_dim = self.config.head_dim;
        let whole = TensorId::of_layer(index, role);
        let weight = match self.source.contains(whole) {
            true => self.source.numbers(whole, &[heads, head_dim])?,
            false => {
                let of_head = |head| TensorId::of_expert(index, head, role);
                let each = (0..heads)
                    .map(|head| self.source.numbers(of_head(head), &[head_dim]));
                each.collect::<Result<Vec<_>>>()?.concat()
            }
        };
        Ok(NormWeights { weight, bias: None })
    }

    pub(super) fn latent<M: LoadMatrix>(
        &mut self,
        index: usize,
        latent: &Latent,
    ) -> Result<LatentWeights<M>> {
        let config = self.config;
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        let bias = config.attention.qkv_bias;
        let id_of = |role| TensorId::of_layer(index, role);
        let query_down = match latent.query_rank {
            Some(rank) => Some((
                self.projection(id_of(Role::QueryDown), rank, hidden, bias)?,
                self.norm(id_of(Role::QueryDownNorm), rank)?,
            )),
            None => None,
        };
        let query_inputs = latent.query_rank.unwrap_or(hidden);
        let down = latent.rank + latent.rotated;
        let up = heads * (latent.plain(config.head_dim) + latent.value_width);
        Ok(LatentWeights {
            query_down,
            query: self.projection(
                id_of(Role::Query),
                config.q_size(),
                query_inputs,
                false,
            )?,
            down: self.projection(id_of(Role::LatentDown), down, hidden, bias)?,
            norm: self.norm(id_of(Role::LatentNorm), latent.rank)?,
            up: self.projection(id_of(Role::LatentUp), up, latent.rank, false)?,
            output: self.projection(
                id_of(Role::Output),
                hidden,
                heads * latent.value_width,
                config.attention.output_bias,
            )?,
        })
    }
}
