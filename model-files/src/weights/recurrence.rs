//! Loads recurrences and short convolutions. Exponents of decays are worked out here, so that
//! decoders have one form of them.

use std::sync::Arc;

use super::decoder_weights::{ConvolutionWeights, RecurrenceNumbers, RecurrenceWeights};
use super::loader::{LoadMatrix, WeightLoader};
use super::tensor_id::{Role, TensorId};
use super::wkv::{AVERAGE_ROLES, WKV_ROLES};
use crate::config::{Config, Recurrence, RecurrenceKind};
use crate::error::{Result, invalid_config};

/// The factor of the exponent of a gated linear recurrence (Griffin, section 2.4).
const GATED_LINEAR_FACTOR: f32 = -8.0;

impl WeightLoader<'_> {
    pub(super) fn convolution<M: LoadMatrix>(
        &mut self,
        index: usize,
    ) -> Result<ConvolutionWeights<M>> {
        let Config { hidden_size, convolution_taps, convolution_bias, .. } = *self.config;
        let id_of = |role| TensorId::of_layer(index, role);
        let (input, output) =
            (id_of(Role::ConvolutionInput), id_of(Role::ConvolutionOutput));
        let taps = id_of(Role::ConvolutionTaps);
        Ok(ConvolutionWeights {
            in_proj: self.projection(
                input,
                3 * hidden_size,
                hidden_size,
                convolution_bias,
            )?,
            taps: self.source.numbers(taps, &[hidden_size, convolution_taps])?,
            bias: self.bias(convolution_bias, taps, hidden_size)?,
            out_proj: self.projection(
                output,
                hidden_size,
                hidden_size,
                convolution_bias,
            )?,
        })
    }

    pub(super) fn recurrence<M: LoadMatrix>(
        &mut self,
        index: usize,
    ) -> Result<RecurrenceWeights<M>> {
        let hidden = self.config.hidden_size;
        let Some(recurrence) = self.config.recurrence else {
            return Err(invalid_config("the sizes of a recurrence are missing"));
        };
        let id_of = |role| TensorId::of_layer(index, role);
        let roles: &[Role] = match recurrence.kind {
            RecurrenceKind::Delta { .. } => &[
                Role::StateQuery,
                Role::StateKey,
                Role::StateValue,
                Role::StateGate,
                Role::StateRate,
                Role::StateHeadStep,
            ],
            // The first layer has nothing before it to take values from.
            RecurrenceKind::Wkv { .. } if index == 0 => &WKV_ROLES[..6],
            RecurrenceKind::Wkv { .. } => &WKV_ROLES,
            RecurrenceKind::Averages { .. } => &AVERAGE_ROLES,
            _ => &[Role::StateInput, Role::StateGate],
        };
        let inputs = roles.iter().zip(recurrence.inputs());
        let inputs = inputs.map(|(role, rows)| {
            self.projection(id_of(*role), rows, hidden, recurrence.bias)
        });
        let inputs = inputs.collect::<Result<_>>()?;
        let numbers = self.recurrence_numbers(index, &recurrence)?;
        let output = id_of(Role::StateOutput);
        Ok(RecurrenceWeights {
            inputs,
            numbers: Arc::new(numbers),
            output: self.projection(
                output,
                hidden,
                recurrence.inner(),
                recurrence.bias,
            )?,
        })
    }

    fn recurrence_numbers(
        &mut self,
        index: usize,
        recurrence: &Recurrence,
    ) -> Result<RecurrenceNumbers> {
        if let RecurrenceKind::Wkv { ranks, .. } = recurrence.kind {
            return self.wkv(index, recurrence.inner(), ranks);
        }
        if let RecurrenceKind::Averages { inner } = recurrence.kind {
            return self.averages(index, inner);
        }
        let id_of = |role| TensorId::of_layer(index, role);
        let taps = id_of(Role::StateTaps);
        let channels = recurrence.convolved();
        let numbers = RecurrenceNumbers {
            taps: self.source.numbers(taps, &[channels, recurrence.taps])?,
            taps_bias: self.bias(recurrence.taps_bias, taps, channels)?,
            ..RecurrenceNumbers::default()
        };
        let mut vector = |role, shape: &[usize]| self.source.numbers(id_of(role), shape);
        Ok(match recurrence.kind {
            RecurrenceKind::Selective { inner, states, rank, .. } => RecurrenceNumbers {
                parameters: vector(Role::StateParameters, &[rank + 2 * states, inner])?,
                step: vector(Role::StateStep, &[inner, rank])?,
                skip: vector(Role::StateSkip, &[inner])?,
                step_bias: self
                    .source
                    .numbers(id_of(Role::StateStep).bias(), &[inner])?,
                decay: self.decay(index, &[inner, states])?,
                ..numbers
            },
            RecurrenceKind::Heads { heads, groups, .. } => RecurrenceNumbers {
                skip: vector(Role::StateSkip, &[heads])?,
                step_bias: vector(Role::StateStepBias, &[heads])?,
                norm: self.grouped_norm(index, recurrence.inner(), groups)?,
                decay: self.decay(index, &[heads])?,
                ..numbers
            },
            RecurrenceKind::Delta { value_heads, value_width, .. } => RecurrenceNumbers {
                step_bias: vector(Role::StateStepBias, &[value_heads])?,
                norm: vector(Role::StateNorm, &[value_width])?,
                decay: self.decay(index, &[value_heads])?,
                ..numbers
            },
            RecurrenceKind::GatedLinear { width, blocks } => {
                let each = width / blocks;
                let (matrix, bias) = ([blocks, each, each], [blocks, each]);
                let mut decay = vector(Role::StateDecayParameter, &[width])?;
                let softplus = |x: f32| x.max(0.0) + (-x.abs()).exp().ln_1p();
                decay.iter_mut().for_each(|x| *x = GATED_LINEAR_FACTOR * softplus(*x));
                RecurrenceNumbers {
                    decay,
                    gates: [
                        (
                            vector(Role::StateInputGate, &matrix)?,
                            vector(Role::StateInputGateBias, &bias)?,
                        ),
                        (
                            vector(Role::StateDecayGate, &matrix)?,
                            vector(Role::StateDecayGateBias, &bias)?,
                        ),
                    ],
                    ..numbers
                }
            }
            RecurrenceKind::Wkv { .. } | RecurrenceKind::Averages { .. } => numbers,
        })
    }

    /// The weights of a norm by groups, which have a row for each group in GGUF files.
    fn grouped_norm(
        &mut self,
        index: usize,
        inner: usize,
        groups: usize,
    ) -> Result<Vec<f32>> {
        let id_of = |role| TensorId::of_layer(index, role);
        match self.source.contains(id_of(Role::StateDecay)) {
            true => {
                let shape = [groups, inner / groups];
                self.source.numbers(id_of(Role::StateNorm), &shape)
            }
            false => self.source.numbers(id_of(Role::StateNorm), &[inner]),
        }
    }

    /// Exponents of decays, which GGUF files have, and others the logarithm of.
    pub(super) fn decay(&mut self, index: usize, shape: &[usize]) -> Result<Vec<f32>> {
        let log = TensorId::of_layer(index, Role::StateDecayLog);
        if !self.source.contains(log) {
            let id = TensorId::of_layer(index, Role::StateDecay);
            return self.source.numbers(id, shape);
        }
        let mut decay = self.source.numbers(log, shape)?;
        decay.iter_mut().for_each(|log| *log = -log.exp());
        Ok(decay)
    }
}
