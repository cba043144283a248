//! What a person reads if a file at an address cannot be fetched.

use hub::{HubError, StoreFault};
use protocol::{ErrorCode, Failure};

use crate::memory;

/// A file could not be fetched.
pub(super) fn network(url: &str, reason: &str) -> Failure {
    Failure {
        code: ErrorCode::Network,
        message: format!("{url} could not be fetched: {reason}."),
        hint: Some("Check the address and the connection, then try again.".into()),
    }
}

/// There is a page for people in place of a file.
pub(super) fn web_page(url: &str) -> Failure {
    Failure {
        code: ErrorCode::InvalidModelFile,
        message: format!("{url} answers with a web page, not with a model’s file."),
        hint: Some(
            "Give the address of the file itself: the one behind the page’s download link."
                .into(),
        ),
    }
}

/// There is no room for a file, or its place fails.
pub(super) fn of_store(fault: StoreFault, url: &str) -> Failure {
    match fault {
        StoreFault::Full => memory::refused(),
        StoreFault::Other(reason) => network(url, &reason),
    }
}

/// The faults of a download, without what is particular to hubs; `url` is the file's address, as
/// far as the error does not say it.
pub(super) fn of_download(error: HubError, url: &str) -> Failure {
    let status = |status: u16| format!("the server answered {status}");
    match error {
        HubError::StorageFull { .. } => memory::refused(),
        HubError::Missing { what, .. } => network(&what, "there is no such file"),
        HubError::Refused { what, status: code, .. } => network(&what, &status(code)),
        HubError::Server { status: code, .. } => network(url, &status(code)),
        HubError::Gated { .. } | HubError::Unauthorized { .. } => {
            network(url, &status(401))
        }
        HubError::ProxyAuthentication { .. } => network(url, &status(407)),
        HubError::RateLimited { seconds, .. } => {
            network(url, &format!("the server asks to wait for {seconds} seconds"))
        }
        HubError::Offline { reason, .. } => network(url, &reason),
        HubError::Interrupted { file, reason } | HubError::Storage { file, reason } => {
            network(&file, &reason)
        }
        HubError::NoRanges { file } => network(
            &file,
            "the connection broke off, and the server sends no parts of files",
        ),
        other => network(url, other.to_string().trim_end_matches('.')),
    }
}
