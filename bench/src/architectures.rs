//! How fast mixers and mixtures other than a plain Llama's run, on the fused decoder: with the
//! widths of real models, beside a plain one. Weights are random, so there are no files.

use std::time::Instant;

use anyhow::{Context, Result};
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::{LanguageModel, Logits, ModelWeights, Part};
use kernels::{CacheFormat, Kernels, PackedFormat, PackedMatrix, Team};
use model_files::config::Config;
use model_files::memory;
use model_files::weights::{Matrix, Role, TensorId, TensorSource, WeightStats};
use model_files::{ModelFileError, Result as FileResult};

use crate::report::spread;

/// Rows of random numbers that matrices are made of.
const ROWS: usize = 61;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Tokens in the prompt
    #[arg(long, default_value_t = 128)]
    prompt: usize,
    /// Tokens that are then decoded one by one
    #[arg(long, default_value_t = 48)]
    tokens: usize,
    /// Measurements of prefill and decode; their medians are reported
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Only those whose name has this in it
    #[arg(long, default_value = "")]
    only: String,
}

/// Names and configurations. Those of mixtures have a plain model of the weights that a token
/// goes through beside them.
const MODELS: [(&str, &str); 7] = [
    (
        "SmolLM2-135M",
        r#"{"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536,
        "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
        "vocab_size": 49152, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
        "tie_word_embeddings": true}"#,
    ),
    (
        "Mamba-130M",
        r#"{"model_type": "mamba", "hidden_size": 768, "num_hidden_layers": 24,
        "state_size": 16, "expand": 2, "conv_kernel": 4, "time_step_rank": 48,
        "use_conv_bias": true, "use_bias": false, "vocab_size": 50280,
        "layer_norm_epsilon": 1e-5, "tie_word_embeddings": true}"#,
    ),
    (
        "Mamba 2-130M",
        r#"{"model_type": "mamba2", "hidden_size": 768, "num_hidden_layers": 24,
        "state_size": 128, "expand": 2, "conv_kernel": 4, "num_heads": 24, "head_dim": 64,
        "n_groups": 1, "use_conv_bias": true, "use_bias": false, "vocab_size": 50288,
        "layer_norm_epsilon": 1e-5, "tie_word_embeddings": true}"#,
    ),
    (
        "RWKV-7 191M",
        r#"{"model_type": "rwkv7", "hidden_size": 768, "num_hidden_layers": 12,
        "head_dim": 64, "intermediate_size": 3072, "decay_low_rank_dim": 64,
        "a_low_rank_dim": 64, "gate_low_rank_dim": 128, "v_low_rank_dim": 32,
        "hidden_act": "sqrelu", "norm_eps": 1e-5, "vocab_size": 65536,
        "tie_word_embeddings": false}"#,
    ),
    (
        "Qwen 3.5, 8 layers",
        r#"{"model_type": "qwen3_5_text", "hidden_size": 1024, "intermediate_size": 3584,
        "num_hidden_layers": 8, "num_attention_heads": 8, "num_key_value_heads": 2,
        "head_dim": 256, "linear_num_key_heads": 16, "linear_num_value_heads": 16,
        "linear_key_head_dim": 128, "linear_value_head_dim": 128,
        "linear_conv_kernel_dim": 4, "vocab_size": 49152, "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-6, "tie_word_embeddings": true}"#,
    ),
    (
        "Granite 1B, 400M active",
        r#"{"model_type": "granitemoe", "hidden_size": 1024, "intermediate_size": 512,
        "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 8,
        "num_local_experts": 32, "num_experts_per_tok": 8, "vocab_size": 49155,
        "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "tie_word_embeddings": true}"#,
    ),
    (
        "plain, 400M",
        r#"{"model_type": "llama", "hidden_size": 1024, "intermediate_size": 4096,
        "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 8,
        "vocab_size": 49155, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6,
        "tie_word_embeddings": true}"#,
    ),
];

