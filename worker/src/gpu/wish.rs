//! What the page asks for of a GPU.

use model_files::{ModelFiles, WeightFiles};
use protocol::Precision;
use web_sys::DedicatedWorkerGlobalScope;

/// The most weights that are in this program's memory while a GPU has them, too, in bytes. Browsers
/// give a program 2 to 4 GB, and texts need some of it.
const ROOM: u64 = 2_000_000_000;

/// That the page asks for a GPU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Only for one that reads faster than the processor, and for none in software.
    pub(super) if_faster: bool,
    /// Also for one that computed other numbers before.
    pub(super) again: bool,
    /// The most weights that are in memory, in bytes.
    room: u64,
}

impl Wish {
    /// What the page asks for. It does by the name that it gives its worker: one with a query
    /// would be another file for the service worker. `room` and a number is how many KiB of weights
    /// may be in memory.
    pub(crate) fn of(scope: &DedicatedWorkerGlobalScope) -> Option<Wish> {
        let name = scope.name();
        let has = |wanted: &str| name.split('-').any(|part| part == wanted);
        let mut parts = name.split('-');
        let room = parts.find_map(|part| part.strip_prefix("room")?.parse::<u64>().ok());
        let room = room.map_or(ROOM, |kib| kib << 10);
        let if_faster = has("auto");
        (if_faster || has("gpu")).then(|| Wish { if_faster, again: has("again"), room })
    }

    /// Whether the blocks of a model are to be on the GPU and in storage only.
    pub(crate) fn streams(&self, files: &ModelFiles, precision: Precision) -> bool {
        let bytes = match &files.weights {
            WeightFiles::Gguf(file) | WeightFiles::Packed(file) => file.length(),
            WeightFiles::Stored(file) => file.length(),
            // From 16 bits, if it is that many.
            WeightFiles::Safetensors(files) => {
                let all: u64 = files.iter().map(|file| file.length()).sum();
                if precision == Precision::Q4 { all / 3 } else { all / 2 }
            }
        };
        let packed = matches!(precision, Precision::Auto | Precision::Q8 | Precision::Q4);
        packed && bytes > self.room
    }
}
