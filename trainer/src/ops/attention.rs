//! Causal attention with rotary positions and grouped heads, one operation from the
//! projections to the heads' outputs. Nothing but the inputs is kept for the gradients:
//! the probabilities (B × H × T × T) are cheaper to make again than to hold.
//!
//! B sequences of T tokens, H query heads in K groups, E numbers a head, N = B · T.

use candle_core::{
    CpuStorage, CustomOp3, D, Device, Layout, Result, Shape, Tensor, WithDType, bail,
};
use rayon::prelude::*;

use super::floats;

/// Queries of `[N, H·E]`, keys and values of `[N, K·E]`, outputs of `[N, H·E]`.
#[derive(Clone, Debug)]
pub struct Attention {
    /// T.
    pub length: usize,
    /// H.
    pub heads: usize,
    /// K.
    pub kv_heads: usize,
    /// E.
    pub head_dim: usize,
    /// The base of the rotary frequencies.
    pub theta: f32,
}

/// One sequence's rotated queries `[K, G·T, E]`, keys and values `[K, T, E]`, with G = H / K.
struct Sequence {
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
}

impl Attention {
    /// The cosines and sines of all positions, `[T, E / 2]`.
    fn angles(&self) -> (Vec<f32>, Vec<f32>) {
        let half = self.head_dim / 2;
        (0..self.length * half)
            .map(|i| {
                let exponent = (i % half) as f32 / half as f32;
                let angle = (i / half) as f32 * self.theta.powf(-exponent);
                (angle.cos(), angle.sin())
            })
            .unzip()
    }

    /// `[T, heads·E]` as `[heads, T, E]`, each head turned by its position where told. The
    /// turned pairs are i and i + E/2, as in Hugging Face checkpoints.
    fn split(&self, rows: &[f32], angles: Option<&(Vec<f32>, Vec<f32>)>) -> Vec<f32> {
        let (width, size) = (rows.len() / self.length, self.head_dim);
        let mut out = vec![0.0; rows.len()];
        for (head, out) in out.chunks_mut(self.length * size).enumerate() {
            for (t, out) in out.chunks_mut(size).enumerate() {
                let row = &rows[t * width + head * size..][..size];
                match angles {
                    Some(angles) => self.turn(row, out, t, angles, 1.0),
                    None => out.copy_from_slice(row),
                }
            }
        }
        out
    }

    /// The other way: `[heads, T, E]` into `[T, heads·E]`, turned back where told.
    fn join(
        &self,
        heads: &[f32],
        rows: &mut [f32],
        angles: Option<&(Vec<f32>, Vec<f32>)>,
    ) {
        let (width, size) = (rows.len() / self.length, self.head_dim);
        for (head, heads) in heads.chunks(self.length * size).enumerate() {
            for (t, values) in heads.chunks(size).enumerate() {
                let out = &mut rows[t * width + head * size..][..size];
                match angles {
                    Some(angles) => self.turn(values, out, t, angles, -1.0),
                    None => out.copy_from_slice(values),
                }
            }
        }
    }

    fn turn(
        &self,
        from: &[f32],
        to: &mut [f32],
        t: usize,
        (cosines, sines): &(Vec<f32>, Vec<f32>),
        way: f32,
    ) {
        let half = self.head_dim / 2;
        for i in 0..half {
            let (cos, sin) = (cosines[t * half + i], way * sines[t * half + i]);
            to[i] = from[i] * cos - from[i + half] * sin;
            to[i + half] = from[i + half] * cos + from[i] * sin;
        }
    }

    fn sequence(
        &self,
        [queries, keys, values]: [&[f32]; 3],
        angles: &(Vec<f32>, Vec<f32>),
    ) -> Result<Sequence> {
        let grouped = (self.kv_heads, self.grouped_rows(), self.head_dim);
        let single = (self.kv_heads, self.length, self.head_dim);
        let cpu = &Device::Cpu;
        Ok(Sequence {
            queries: Tensor::from_vec(self.split(queries, Some(angles)), grouped, cpu)?,
            keys: Tensor::from_vec(self.split(keys, Some(angles)), single, cpu)?,
            values: Tensor::from_vec(self.split(values, None), single, cpu)?,
        })
    }

    /// G·T.
    fn grouped_rows(&self) -> usize {
        self.heads / self.kv_heads * self.length
    }

    fn scale(&self) -> f32 {
        (self.head_dim as f32).powf(-0.5)
    }

