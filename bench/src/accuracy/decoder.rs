//! A decoder on this machine's processor, which gives all logits.

use std::path::Path;
use std::time::Instant;

use accuracy::{Prompt, Score};
use anyhow::{Context, Result};
use engine::Device;
use inference::candle_decoder::CandleDecoder;
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::{LanguageModel, Logits, Part};
use kernels::{CacheFormat, Kernels, Team};
use model_files::config::Config;
use model_files::gguf::read_header;
use model_files::weights::{GgufSource, Placement, TensorSource};
use protocol::Precision;

use crate::native::{OnDisk, milliseconds};
use crate::workload::Workload;

/// Positions whose logits are computed at once.
const ROWS: usize = 32;

/// A decoder.
pub(super) struct Decoder {
    model: Box<dyn LanguageModel>,
    /// How the weights are stored.
    pub(super) format: String,
    /// Bytes of the weights in memory.
    pub(super) weight_bytes: u64,
}

impl Decoder {
    /// Loads a GGUF file: on candle's tensors if no kernels are given.
    ///
    /// # Errors
    /// If it cannot be read, or is not a supported model.
    pub(super) fn load(
        file: &Path,
        precision: Precision,
        kernels: Option<Kernels>,
        threads: u32,
    ) -> Result<Decoder> {
        let file = OnDisk::open(file)?;
        let gguf = read_header(&file)?;
        let config = Config::from_gguf(&gguf)?;
        let placement = Placement { precision, device: Device::Cpu };
        let mut source = GgufSource::new(&gguf, &file, &config, placement);
        let progress = &mut |_, _| ();
        let model: Box<dyn LanguageModel> = match kernels {
            Some(kernels) => {
                let start = |body| std::thread::Builder::new().spawn(body).is_ok();
                let options = DecoderOptions {
                    team: Team::new(threads as usize, start),
                    clock_ms: milliseconds,
                    kernels,
                    cache: CacheFormat::I16,
                };
                Box::new(FusedDecoder::new(config, &mut source, options, progress)?)
            }
            None => {
                let device = &Device::Cpu;
                Box::new(CandleDecoder::new(config, &mut source, device, progress)?)
            }
        };
        let stats = source.stats();
        Ok(Decoder { model, format: stats.precision(), weight_bytes: stats.bytes })
    }

    /// The logits after each of some ids.
    ///
    /// # Errors
    /// If the computation fails.
    pub(super) fn logits(&mut self, ids: &[u32]) -> Result<Vec<Vec<f32>>> {
        self.model.truncate(0, 0);
        let states = self.model.read(&[Part { slot: 0, ids }])?;
        let mut rows = Vec::new();
        for states in states.chunks(ROWS * self.model.state_size()) {
            rows.extend(in_memory(self.model.logits(states)?)?);
        }
        Ok(rows)
    }

    /// The logits after each of some ids but the last.
    ///
    /// # Errors
    /// If the computation fails.
    pub(super) fn logits_before_last(&mut self, ids: &[u32]) -> Result<Vec<Vec<f32>>> {
        self.logits(&ids[..ids.len().saturating_sub(1)])
    }

    /// The probability of a reference's most probable token after a prompt.
    ///
    /// # Errors
    /// If the computation fails.
    pub(super) fn next(&mut self, prompt: &Prompt) -> Result<f64> {
        let logits = self.logits(&prompt.ids)?;
        let last = logits.last().context("the prompt has no tokens")?;
        Ok(Score::of(last, prompt.next.top[0].id).probability)
    }

    /// Tokens per second of prefill and decode, round by round.
    ///
    /// # Errors
    /// If the computation fails.
    pub(super) fn speeds(&mut self, workload: &Workload) -> Result<(Vec<f64>, Vec<f64>)> {
        let (mut prefills, mut decodes) = (Vec::new(), Vec::new());
        for round in 0..workload.rounds {
            self.model.truncate(0, 0);
            let ids: Vec<u32> =
                (0..workload.prompt).map(|i| (3 + 31 * i + 7 * round) % 259).collect();
            let start = Instant::now();
            let mut id = self.greedy(&ids)?;
            prefills.push(f64::from(workload.prompt) / start.elapsed().as_secs_f64());
            let start = Instant::now();
            for _ in 0..workload.tokens {
                id = self.greedy(&[id])?;
            }
            decodes.push(f64::from(workload.tokens) / start.elapsed().as_secs_f64());
        }
        Ok((prefills, decodes))
    }

    /// Appends ids; the most probable next one.
    fn greedy(&mut self, ids: &[u32]) -> Result<u32> {
        let states = self.model.read(&[Part { slot: 0, ids }])?;
        let last = states.len() - self.model.state_size();
        let rows = in_memory(self.model.logits(&states[last..])?)?;
        let row = rows.first().context("one row of logits")?;
        let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        Ok(best.map_or(0, |(id, _)| id as u32))
    }
}

fn in_memory(logits: Logits) -> Result<Vec<Vec<f32>>> {
    Ok(match logits {
        Logits::Host { values, vocab_size } => {
            values.chunks(vocab_size).map(<[f32]>::to_vec).collect()
        }
        Logits::Device(logits) => logits.to_vec2()?,
        Logits::Listed(listed) => vec![listed.whole().context("all are listed")?],
    })
}
