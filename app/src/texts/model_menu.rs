//! The menu of the current model, and the problems above the status line.

pub(crate) use crate::language::table::model_menu::*;

use protocol::{DeviceSpeeds, PromptDevice};

use crate::format;
use crate::language::say;
use crate::language::table::{counts, numbers};

/// The weights of a model, and those that a token goes through; 0 if it goes through all.
pub(crate) fn parameters(all: u64, active: u64) -> String {
    let all = format::short_count(all);
    match active {
        0 => all,
        active => say!(PARAMETERS, all = all, active = format::short_count(active)),
    }
}

/// How many tokens a model can read.
pub(crate) fn context(tokens: u32) -> String {
    counts::TOKENS.of(tokens.into())
}

/// The device that a model runs on, with its threads unless it names them.
pub(crate) fn device(device: &str, threads: u32) -> String {
    match device.contains("thread") {
        true => device.into(),
        false => {
            say!(DEVICE, device = device, threads = counts::THREADS.of(threads.into()))
        }
    }
}

/// What reads prompts, where a GPU was asked for.
pub(crate) fn prompts(device: PromptDevice) -> Option<&'static str> {
    let text = match device {
        PromptDevice::Same => return None,
        PromptDevice::Gpu => GPU_READS,
        PromptDevice::GpuContinues => GPU_CONTINUES,
        PromptDevice::GpuAlone => GPU_ALONE,
        PromptDevice::NoGpu => GPU_NONE,
        PromptDevice::OtherModel => GPU_OTHER_MODEL,
        PromptDevice::TooLarge => GPU_NO_ROOM,
        PromptDevice::WrongNumbers => GPU_WRONG,
        PromptDevice::Slower => GPU_SLOWER,
        PromptDevice::Failed => GPU_FAILED,
        PromptDevice::FailedAlone => GPU_FAILED_ALONE,
    };
    Some(text.get())
}

/// How fast a GPU and the processor read, where that was measured.
pub(crate) fn prompt_speeds(speeds: DeviceSpeeds) -> String {
    let [gpu, processor] = told(speeds);
    say!(GPU_SPEEDS, gpu = gpu, processor = processor)
}

/// How fast a GPU and the processor continue, where that was measured.
pub(crate) fn continuation_speeds(speeds: DeviceSpeeds) -> String {
    let [gpu, processor] = told(speeds);
    say!(GPU_CONTINUING, gpu = gpu, processor = processor)
}

fn told(speeds: DeviceSpeeds) -> [String; 2] {
    [speeds.gpu, speeds.processor].map(|speed| {
        let number = format::digits(f64::from(speed));
        say!(numbers::TOKENS_PER_SECOND, number = number)
    })
}

/// A model whose architecture is not known is read as one that is.
pub(crate) fn read_as(name: &str, architecture: &str) -> String {
    let mut like = architecture.to_owned();
    if let Some(first) = like.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    say!(READ_AS, name = name, like = like)
}
