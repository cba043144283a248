//! Loads the numbers of RWKV's recurrences.

use super::decoder_weights::{RecurrenceNumbers, WkvNumbers};
use super::loader::WeightLoader;
use super::tensor_id::{Role, Shifted, TensorId};
use crate::config::RecurrenceKind;
use crate::error::Result;

/// The projections of the inputs, in their order. Each has its own mixture of a token and the
/// one before it, but for the last, which has that of values.
pub(super) const WKV_ROLES: [Role; 7] = [
    Role::StateQuery,
    Role::StateKey,
    Role::StateValue,
    Role::StateDown(Shifted::Decay),
    Role::StateDown(Shifted::Rate),
    Role::StateDown(Shifted::Gate),
    Role::StateDown(Shifted::Value),
];

const SHIFTS: [Shifted; 7] = [
    Shifted::Receptance,
    Shifted::Key,
    Shifted::Value,
    Shifted::Decay,
    Shifted::Rate,
    Shifted::Gate,
    Shifted::Value,
];

/// The projections of the inputs of RWKV-4.
pub(super) const AVERAGE_ROLES: [Role; 3] =
    [Role::StateQuery, Role::StateKey, Role::StateValue];

impl WeightLoader<'_> {
    /// The numbers of a layer of RWKV-4, whose output has `inner` channels. Its files say how
    /// much of a token itself comes into its mixtures.
    pub(super) fn averages(
        &mut self,
        index: usize,
        inner: usize,
    ) -> Result<RecurrenceNumbers> {
        let hidden = self.config.hidden_size;
        let decay = self.decay(index, &[inner])?;
        let mut load =
            |role, width| self.source.numbers(TensorId::of_layer(index, role), &[width]);
        let mut before = |role| {
            let own = load(role, hidden)?;
            Ok(own.into_iter().map(|own| 1.0 - own).collect())
        };
        let shifts = [Shifted::Receptance, Shifted::Key, Shifted::Value];
        let shift = shifts.map(Role::StateShift).map(&mut before);
        let shift = shift.into_iter().collect::<Result<_>>()?;
        let mlp_shift = [Role::MlpShift, Role::MlpGateShift].map(before);
        let mlp_shift = mlp_shift.into_iter().collect::<Result<_>>()?;
        let bonus = load(Role::StateBonus, inner)?;
        let wkv = WkvNumbers { shift, mlp_shift, bonus, ..WkvNumbers::default() };
        Ok(RecurrenceNumbers { wkv: Some(Box::new(wkv)), decay, ..Default::default() })
    }

    /// The numbers of a layer, whose output has `inner` channels.
    pub(super) fn wkv(
        &mut self,
        index: usize,
        inner: usize,
        [decay, rate, gate, value]: [usize; 4],
    ) -> Result<RecurrenceNumbers> {
        let hidden = self.config.hidden_size;
        let is_first = index == 0;
        let bonus = self.bonus(index, inner)?;
        let mut load = |role, shape: &[usize]| {
            self.source.numbers(TensorId::of_layer(index, role), shape)
        };
        // A row of a matrix in some files.
        let shifts = &SHIFTS[..if is_first { 6 } else { 7 }];
        let shift =
            shifts.iter().map(|shifted| load(Role::StateShift(*shifted), &[1, hidden]));
        let shift = shift.collect::<Result<_>>()?;
        let mut up = |shifted, rank| load(Role::StateUp(shifted), &[inner, rank]);
        let ups = [
            up(Shifted::Decay, decay)?,
            up(Shifted::Rate, rate)?,
            up(Shifted::Gate, gate)?,
        ];
        let value_up = match is_first {
            true => None,
            false => Some(up(Shifted::Value, value)?),
        };
        let mut vector = |role| load(role, &[inner]);
        let value_up = match value_up {
            None => None,
            Some(up) => Some((up, vector(Role::StateUpBias(Shifted::Value))?)),
        };
        let norm = TensorId::of_layer(index, Role::StateNorm);
        let wkv = WkvNumbers {
            shift,
            up: ups,
            up_bias: [
                vector(Role::StateUpBias(Shifted::Decay))?,
                vector(Role::StateUpBias(Shifted::Rate))?,
            ],
            value_up,
            key_scale: vector(Role::StateKeyScale)?,
            key_rate: vector(Role::StateKeyRate)?,
            bonus,
            norm: vector(Role::StateNorm)?,
            norm_bias: self.source.numbers(norm.bias(), &[inner])?,
            mlp_shift: vec![
                self.source
                    .numbers(TensorId::of_layer(index, Role::MlpShift), &[hidden])?,
            ],
        };
        Ok(RecurrenceNumbers { wkv: Some(Box::new(wkv)), ..RecurrenceNumbers::default() })
    }

    /// What of a token's own value is added: by heads in some files, in a row in others.
    fn bonus(&mut self, index: usize, inner: usize) -> Result<Vec<f32>> {
        let id = TensorId::of_layer(index, Role::StateBonus);
        let width = match self.config.recurrence.map(|recurrence| recurrence.kind) {
            Some(RecurrenceKind::Wkv { width, .. }) => width,
            _ => inner,
        };
        let by_heads = self.source.numbers(id, &[inner / width.max(1), width]);
        by_heads.or_else(|_| self.source.numbers(id, &[inner]))
    }
}
