//! Several residual streams, of which a block changes one (alternating updates: Baykal et al.,
//! 2023, arXiv:2301.13310), and inputs of layers, as in Gemma 3n.
//!
//! T tokens, H hidden width, A streams, L layers, P width of a layer's input.

use candle_core::{D, Device, Result, Tensor};

use super::linear::Linear;
use super::mlp::{activated, row_means};
use super::norm::Norm;
use super::scores::Span;
use model_files::config::{Activation, AltUp, Config};
use model_files::weights::{LayerInputs, Matrix, StreamWeights};

/// The least square of a stream that is scaled as another.
const LEAST_SQUARE: f32 = 1e-5;

/// What streams and inputs of layers are made of, outside of the blocks.
#[derive(Debug)]
pub(crate) struct Inputs {
    streams_in: Vec<Linear>,
    streams_out: Vec<Linear>,
    projection: Linear,
    norm: Norm,
    /// P.
    width: usize,
}

impl Inputs {
    /// Builds them from their weights.
    pub(crate) fn new(
        weights: LayerInputs<Matrix>,
        config: &Config,
        device: &Device,
    ) -> Result<Inputs> {
        let LayerInputs { streams_in, streams_out, projection, norm } = weights;
        let width = norm.weight.len();
        let all = |projections: Vec<_>| {
            let linear = projections.into_iter().map(|one| Linear::new(one, device));
            linear.collect::<Result<_>>()
        };
        Ok(Inputs {
            streams_in: all(streams_in)?,
            streams_out: all(streams_out)?,
            projection: Linear::new(projection, device)?,
            norm: Norm::new(&norm, &config.norm, device)?,
            width,
        })
    }

    /// Its weights. Those that are no matrices are copied from their device.
    pub(super) fn weights(&self) -> Result<LayerInputs<&Matrix>> {
        let (streams_in, streams_out) = (self.streams_in.iter(), self.streams_out.iter());
        Ok(LayerInputs {
            streams_in: streams_in.map(Linear::weights).collect::<Result<_>>()?,
            streams_out: streams_out.map(Linear::weights).collect::<Result<_>>()?,
            projection: self.projection.weights()?,
            norm: self.norm.weights()?,
        })
    }

    /// All streams of embeddings, [T, H] to [T, A · H]: the embedding, and what projections
    /// make of it, as large as it is.
    pub(crate) fn begin(&self, x: &Tensor) -> Result<Tensor> {
        let sizes = row_means(&x.sqr()?)?;
        let mut streams = vec![x.clone()];
        for projection in &self.streams_in {
            streams.push(as_large(&projection.forward(x)?, &sizes)?);
        }
        Tensor::cat(&streams, D::Minus1)
    }

    /// The inputs of all layers, [T, L · P], of embeddings, [T, H], and of the tokens' own
    /// rows of the table, [T, L · P].
    pub(crate) fn of_layers(&self, x: &Tensor, rows: &Tensor) -> Result<Tensor> {
        let (count, hidden) = x.dims2()?;
        let projected = (self.projection.forward(x)? / (hidden as f64).sqrt())?;
        let projected = projected.reshape((count, (), self.width))?.contiguous()?;
        let rows = (rows * (self.width as f64).sqrt())?;
        let sum = (self.norm.forward(&projected)?.flatten_from(1)? + rows)?;
        sum * f64::from(AltUp::HALF)
    }

    /// What the last norm and the output head see, [T, H], of all streams, [T, A · H]: their
    /// mean, each projected and as large as the first.
    pub(crate) fn merge(&self, x: &Tensor) -> Result<Tensor> {
        let count = self.streams_out.len() + 1;
        let hidden = x.dim(1)? / count;
        let mut sum = x.narrow(1, 0, hidden)?.contiguous()?;
        let sizes = row_means(&sum.sqr()?)?;
        for (at, projection) in (1..).zip(&self.streams_out) {
            let stream = x.narrow(1, at * hidden, hidden)?.contiguous()?;
            sum = (sum + as_large(&projection.forward(&stream)?, &sizes)?)?;
        }
        sum / count as f64
    }
}

/// Rows of the mean squares `sizes`, `[T]`.
fn as_large(x: &Tensor, sizes: &[f32]) -> Result<Tensor> {
    let own = row_means(&x.sqr()?)?;
    let factor = |(size, own): (&f32, f32)| (size / own.max(LEAST_SQUARE)).sqrt();
    let factors: Vec<f32> = sizes.iter().zip(own).map(factor).collect();
    x.broadcast_mul(&Tensor::from_vec(factors, (sizes.len(), 1), x.device())?)
}

/// What a block with several streams has beside its mixer and its network.
#[derive(Debug)]
pub(super) struct Streams {
    layer: usize,
    activation: Activation,
    router_norm: Norm,
    /// [A, H].
    router: Tensor,
    /// [A · A, A].
    prediction: Tensor,
    /// [A, A].
    correction: Tensor,
    /// `[H]`.
    scale: Option<Tensor>,
    laurel: [Linear; 2],
    laurel_norm: Norm,
    gate: Linear,
    output: Linear,
    output_norm: Norm,
    /// A and H.
    sizes: (usize, usize),
}

