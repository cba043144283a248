//! Memory for what comes from outside: it is asked for, and may be refused. What allocates
//! as if there were always enough ends the worker where there is not.

use protocol::{ErrorCode, Failure};

/// So many zeros; none if there is no room for them.
pub(crate) fn zeros(length: u64) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok()?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    bytes.resize(length, 0);
    Some(bytes)
}

/// What a person is told then.
pub(crate) fn refused() -> Failure {
    Failure {
        code: ErrorCode::OutOfMemory,
        message: "There is not enough memory for this model.".into(),
        hint: Some("Choose a smaller model, or close other tabs.".into()),
    }
}
