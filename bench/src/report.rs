//! What was measured, for people and for programs.

use anyhow::Result;
use serde::Serialize;

/// What was measured. Speeds in tokens per second.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Which build of the engine ran.
    pub(crate) build: String,
    /// How the weights are stored.
    pub(crate) format: String,
    pub(crate) threads: u32,
    pub(crate) load_seconds: f64,
    pub(crate) prefill: Spread,
    pub(crate) decode: Spread,
    pub(crate) peak_bytes: Option<u64>,
    pub(crate) weight_bytes: u64,
}

/// What several measurements came to.
#[derive(Serialize)]
pub(crate) struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

/// The median of at least one value, with the least and the most.
pub(crate) fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let (least, most) = (values[0], values[values.len() - 1]);
    Spread { median: values[values.len() / 2], least, most }
}

impl Report {
    /// Prints a table, or one line of JSON.
    ///
    /// # Errors
    /// None that can be foreseen.
    pub(crate) fn print(&self, json: bool) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        let line = |name: &str, spread: &Spread| {
            let Spread { median, least, most } = spread;
            println!("{name:10}{median:8.1} tokens/s   ({least:.1} to {most:.1})");
        };
        println!("{}, {}, {} threads", self.build, self.format, self.threads);
        println!("load      {:8.2} s", self.load_seconds);
        line("prefill", &self.prefill);
        line("decode", &self.decode);
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        if let Some(peak) = self.peak_bytes {
            let weights = megabytes(self.weight_bytes);
            let peak = megabytes(peak);
            println!("memory    {peak:8.0} MB at most, {weights:.0} MB of them weights");
        }
        Ok(())
    }
}
