//! What the weights of all parts of a decoder are made of.

/// A matrix with an optional bias.
#[derive(Debug)]
pub struct Projection<M> {
    /// W, [out, in].
    pub weight: M,
    /// b, `[out]`.
    pub bias: Option<Vec<f32>>,
}

/// The weights of a norm.
#[derive(Clone, Debug)]
pub struct NormWeights {
    /// The scale of each channel.
    pub weight: Vec<f32>,
    /// The bias of each channel; `None` if the norm has none.
    pub bias: Option<Vec<f32>>,
}

impl<M> Projection<M> {
    #[inline(never)]
    pub(super) fn convert<'a, N, E>(
        &'a self,
        convert: &mut dyn FnMut(&'a M) -> Result<N, E>,
    ) -> Result<Projection<N>, E> {
        Ok(Projection { weight: convert(&self.weight)?, bias: self.bias.clone() })
    }
}
