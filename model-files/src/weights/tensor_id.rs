//! What a tensor is for, whatever a family's checkpoints call it.

use std::fmt;

/// The part of a decoder that a tensor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// [V, H].
    Embedding,
    /// Of positions, [context, H].
    Positions,
    /// Before the output head, `[H]`.
    FinalNorm,
    /// The output head, [V, H].
    Head,
    /// Before the mixer, `[H]`.
    InputNorm,
    /// [N · D, H].
    Query,
    /// [K · D, H].
    Key,
    /// [K · D, H].
    Value,
    /// [H, N · D].
    Output,
    /// `[D]` or `[N · D]`.
    QueryNorm,
    /// `[D]` or `[K · D]`.
    KeyNorm,
    /// What a short convolution is given, [3H, H].
    ConvolutionInput,
    /// Its taps, [H, taps].
    ConvolutionTaps,
    /// [H, H].
    ConvolutionOutput,
    /// After the mixer, `[H]`.
    MixedNorm,
    /// Before the MLP, `[H]`.
    MlpNorm,
    /// [I, H].
    Gate,
    /// [I, H].
    Up,
    /// [H, I].
    Down,
    /// After the MLP, `[H]`.
    MlpOutputNorm,
    /// Factors of rotary frequencies, one for each pair.
    RopeFactors,
    /// The same for texts within the original context.
    RopeFactorsShort,
    /// The same for longer ones.
    RopeFactorsLong,
}

/// A tensor that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TensorId {
    /// What it is for.
    pub role: Role,
    /// The block that it is in, if it is in one.
    pub layer: Option<usize>,
    /// The bias that goes with it instead of itself.
    pub bias: bool,
}

impl TensorId {
    /// One that is in no block.
    pub fn outside(role: Role) -> TensorId {
        TensorId { role, layer: None, bias: false }
    }

    /// One of a block.
    pub fn of_layer(layer: usize, role: Role) -> TensorId {
        TensorId { role, layer: Some(layer), bias: false }
    }

    /// The bias that goes with it.
    pub fn bias(self) -> TensorId {
        TensorId { bias: true, ..self }
    }
}

impl fmt::Display for TensorId {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        if let Some(layer) = self.layer {
            write!(formatter, "layer {layer}'s ")?;
        }
        write!(formatter, "{:?}{}", self.role, if self.bias { " bias" } else { "" })
    }
}