    /// The probabilities `[K, G·T, T]`: row r sees the tokens up to r mod T.
    fn probabilities(&self, of: &Sequence) -> Result<Tensor> {
        let scores = of.queries.matmul(&of.keys.transpose(1, 2)?)?;
        let mut values = scores.flatten_all()?.to_vec1::<f32>()?;
        let scale = self.scale();
        for (row, values) in values.chunks_mut(self.length).enumerate() {
            let (seen, hidden) = values.split_at_mut(row % self.length + 1);
            let highest = seen.iter().copied().fold(f32::MIN, f32::max);
            let mut sum = 0.0;
            for value in seen.iter_mut() {
                *value = ((*value - highest) * scale).exp();
                sum += *value;
            }
            seen.iter_mut().for_each(|value| *value /= sum);
            hidden.fill(0.0);
        }
        Tensor::from_vec(values, scores.shape(), &Device::Cpu)
    }

    /// The gradients of one sequence's queries, keys and values, as they came.
    fn gradients(
        &self,
        inputs: [&[f32]; 3],
        gradient: &[f32],
        angles: &(Vec<f32>, Vec<f32>),
        outputs: [&mut [f32]; 3],
    ) -> Result<()> {
        let of = self.sequence(inputs, angles)?;
        let shape = (self.kv_heads, self.grouped_rows(), self.head_dim);
        let gradient = Tensor::from_vec(self.split(gradient, None), shape, &Device::Cpu)?;
        let probabilities = self.probabilities(&of)?; // [K, G·T, T]
        let of_values = probabilities.transpose(1, 2)?.matmul(&gradient)?;
        let of_probabilities = gradient.matmul(&of.values.transpose(1, 2)?)?;
        // Softmax: p · (g − Σ p·g), times the scale of the scores.
        let weighted = (&probabilities * of_probabilities)?;
        let sums = weighted.sum_keepdim(D::Minus1)?;
        let of_scores = ((weighted - probabilities.broadcast_mul(&sums)?)?
            * f64::from(self.scale()))?;
        let of_queries = of_scores.matmul(&of.keys)?;
        let of_keys = of_scores.transpose(1, 2)?.matmul(&of.queries)?;
        let parts =
            [(of_queries, Some(angles)), (of_keys, Some(angles)), (of_values, None)];
        for (out, (part, angles)) in outputs.into_iter().zip(parts) {
            self.join(&part.flatten_all()?.to_vec1::<f32>()?, out, angles);
        }
        Ok(())
    }

    fn widths(&self) -> [usize; 2] {
        [
            self.length * self.heads * self.head_dim,
            self.length * self.kv_heads * self.head_dim,
        ]
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        queries: &CpuStorage,
        queries_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let queries = floats(queries, queries_layout)?;
        let (keys, values) = (floats(keys, keys_layout)?, floats(values, values_layout)?);
        let [wide, narrow] = self.widths();
        if queries.len() % wide != 0 || queries.len() / wide != keys.len() / narrow {
            bail!("attention over {} of length {}", queries.len(), self.length);
        }
        let angles = self.angles();
        let mut out = vec![0.0; queries.len()];
        let inputs = queries
            .par_chunks(wide)
            .zip(keys.par_chunks(narrow))
            .zip(values.par_chunks(narrow));
        out.par_chunks_mut(wide).zip(inputs).try_for_each(
            |(out, ((queries, keys), values))| {
                let of = self.sequence([queries, keys, values], &angles)?;
                let mixed = self.probabilities(&of)?.matmul(&of.values)?;
                self.join(&mixed.flatten_all()?.to_vec1::<f32>()?, out, None);
                Ok::<(), candle_core::Error>(())
            },
        )?;
        Ok((f32::to_cpu_storage_owned(out), queries_layout.shape().clone()))
    }

    fn bwd(
        &self,
        queries: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [wide, narrow] = self.widths();
        let numbers = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let (q, k, v) = (numbers(queries)?, numbers(keys)?, numbers(values)?);
        let gradient = numbers(gradient)?;
        let (mut of_q, mut of_k, mut of_v) =
            (vec![0.0; q.len()], vec![0.0; k.len()], vec![0.0; v.len()]);
        let angles = self.angles();
        let inputs = q
            .par_chunks(wide)
            .zip(k.par_chunks(narrow))
            .zip(v.par_chunks(narrow))
            .zip(gradient.par_chunks(wide));
        let outputs = of_q
            .par_chunks_mut(wide)
            .zip(of_k.par_chunks_mut(narrow))
            .zip(of_v.par_chunks_mut(narrow));
        outputs.zip(inputs).try_for_each(
            |(((of_q, of_k), of_v), (((q, k), v), gradient))| {
                self.gradients([q, k, v], gradient, &angles, [of_q, of_k, of_v])
            },
        )?;
        let cpu = &Device::Cpu;
        Ok((
            Some(Tensor::from_vec(of_q, queries.shape(), cpu)?),
            Some(Tensor::from_vec(of_k, keys.shape(), cpu)?),
            Some(Tensor::from_vec(of_v, values.shape(), cpu)?),
        ))
    }
}
