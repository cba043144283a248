//! Files of weights as they are in memory, so that a model can be loaded again without
//! conversion.

mod format;
mod recording;
mod source;
mod writer;

pub use self::recording::{RecordingSource, pack_all};
pub use self::source::{PackedSource, PackedState, packed_state, verify_packed};
pub use self::writer::{PackedSink, PackedWriter};
