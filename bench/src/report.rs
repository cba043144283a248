//! Measurements of engines, printed for people or for programs.

use anyhow::Result;
use serde::{Deserialize, Serialize};

/// The measurements of one engine. Speeds are in tokens per second, one for each round.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Measured {
    /// Which engine, and which build of it.
    pub(crate) engine: String,
    /// How the weights are stored.
    pub(crate) format: String,
    pub(crate) threads: u32,
    pub(crate) load_seconds: f64,
    pub(crate) prefill: Vec<f64>,
    pub(crate) decode: Vec<f64>,
    /// The most memory, in bytes, of the process that computes.
    pub(crate) peak_bytes: Option<u64>,
    /// Bytes of the packed weights.
    #[serde(default)]
    pub(crate) weight_bytes: Option<u64>,
}

/// The median of several measurements, with the least and the most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// The spread of some values; NaN if there are none.
pub(crate) fn spread(values: &[f64]) -> Spread {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    let last = values.len().saturating_sub(1);
    Spread { median: at(values.len() / 2), least: at(0), most: at(last) }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Spread { median, least, most } = self;
        let text = format!("{median:.1} ({least:.1} to {most:.1})");
        f.pad(&text)
    }
}

impl Measured {
    /// Prints some lines of text, or one line of JSON.
    ///
    /// # Errors
    /// If it cannot be written as JSON, which does not happen.
    pub(crate) fn print(&self, json: bool) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        println!("{}, {}, {} threads", self.engine, self.format, self.threads);
        println!("load      {:.2} s", self.load_seconds);
        println!("prefill   {} tokens/s", spread(&self.prefill));
        println!("decode    {} tokens/s", spread(&self.decode));
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        if let (Some(peak), Some(weights)) = (self.peak_bytes, self.weight_bytes) {
            let (peak, weights) = (megabytes(peak), megabytes(weights));
            println!("memory    {peak:.0} MB at most, {weights:.0} MB of them weights");
        }
        Ok(())
    }

    /// Adds the rounds of another measurement of the same engine.
    pub(crate) fn add(&mut self, other: Measured) {
        self.prefill.extend(other.prefill);
        self.decode.extend(other.decode);
        self.load_seconds = self.load_seconds.min(other.load_seconds);
        self.peak_bytes = self.peak_bytes.max(other.peak_bytes);
    }
}
