//! Tokenizers and chat templates against other programs, and with damaged files.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "numbers that people want to see")]

/// Chat templates.
mod chat;
/// Tokenizers.
mod tokenizer;
