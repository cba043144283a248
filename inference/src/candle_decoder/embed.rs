//! Where a pass begins and ends: embeddings of tokens, and what the last norm sees.
//!
//! T new positions, H hidden width, A residual streams.

use candle_core::{Result, Tensor};

use super::decoder::CandleDecoder;
use super::head::projected;
use super::tap::PassTap;
use crate::language_model::Part;
use crate::recurrence;

impl CandleDecoder {
    /// The residual stream of all parts before the first block, [T, H], or all streams, [T, A
    /// · H]; and for each part what layers hand on or have as inputs, a row for each token.
    pub(super) fn embedded(
        &self,
        parts: &[Part<'_>],
        positions: &[(usize, bool)],
    ) -> Result<(Tensor, Vec<Vec<f32>>)> {
        let ids: Vec<u32> = parts.iter().flat_map(|part| part.ids).copied().collect();
        let mut x = self.embed_tokens.rows(&Tensor::new(&ids[..], &self.device)?)?;
        if let Some(projections) = &self.projections {
            x = projected(&x, &projections.input)?;
        }
        if self.config.scales.embedding != 1.0 {
            x = (x * self.config.scales.embedding)?;
        }
        if let Some(learned) = &self.positions {
            let at: Vec<u32> = positions.iter().map(|(at, _)| *at as u32).collect();
            x = (x + learned.index_select(&Tensor::new(at, &self.device)?, 0)?)?;
        }
        if let Some(norm) = &self.embedding_norm {
            x = norm.forward(&x)?;
        }
        let (Some(inputs), Some(table)) = (&self.inputs, &self.layer_embedding) else {
            let each = recurrence::handed_on(self.config.recurring());
            let handed_on = parts.iter().map(|part| vec![0.0; part.ids.len() * each]);
            return Ok((x, handed_on.collect()));
        };
        let known = table.row_count() as u32;
        let ids: Vec<u32> =
            ids.iter().map(|id| if *id < known { *id } else { 0 }).collect();
        let rows = table.rows(&Tensor::new(ids, &self.device)?)?;
        let of_layers = inputs.of_layers(&x, &rows)?.flatten_all()?.to_vec1::<f32>()?;
        let mut left = &of_layers[..];
        let handed_on = parts.iter().map(|part| {
            let (own, others) = left.split_at(part.ids.len() * table.columns());
            left = others;
            own.to_vec()
        });
        Ok((inputs.begin(&x)?, handed_on.collect()))
    }

    /// What the last norm sees of a stream or of several, [T, H].
    pub(super) fn merged(&self, x: &Tensor) -> Result<Tensor> {
        match &self.inputs {
            Some(inputs) => inputs.merge(x),
            None => Ok(x.clone()),
        }
    }

    /// Keeps what the last norm would see at some places in a row.
    pub(super) fn keep_merged(
        &self,
        tap: Option<&mut PassTap>,
        x: &Tensor,
        places: usize,
    ) -> Result<()> {
        let Some(tap) = tap.filter(|tap| tap.keeps_stream()) else { return Ok(()) };
        let merged = self.merged(x)?;
        (0..places).for_each(|_| tap.keep_stream(&merged));
        Ok(())
    }
}
