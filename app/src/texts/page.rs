//! Short notices that several regions give.

/// What was asked for is on the clipboard.
pub(crate) const COPIED: &str = "Copied.";
/// Copying failed: browsers can refuse it.
pub(crate) const NOT_COPIED: &str =
    "The browser did not let the page copy. Select the text and copy it.";
/// Copying a picture failed.
pub(crate) const PICTURE_NOT_COPIED: &str =
    "The browser did not let the page copy the picture. Save it instead.";
/// A picture could not be made.
pub(crate) const NO_PICTURE: &str =
    "The browser could not draw the picture. Save it as SVG instead.";
/// What was under way was stopped.
pub(crate) const STOPPED: &str = "Stopped.";
/// The engine answered something else than was asked.
pub(crate) const WRONG_ANSWER: &str =
    "The engine gave an answer that does not match the request.";
/// What to do then.
pub(crate) const RELOAD: &str = "Reload the page: it may be older than the engine.";