impl Streams {
    pub(super) fn new(
        weights: StreamWeights<Matrix>,
        config: &Config,
        device: &Device,
    ) -> Result<Streams> {
        let hidden = weights.router_norm.weight.len();
        let count = weights.router.len() / hidden.max(1);
        let norm = |weights| Norm::new(weights, &config.norm, device);
        let matrix =
            |numbers, rows, columns| Tensor::from_vec(numbers, (rows, columns), device);
        let [down, up] = weights.laurel;
        Ok(Streams {
            layer: weights.layer,
            activation: config.mlp.activation,
            router_norm: norm(&weights.router_norm)?,
            router: matrix(weights.router, count, hidden)?,
            prediction: matrix(weights.prediction, count * count, count)?,
            correction: matrix(weights.correction, count, count)?,
            scale: weights.scale.map(|scale| Tensor::new(scale, device)).transpose()?,
            laurel: [Linear::new(down, device)?, Linear::new(up, device)?],
            laurel_norm: norm(&weights.laurel_norm)?,
            gate: Linear::new(weights.gate, device)?,
            output: Linear::new(weights.output, device)?,
            output_norm: norm(&weights.output_norm)?,
            sizes: (count, hidden),
        })
    }

    /// Its weights. Those that are no matrices are copied from their device.
    pub(super) fn weights(&self) -> Result<StreamWeights<&Matrix>> {
        let numbers = |tensor: &Tensor| tensor.flatten_all()?.to_vec1();
        let [down, up] = &self.laurel;
        Ok(StreamWeights {
            layer: self.layer,
            router_norm: self.router_norm.weights()?,
            router: numbers(&self.router)?,
            prediction: numbers(&self.prediction)?,
            correction: numbers(&self.correction)?,
            scale: self.scale.as_ref().map(numbers).transpose()?,
            laurel: [down.weights()?, up.weights()?],
            laurel_norm: self.laurel_norm.weights()?,
            gate: self.gate.weights()?,
            output: self.output.weights()?,
            output_norm: self.output_norm.weights()?,
        })
    }

    /// What each stream is taken to be after the block, [T, A, H], by what all are before it,
    /// [T, A · H].
    pub(super) fn predict(&self, x: &Tensor) -> Result<Tensor> {
        let (count, _) = x.dims2()?;
        let (streams, hidden) = self.sizes;
        let x = x.reshape((count, streams, hidden))?;
        let weights = self.weigh(&first(&x)?)?.matmul(&self.prediction.t()?)?;
        let weights = weights.reshape((count, streams, streams))?;
        weights.matmul(&x)? + x
    }

    /// The stream after the mixer, [T, H], with the residual of low rank of the mixer's
    /// `inputs`.
    pub(super) fn with_laurel(&self, mixed: &Tensor, inputs: &Tensor) -> Result<Tensor> {
        let [down, up] = &self.laurel;
        let laurel = self.laurel_norm.forward(&up.forward(&down.forward(inputs)?)?)?;
        ((mixed + inputs)? + laurel)? * f64::from(AltUp::HALF)
    }

    /// All streams after the block, [T, A · H]: as predicted, corrected by what the block has
    /// made of the first, [T, H]. All others get the layer's input, which the first gates.
    pub(super) fn correct(
        &self,
        predictions: &Tensor,
        changed: &Tensor,
        spans: &[Span<'_>],
    ) -> Result<Tensor> {
        let (count, hidden) = changed.dims2()?;
        let (streams, _) = self.sizes;
        let change = (changed + (first(predictions)? * -1.0)?)?.unsqueeze(1)?; // [T, 1, H]
        let weights = (self.weigh(changed)?.matmul(&self.correction.t()?)? + 1.0)?;
        let change = weights.unsqueeze(2)?.broadcast_mul(&change)?;
        let corrected = (predictions + change)?;

        let active = first(&corrected)?;
        let active = match &self.scale {
            Some(scale) => active.broadcast_mul(scale)?,
            None => active,
        };
        let gate = activated(self.activation, &self.gate.forward(&active)?)?;
        let input =
            self.output.forward(&(gate * self.input(spans, changed.device())?)?)?;
        let input = self.output_norm.forward(&input)?.unsqueeze(1)?;
        let others = corrected.narrow(1, 1, streams - 1)?.broadcast_add(&input)?;
        let all = Tensor::cat(&[corrected.narrow(1, 0, 1)?, others], 1)?;
        all.reshape((count, streams * hidden))
    }

    /// The weights of the streams by what one of them is, [T, H] to [T, A].
    fn weigh(&self, x: &Tensor) -> Result<Tensor> {
        let inputs = (self.router_norm.forward(x)? / self.sizes.1 as f64)?;
        inputs.matmul(&self.router.t()?)?.tanh()
    }

    /// The inputs of this layer, [T, P].
    fn input(&self, spans: &[Span<'_>], device: &Device) -> Result<Tensor> {
        let width = self.gate.weight.row_count();
        let mut numbers = Vec::new();
        for span in spans {
            let all = span.handed_on.len() / span.rows.len().max(1);
            let start = self.layer * width;
            for row in span.handed_on.chunks_exact(all.max(1)) {
                numbers.extend_from_slice(&row[start..start + width]);
            }
        }
        let count = numbers.len() / width.max(1);
        Tensor::from_vec(numbers, (count, width), device)
    }
}

/// The first stream, [T, H], of [T, A, H].
fn first(x: &Tensor) -> Result<Tensor> {
    x.narrow(1, 0, 1)?.squeeze(1)?.contiguous()
}
