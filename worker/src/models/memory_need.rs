//! Whether a browser can have the memory that a model needs.

use protocol::{ErrorCode, Failure, Precision};

/// Memory that a WebAssembly program can have, in bytes.
const MOST_MEMORY: u64 = 4_000_000_000;

/// The largest GGUF file that is taken without being named, in bytes. Its blocks take up to 1.06
/// times as much, and the program and a text need memory, too.
pub(super) const ROOM_FOR_WEIGHTS: u64 = 3_300_000_000;

/// Refuses what no browser has the memory for, before any of it is downloaded. `weights` are the
/// sizes of the files of weights in bytes, and `quantised` whether they are in blocks, which
/// stay as they are.
pub(super) fn check_memory(
    title: &str,
    weights: impl Iterator<Item = u64>,
    quantised: bool,
    precision: Precision,
) -> Result<(), Failure> {
    let least = weights.map(|size| match (quantised, precision) {
        (true, _) | (false, Precision::F32) => size,
        (false, Precision::F16 | Precision::Bf16) => size / 2,
        // From 32 bits, if it is that many.
        (false, Precision::Q4) => size / 8,
        (false, Precision::Auto | Precision::Q8) => size / 4,
    });
    let least = least.fold(0, u64::saturating_add);
    if least < MOST_MEMORY {
        return Ok(());
    }
    Err(Failure {
        code: ErrorCode::OutOfMemory,
        message: format!(
            "{title} needs {:.1} GB of memory or more; a browser gives a page {} GB at most.",
            least as f64 / 1e9,
            MOST_MEMORY / 1_000_000_000
        ),
        hint: Some("Choose a smaller model, or use the native server.".into()),
    })
}
