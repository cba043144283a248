//! Makes a session of a model's files: the weights are placed in memory, and packed on the way.

use engine::{Device, LoadOptions, Session};
use model_files::ModelFiles;
use protocol::{ErrorCode, Event, Failure, Precision, Reply, RequestId};

use crate::clock::monotonic_ms;
use crate::models::PackedWriter;
use crate::post;

/// Makes a session, and returns how many bytes of packed weights were written, or why none were.
/// The engine loads in one call, during which no message of the page is heard.
pub(crate) fn load(
    files: ModelFiles,
    packed_writer: Option<&mut PackedWriter>,
    precision: Precision,
    id: RequestId,
) -> Result<(Session, Result<u64, String>), Failure> {
    #[cfg(target_feature = "atomics")]
    let (threads, start_thread) = (crate::threads::count(), crate::threads::start as _);
    #[cfg(not(target_feature = "atomics"))]
    let (threads, start_thread) = (1, (|_| false) as _);
    let options = LoadOptions {
        precision,
        device: Device::Cpu,
        device_name: post::build().into(),
        threads,
        start_thread,
        clock_ms: monotonic_ms,
    };
    let mut tell = |progress| post::reply(Reply { id, event: Event::Progress(progress) });
    let loaded = match packed_writer {
        Some(writer) => Session::load_and_pack(files, &options, writer, &mut tell),
        None => Session::load(files, &options, &mut tell)
            .map(|session| (session, Err("they are there or have no place".into()))),
    };
    loaded.map_err(|error| error.failure())
}

/// Makes a session of a model that is in memory as a whole, and keeps its packed weights where they
/// are to be.
pub(crate) async fn in_memory(
    files: ModelFiles,
    mut packed_writer: Option<PackedWriter>,
    precision: Precision,
    id: RequestId,
) -> Result<Session, Failure> {
    let (session, written) = match load(files, packed_writer.as_mut(), precision, id) {
        Ok((session, written)) => (Ok(session), written),
        Err(failure) => (Err(failure), Err("the model cannot be loaded".into())),
    };
    if let Some(packed_writer) = packed_writer {
        packed_writer.finish(written).await;
    }
    session
}

/// Nobody reads it: the page knows that the load was stopped.
pub(crate) fn stopped() -> Failure {
    Failure {
        code: ErrorCode::Network,
        message: "Loading was stopped.".into(),
        hint: None,
    }
}
