//! A mixer that keeps a state of fixed size. Its products are candle's; what lies between them
//! runs token by token on the processor.

use std::sync::Arc;

use candle_core::{D, Device, Result, Tensor};

use super::linear::Linear;
use super::scores::Span;
use crate::recurrence::{self, Before, keep_last, mixed};
use model_files::config::{Config, Recurrence};
use model_files::weights::{Matrix, RecurrenceNumbers, RecurrenceWeights};

/// A recurrence between its projections.
#[derive(Debug)]
pub(super) struct Recurring {
    config: Recurrence,
    inputs: Vec<Linear>,
    numbers: Arc<RecurrenceNumbers>,
    output: Linear,
}

impl Recurring {
    /// Builds the mixer from its weights.
    pub(super) fn new(
        weights: RecurrenceWeights<Matrix>,
        config: &Config,
        device: &Device,
    ) -> Result<Recurring> {
        let RecurrenceWeights { inputs, numbers, output } = weights;
        let Some(config) = config.recurrence else {
            candle_core::bail!("the configuration has no recurrence")
        };
        let inputs = inputs.into_iter().map(|projection| Linear::new(projection, device));
        Ok(Recurring {
            config,
            inputs: inputs.collect::<Result<_>>()?,
            numbers,
            output: Linear::new(output, device)?,
        })
    }

    /// Its weights.
    pub(super) fn weights(&self) -> Result<RecurrenceWeights<&Matrix>> {
        Ok(RecurrenceWeights {
            inputs: self.inputs.iter().map(Linear::weights).collect::<Result<_>>()?,
            numbers: Arc::clone(&self.numbers),
            output: self.output.weights()?,
        })
    }

    /// [T, H] to [T, H]. The spans cover the T rows in order.
    pub(super) fn forward(&self, x: &Tensor, spans: &mut [Span<'_>]) -> Result<Tensor> {
        let projected = match &self.numbers.wkv {
            Some(wkv) => self.project_mixed(x, &wkv.shift, spans)?,
            None => {
                let projected = self.inputs.iter().map(|linear| linear.forward(x));
                projected.collect::<Result<Vec<_>>>()?
            }
        };
        let projected = Tensor::cat(&projected, D::Minus1)?;
        let (count, width) = projected.dims2()?;
        let inner = self.config.inner();
        let projected: Vec<f32> = projected.flatten_all()?.to_vec1()?;
        let mut output = vec![0f32; count * inner];
        for span in spans {
            let (first, end) = (span.rows.start, span.rows.end);
            let (rows, out) = (
                &projected[first * width..end * width],
                &mut output[first * inner..end * inner],
            );
            recurrence::run(
                &self.config,
                &self.numbers,
                rows,
                &mut span.cache.state,
                span.handed_on,
                out,
            );
        }
        self.output.forward(&Tensor::from_vec(output, (count, inner), x.device())?)
    }

    /// The inputs of the MLP after this mixer, [T, H], mixed with those of the tokens before if
    /// the MLP has them so; and then, perhaps, those of what gates its output.
    pub(super) fn before_mlp(
        &self,
        inputs: Vec<Tensor>,
        spans: &mut [Span<'_>],
    ) -> Result<Vec<Tensor>> {
        match (&self.numbers.wkv, &inputs[..]) {
            (Some(wkv), [x]) => self.mixtures(x, Before::Mlp, &wkv.mlp_shift, spans),
            _ => Ok(inputs),
        }
    }

    /// Each projection of its own mixture.
    fn project_mixed(
        &self,
        x: &Tensor,
        amounts: &[Vec<f32>],
        spans: &mut [Span<'_>],
    ) -> Result<Vec<Tensor>> {
        let mixtures = self.mixtures(x, Before::Mixer, amounts, spans)?;
        let inputs = self.inputs.iter().zip(&mixtures);
        inputs.map(|(linear, x)| linear.forward(x)).collect()
    }

    /// Mixtures of each row with the one before it in its sequence, [T, H] each. The last row
    /// of each sequence is kept.
    fn mixtures(
        &self,
        x: &Tensor,
        before: Before,
        amounts: &[Vec<f32>],
        spans: &mut [Span<'_>],
    ) -> Result<Vec<Tensor>> {
        let (count, hidden) = x.dims2()?;
        let rows: Vec<f32> = x.flatten_all()?.to_vec1()?;
        let mut mixtures = vec![vec![0f32; rows.len()]; amounts.len()];
        for span in spans {
            let state = &mut span.cache.state;
            for index in span.rows.clone() {
                let at = index * hidden..(index + 1) * hidden;
                let previous = match index > span.rows.start {
                    true => Some(&rows[at.start - hidden..at.start]),
                    false => before.last(state, hidden),
                };
                for (out, amounts) in mixtures.iter_mut().zip(amounts) {
                    mixed(&rows[at.clone()], previous, amounts, &mut out[at.clone()]);
                }
            }
            let end = span.rows.end * hidden;
            keep_last(before, &rows[end - hidden..end], self.config.state_size(), state);
        }
        let tensor = |rows| Tensor::from_vec(rows, (count, hidden), x.device());
        mixtures.into_iter().map(tensor).collect()
    }
}
