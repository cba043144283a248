//! Loads the weights of attention.

use super::decoder_weights::AttentionWeights;
use super::loader::{LoadMatrix, WeightLoader};
use super::parts::NormWeights;
use super::tensor_id::{Role, TensorId};
use crate::config::QkNorm;
use crate::error::Result;

impl WeightLoader<'_> {
    pub(super) fn attention<M: LoadMatrix>(
        &mut self,
        index: usize,
    ) -> Result<AttentionWeights<M>> {
        let config = self.config;
        let (hidden, q_size, kv_size) =
            (config.hidden_size, config.q_size(), config.kv_size());
        let bias = config.attention.qkv_bias;
        let id_of = |role| TensorId::of_layer(index, role);
        let head_dim = config.head_dim;
        let heads = (config.num_attention_heads, config.num_key_value_heads);
        let is_own = config.layers[index].shares.is_none();
        let own = |role, loader: &mut Self| match is_own {
            true => loader.projection(id_of(role), kv_size, hidden, bias).map(Some),
            false => Ok(None),
        };
        let qk_norm = match config.attention.qk_norm {
            QkNorm::None => None,
            // Its keys are normalised where they come from.
            QkNorm::Heads if !is_own => {
                let no_weights = NormWeights { weight: vec![1.0; head_dim], bias: None };
                Some((self.norm(id_of(Role::QueryNorm), head_dim)?, no_weights))
            }
            QkNorm::EachHead => Some((
                self.head_norms(index, Role::QueryNorm, heads.0)?,
                self.head_norms(index, Role::KeyNorm, heads.1)?,
            )),
            QkNorm::Heads | QkNorm::HeadsRotated => Some((
                self.norm(id_of(Role::QueryNorm), head_dim)?,
                self.norm(id_of(Role::KeyNorm), head_dim)?,
            )),
            QkNorm::Whole => Some((
                self.norm(id_of(Role::QueryNorm), q_size)?,
                self.norm(id_of(Role::KeyNorm), kv_size)?,
            )),
        };
        Ok(AttentionWeights {
            q_proj: self.projection(id_of(Role::Query), q_size, hidden, bias)?,
            k_proj: own(Role::Key, self)?,
            v_proj: own(Role::Value, self)?,
            o_proj: self.projection(
                id_of(Role::Output),
                hidden,
                q_size,
                config.attention.output_bias,
            )?,
            qk_norm,
            sinks: match config.attention.sinks {
                true => {
                    let shape = [config.num_attention_heads];
                    Some(self.source.numbers(id_of(Role::Sinks), &shape)?)
                }
                false => None,
            },
            gate: match config.attention.gated {
                true => {
                    let id = id_of(Role::AttentionGate);
                    Some(self.projection(id, q_size, hidden, bias)?)
                }
                false => None,
            },
        })
    }
}
