//! A mixer that keeps a state of fixed size. Its products are candle's; what lies between them
//! runs token by token on the processor.

use std::sync::Arc;

use candle_core::{D, Device, Result, Tensor};

use super::linear::Linear;
use super::scores::Span;
use crate::recurrence;
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
        let projected = self.inputs.iter().map(|linear| linear.forward(x));
        let projected = Tensor::cat(&projected.collect::<Result<Vec<_>>>()?, D::Minus1)?;
        let (count, width) = projected.dims2()?;
        let inner = self.config.inner();
        let projected: Vec<f32> = projected.flatten_all()?.to_vec1()?;
        let mut mixed = vec![0f32; count * inner];
        for span in spans {
            let (first, end) = (span.rows.start, span.rows.end);
            let (rows, out) = (
                &projected[first * width..end * width],
                &mut mixed[first * inner..end * inner],
            );
            recurrence::run(
                &self.config,
                &self.numbers,
                rows,
                &mut span.cache.state,
                out,
            );
        }
        self.output.forward(&Tensor::from_vec(mixed, (count, inner), x.device())?)
    }
}
