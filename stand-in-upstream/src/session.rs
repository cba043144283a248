//! A model as our own engine has it.

use engine::{Device, LoadOptions, Session};
use model_files::{ModelFiles, WeightFiles};
use protocol::Precision;
use random_model::Files;

/// A model of random weights in f32, on the processor.
///
/// # Panics
/// If the engine cannot load it.
pub fn session(files: Files) -> Session {
    let files = ModelFiles {
        name: "tiny".into(),
        weights: WeightFiles::Safetensors(vec![Box::new(files.safetensors)]),
        config: Some(files.config),
        tokenizer: Some(files.tokenizer),
        tokenizer_config: Some(files.tokenizer_config),
        generation_config: None,
        chat_template: None,
    };
    let options = LoadOptions {
        precision: Precision::F32,
        device: Device::Cpu,
        device_name: "CPU".into(),
        threads: 1,
        start_thread: |_| false,
        clock_ms: || 0.0,
    };
    Session::load(files, &options, &mut |_| ()).expect("a random model can be loaded")
}
