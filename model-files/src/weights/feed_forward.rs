//! Loads what follows the mixer of a block: one network, or a mixture of experts.

use super::decoder_weights::{ExpertsWeights, FeedForward, MlpWeights, SharedExpert};
use super::loader::{LoadMatrix, WeightLoader};
use super::tensor_id::{Role, TensorId};
use crate::config::{Block, Experts};
use crate::error::{ModelFileError, Result};

impl WeightLoader<'_> {
    pub(super) fn feed_forward<M: LoadMatrix>(
        &mut self,
        index: usize,
    ) -> Result<FeedForward<M>> {
        if self.config.block == Block::MixerOnly {
            return Ok(FeedForward::None);
        }
        let experts = self.config.experts.filter(|_| self.config.layers[index].experts);
        if let Some(experts) = experts {
            return self.experts(index, &experts).map(FeedForward::Experts);
        }
        let id_of = |role| TensorId::of_layer(index, role);
        let roles = [Role::Gate, Role::Up, Role::Down].map(id_of);
        let inner = self.config.intermediate_size;
        let mut mlp = self.mlp(roles, inner)?;
        if self.config.mlp.output_gate {
            let (id, hidden) = (id_of(Role::MlpGate), self.config.hidden_size);
            mlp.output_gate = Some(self.projection(id, hidden, hidden, false)?);
        }
        Ok(FeedForward::Dense(mlp))
    }

    fn experts<M: LoadMatrix>(
        &mut self,
        index: usize,
        experts: &Experts,
    ) -> Result<ExpertsWeights<M>> {
        let hidden = self.config.hidden_size;
        let router = TensorId::of_layer(index, Role::Router);
        let mut all = Vec::new();
        all.try_reserve_exact(experts.count).map_err(|_| ModelFileError::OutOfMemory)?;
        for expert in 0..experts.count {
            let id_of = |role| TensorId::of_expert(index, expert, role);
            let roles = [Role::ExpertGate, Role::ExpertUp, Role::ExpertDown].map(id_of);
            all.push(self.mlp(roles, experts.inner)?);
        }
        let shared = match experts.shared_inner {
            0 => None,
            inner => {
                let id_of = |role| TensorId::of_layer(index, role);
                let roles = [Role::SharedGate, Role::SharedUp, Role::SharedDown];
                let mlp = self.mlp(roles.map(id_of), inner)?;
                let id = id_of(Role::SharedWeight);
                let weight = match experts.shared_gate {
                    true => Some(self.source.numbers(id, &[hidden])?),
                    false => None,
                };
                Some(SharedExpert { mlp, weight })
            }
        };
        Ok(ExpertsWeights {
            router: self.source.numbers(router, &[experts.count, hidden])?,
            router_bias: self.bias(experts.router_bias, router, experts.count)?,
            choice_bias: match experts.choice_bias {
                true => {
                    let id = TensorId::of_layer(index, Role::RouterChoice);
                    Some(self.source.numbers(id, &[experts.count])?)
                }
                false => None,
            },
            experts: all,
            shared,
        })
    }

    /// A network with the tensors of its gate, if there is one, and of its projections.
    fn mlp<M: LoadMatrix>(
        &mut self,
        [gate, up, down]: [TensorId; 3],
        inner: usize,
    ) -> Result<MlpWeights<M>> {
        let (hidden, mlp) = (self.config.hidden_size, self.config.mlp);
        Ok(MlpWeights {
            gate_proj: match mlp.gated {
                true => Some(self.projection(gate, inner, hidden, mlp.bias)?),
                false => None,
            },
            up_proj: self.projection(up, inner, hidden, mlp.bias)?,
            down_proj: self.projection(down, hidden, inner, mlp.bias)?,
            output_gate: None,
        })
    }
}
