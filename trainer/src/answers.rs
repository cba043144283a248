//! The shipped model asked through the project's own engine.

use std::path::Path;

use anyhow::{Context, Result};
use engine::{Device, LoadOptions, ModelFiles, Session, Weights};
use protocol::Precision;

/// The model of a folder, as the page loads it.
pub fn load(folder: &Path) -> Result<Session> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let files = ModelFiles {
        name: "Demo model".into(),
        weights: Weights::Gguf(Box::new(read("model.gguf")?)),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: Some(read("generation_config.json")?),
        chat_template: None,
    };
    let options = LoadOptions {
        precision: Precision::Auto,
        device: Device::Cpu,
        device_name: "CPU".into(),
        threads: 1,
        start_thread: |_| false,
        clock_ms: || 0.0,
    };
    Ok(Session::load(files, &options, &mut |_| ())?)
}