/// Measures and prints a row for each model.
///
/// # Errors
/// If a model does not fit in memory, or cannot be run.
pub(crate) fn run(options: &Options) -> Result<()> {
    println!("| | weights of a token | MB | prefill | decode |\n|---|---|---|---|---|");
    for (name, config) in MODELS {
        if !name.contains(&options.only) {
            continue;
        }
        let config = Config::from_json(config.as_bytes())?;
        let active = config.parameters().1;
        let mut source = RandomWeights::new();
        let mut model = load(config, &mut source, options.threads)
            .with_context(|| format!("{name} cannot be run"))?;
        let (mut prefills, mut decodes) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds.max(1) {
            let (prefill, decode) = measure(&mut model, options)?;
            prefills.push(prefill);
            decodes.push(decode);
        }
        let (bytes, prefill, decode) =
            (source.bytes / 1_000_000, spread(&prefills), spread(&decodes));
        println!(
            "| {name} | {} M | {bytes} | {prefill} | {decode} |",
            active / 1_000_000
        );
    }
    Ok(())
}

fn load(
    config: Config,
    source: &mut RandomWeights,
    threads: usize,
) -> Result<FusedDecoder> {
    let start = |body| std::thread::Builder::new().spawn(body).is_ok();
    let options = DecoderOptions {
        team: Team::new(threads, start),
        clock_ms: milliseconds,
        kernels: Kernels::detect(),
        cache: CacheFormat::I16,
    };
    Ok(FusedDecoder::new(config, source, options, &mut |_, _| ())?)
}

/// Milliseconds since the first call.
fn milliseconds() -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
}

/// Tokens per second of a prompt, and of tokens one by one.
fn measure(model: &mut FusedDecoder, options: &Options) -> Result<(f64, f64)> {
    model.truncate(0, 0);
    let vocabulary = model.config().vocab_size as u32;
    let id = |index: usize| (3 + 31 * index as u32) % vocabulary;
    let ids: Vec<u32> = (0..options.prompt).map(id).collect();
    let start = Instant::now();
    model.read(&[Part { slot: 0, ids: &ids }])?;
    let prefill = options.prompt as f64 / start.elapsed().as_secs_f64();
    let start = Instant::now();
    for index in 0..options.tokens {
        let states = model.read(&[Part { slot: 0, ids: &[id(index)] }])?;
        let Logits::Host { values, .. } = model.logits(&states)? else { continue };
        std::hint::black_box(values);
    }
    Ok((prefill, options.tokens as f64 / start.elapsed().as_secs_f64()))
}

/// Weights of 8 bits that are made as they are asked for.
struct RandomWeights {
    random: fastrand::Rng,
    bytes: usize,
    stats: WeightStats,
}

impl RandomWeights {
    fn new() -> RandomWeights {
        let (random, stats) = (fastrand::Rng::with_seed(1), WeightStats::default());
        RandomWeights { random, bytes: 0, stats }
    }

    fn noise(&mut self, spread: f32) -> f32 {
        (self.random.f32() - 0.5) * 2.0 * spread
    }
}

impl TensorSource for RandomWeights {
    fn contains(&self, id: TensorId) -> bool {
        matches!(id.role, Role::Head | Role::StateDecay)
    }

    fn matrix(&mut self, _: TensorId, _: usize, _: usize) -> FileResult<Matrix> {
        Err(ModelFileError::Weights("there are only packed matrices".into()))
    }

    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> FileResult<Matrix> {
        self.matrix(id, rows, columns)
    }

    fn packed(
        &mut self,
        _: TensorId,
        rows: usize,
        columns: usize,
    ) -> FileResult<PackedMatrix> {
        let spread = 1.0 / (columns as f32).sqrt();
        let numbers: Vec<Vec<f32>> = (0..ROWS.min(rows))
            .map(|_| (0..columns).map(|_| self.noise(spread)).collect())
            .collect();
        let mut matrix = memory::packed(PackedFormat::Q8_0, rows, columns)?;
        for row in 0..rows {
            matrix.set_row(row, &numbers[row % numbers.len()]);
        }
        self.bytes += matrix.bytes();
        Ok(matrix)
    }

    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> FileResult<Vec<f32>> {
        // Norms are about 1, and what is kept of a state becomes less.
        let (middle, spread) = match id.role {
            Role::StateDecay => (-1.0, 0.5),
            Role::StateTaps
            | Role::StateParameters
            | Role::StateStep
            | Role::StateUp(_)
            | Role::Router => (0.0, 0.1),
            _ => (1.0, 0.1),
        };
        let count = shape.iter().product();
        Ok((0..count).map(|_| middle + self.noise(spread)).collect())
    }

    fn stored_format(&self, _: TensorId) -> Option<String> {
        None
    }

    fn stats(&self) -> &WeightStats {
        &self.stats
    }
}
