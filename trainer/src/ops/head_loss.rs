//! The tied output head and the cross-entropy of its logits in one operation, so that
//! the logits (N × V, the largest tensor of a step) never exist as a whole.

use std::sync::Mutex;

use candle_core::{
    CpuStorage, CustomOp2, Device, Layout, Result, Shape, Tensor, WithDType, bail,
};
use rayon::prelude::*;

use super::floats;

/// Rows whose logits exist at one time.
const ROWS: usize = 512;

/// The mean loss, in nats, of N predicted tokens: states of `[N, D]`, embeddings of `[V, D]`.
///
/// The loss is the root of the graph, so its gradients are made on the way.
#[derive(Debug)]
pub struct HeadLoss {
    targets: Vec<u32>,
    weights: Vec<f32>,
    gradients: Mutex<Option<(Tensor, Tensor)>>,
}

impl HeadLoss {
    /// `targets` are the N tokens, `weights` say how much each counts (0 for not).
    pub fn new(targets: Vec<u32>, weights: Vec<f32>) -> HeadLoss {
        HeadLoss { targets, weights, gradients: Mutex::new(None) }
    }
}

impl CustomOp2 for HeadLoss {
    fn name(&self) -> &'static str {
        "head-loss"
    }

    fn cpu_fwd(
        &self,
        states: &CpuStorage,
        states_layout: &Layout,
        head: &CpuStorage,
        head_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let cpu = &Device::Cpu;
        let states = Tensor::from_slice(
            floats(states, states_layout)?,
            states_layout.shape(),
            cpu,
        )?;
        let head =
            Tensor::from_slice(floats(head, head_layout)?, head_layout.shape(), cpu)?;
        let total: f32 = self.weights.iter().sum();
        if total <= 0.0 {
            bail!("no token of the batch counts");
        }

        let mut losses = Vec::new();
        let mut of_states = Vec::new();
        let mut of_head: Option<Tensor> = None;
        for start in (0..self.targets.len()).step_by(ROWS) {
            let count = ROWS.min(self.targets.len() - start);
            let rows = states.narrow(0, start, count)?;
            let logits = rows.matmul(&head.t()?)?; // [rows, V]
            let (loss, of_logits) = self.rows(&logits, start, total)?;
            losses.extend(loss);
            of_states.push(of_logits.matmul(&head)?);
            let part = of_logits.t()?.matmul(&rows)?;
            of_head = Some(match of_head {
                Some(sum) => (sum + part)?,
                None => part,
            });
        }
        if let (Some(of_head), Ok(mut gradients)) = (of_head, self.gradients.lock()) {
            *gradients = Some((Tensor::cat(&of_states, 0)?, of_head));
        }
        // In order, so that the sum is the same on any number of threads.
        let loss: f64 = losses.iter().map(|loss| f64::from(*loss)).sum();
        let loss = (loss / f64::from(total)) as f32;
        Ok((f32::to_cpu_storage_owned(vec![loss]), Shape::from(())))
    }

    fn bwd(
        &self,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let made = self.gradients.lock().ok().and_then(|mut made| made.take());
        let Some((of_states, of_head)) = made else {
            bail!("the loss has no gradients: it was not computed, or used twice");
        };
        let by = f64::from(gradient.to_scalar::<f32>()?);
        Ok((Some((of_states * by)?), Some((of_head * by)?)))
    }
}

impl HeadLoss {
    /// Each row's weighted loss, and the gradient of its logits: (p − 1 at the target) ·
    /// weight / total.
    fn rows(
        &self,
        logits: &Tensor,
        start: usize,
        total: f32,
    ) -> Result<(Vec<f32>, Tensor)> {
        let vocab = logits.dim(1)?;
        let mut values = logits.flatten_all()?.to_vec1::<f32>()?;
        let losses = values
            .par_chunks_mut(vocab)
            .enumerate()
            .map(|(row, values)| {
                let (target, weight) =
                    (self.targets[start + row] as usize, self.weights[start + row]);
                let highest = values.iter().copied().fold(f32::MIN, f32::max);
                let of_target = values[target] - highest;
                let mut sum = 0.0;
                for value in values.iter_mut() {
                    *value = (*value - highest).exp();
                    sum += *value;
                }
                let factor = weight / total / sum;
                values.iter_mut().for_each(|value| *value *= factor);
                values[target] -= weight / total;
                weight * (sum.ln() - of_target)
            })
            .collect();
        Ok((losses, Tensor::from_vec(values, logits.shape(), &Device::Cpu)?))
    }
}
