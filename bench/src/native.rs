//! The engine on this machine's processor: load, prefill, decode.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use engine::{Device, LoadOptions, ReadRequest, Session};
use inference::distribution::{SamplerContext, View};
use model_files::{ModelFile, ModelFiles, WeightFiles};
use protocol::{Precision, SamplerSettings};

use crate::memory::peak_bytes;
use crate::report::Measured;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file, or a folder with config.json, tokenizer.json and model.safetensors
    #[arg(long)]
    model: PathBuf,
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Tokens in the prompt
    #[arg(long, default_value_t = 128)]
    prompt: usize,
    /// Tokens that are then decoded one by one
    #[arg(long, default_value_t = 64)]
    tokens: usize,
    /// f32, f16 and bf16 use the plain operations
    #[arg(long, default_value = "auto", value_parser = precision)]
    precision: Precision,
    /// Measurements of prefill and decode; their medians are reported
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Print one line of JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// The precision of a name.
///
/// # Errors
/// If there is none of this name; those that there are.
pub(crate) fn precision(text: &str) -> Result<Precision, String> {
    Precision::named(text).ok_or_else(|| Precision::NAMES.into())
}

/// Measures and prints.
///
/// # Errors
/// If the model cannot be loaded, or has too little context.
pub(crate) fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let mut session = load(&options.model, options.threads, options.precision)?;
    let load_seconds = start.elapsed().as_secs_f64();
    let vocab_size = session.description().vocab_size;
    if options.prompt + options.tokens > session.description().context_length as usize {
        bail!(
            "the model's context is too short for {} tokens",
            options.prompt + options.tokens
        );
    }
    let (mut prefills, mut decodes) = (Vec::new(), Vec::new());
    for round in 0..options.rounds.max(1) {
        // Another first token, so that nothing of the round before can be reused.
        let mut ids: Vec<u32> = (0..options.prompt)
            .map(|i| (3 + 31 * i as u32 + 7 * round as u32) % vocab_size.min(259))
            .collect();
        let start = Instant::now();
        next(&mut session, &ids)?;
        prefills.push(options.prompt as f64 / start.elapsed().as_secs_f64());
        let start = Instant::now();
        for _ in 0..options.tokens {
            let id = next(&mut session, &ids)?;
            ids.push(id);
        }
        next(&mut session, &ids)?;
        decodes.push(options.tokens as f64 / start.elapsed().as_secs_f64());
    }
    let description = session.description();
    let measured = Measured {
        engine: "this engine, native".into(),
        format: description.precision.clone(),
        threads: options.threads,
        load_seconds,
        prefill: prefills,
        decode: decodes,
        peak_bytes: peak_bytes(),
        weight_bytes: Some(description.weight_bytes),
    };
    measured.print(options.json)
}

/// Loads a model from a file or folder.
///
/// # Errors
/// If that is not possible.
pub(crate) fn load(model: &Path, threads: u32, precision: Precision) -> Result<Session> {
    let read = |name: &str| std::fs::read(model.join(name)).ok();
    let weights = if model.is_dir() {
        let file = model.join("model.safetensors");
        WeightFiles::Safetensors(vec![Box::new(OnDisk::open(&file)?)])
    } else {
        WeightFiles::Gguf(Box::new(OnDisk::open(model)?))
    };
    let files = ModelFiles {
        name: "bench".into(),
        weights,
        config: read("config.json"),
        tokenizer: read("tokenizer.json"),
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    };
    let options = LoadOptions {
        precision,
        device: Device::Cpu,
        device_name: "CPU".into(),
        threads,
        start_thread: |body| std::thread::Builder::new().spawn(body).is_ok(),
        clock_ms: milliseconds,
    };
    Ok(Session::load(files, &options, &mut |_| ())?)
}

/// A file that is read in place.
pub(crate) struct OnDisk {
    file: Mutex<File>,
    length: u64,
}

impl OnDisk {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn open(path: &Path) -> Result<OnDisk> {
        let cannot = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(cannot)?;
        let length = file.metadata().with_context(cannot)?.len();
        Ok(OnDisk { file: Mutex::new(file), length })
    }
}

impl ModelFile for OnDisk {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let mut file = self.file.lock().map_err(|error| error.to_string())?;
        let found = file.seek(SeekFrom::Start(offset));
        found.and_then(|_| file.read_exact(into)).map_err(|error| error.to_string())
    }
}

/// Milliseconds since this was first asked.
pub(crate) fn milliseconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64() * 1e3
}

/// Reads the new ids and returns the most probable next token: all that a person waits for who
/// steps token by token.
fn next(session: &mut Session, ids: &[u32]) -> Result<u32> {
    let settings = SamplerSettings { temperature: 0.0, ..Default::default() };
    session.read(&[ReadRequest::whole(0, ids)])?;
    let position = ids.len() as u32;
    let view = View {
        settings: &settings,
        position,
        candidates: 10,
        watch: &[],
        context: SamplerContext::default(),
    };
    Ok(session.distribution(0, ids, view)?.sampled.token.id)
}
