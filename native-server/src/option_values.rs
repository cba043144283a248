//! The values of options. An empty one stands for the default of its option.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use protocol::{Precision, limits};

/// The default folder of the site.
pub(crate) const DIST: &str = "dist";
/// What is logged by default.
pub(crate) const LOG: &str = "warn,native_server=info";

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Secret, Infallible> {
        Ok(Secret(text.into()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[value(alias = "")]
    Text,
    /// An object on each line, with the time.
    Json,
}

/// A number format of weights.
pub(crate) fn parse_precision(text: &str) -> Result<Precision, String> {
    Precision::named(text).ok_or_else(|| format!("it can be {}", Precision::NAMES))
}

/// A filter of the log.
pub(crate) fn parse_log(text: &str) -> Result<String, String> {
    let filter = if text.is_empty() { LOG } else { text };
    match tracing_subscriber::EnvFilter::try_new(filter) {
        Ok(_) => Ok(filter.to_owned()),
        Err(error) => Err(format!("it is no filter of a log: {error}")),
    }
}

/// The folder of the site.
pub(crate) fn parse_dist(text: &str) -> Result<PathBuf, Infallible> {
    Ok(if text.is_empty() { DIST } else { text }.into())
}

/// A whole number, by default `DEFAULT`.
pub(crate) fn whole<const DEFAULT: u32>(text: &str) -> Result<u32, String> {
    match text {
        "" => Ok(DEFAULT),
        _ => text.parse().map_err(|_| format!("it can be 0 to {}", u32::MAX)),
    }
}

/// A whole number that is not 0, by default `DEFAULT`.
pub(crate) fn at_least_one<const DEFAULT: u32>(text: &str) -> Result<u32, String> {
    match whole::<DEFAULT>(text) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("it can be 1 to {}", u32::MAX)),
    }
}

/// The port to listen on.
pub(crate) fn parse_port(text: &str) -> Result<u16, String> {
    match text {
        "" => Ok(limits::DEFAULT_PORT),
        _ => text.parse().map_err(|_| "it can be 0 to 65535".into()),
    }
}
