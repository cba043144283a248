//! Why connections cannot be encrypted.

use std::io;
use std::path::PathBuf;

/// Why connections cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be used.
    #[error(
        "{file} cannot be used for https: {reason}. --tls-certificate and --tls-key name files \
         in the PEM format.", file = file.display()
    )]
    File {
        /// Which one.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key are no pair, or of a kind that is not known.
    #[error("The certificate and the key cannot be used together for https: {0}.")]
    Unusable(String),
    /// One of the two was not named.
    #[error("--tls-certificate and --tls-key belong together: name both.")]
    OneOfTwo,
    /// There is no place for the server's own certificate.
    #[error(
        "This system has no home folder: name a folder for the certificate with --tls-folder."
    )]
    NoHome,
    /// No certificate could be made.
    #[error("No certificate could be made: {0}.")]
    Making(String),
    /// What was made cannot be kept.
    #[error(
        "The certificate that was made cannot be kept in {folder}: {reason}. \
         --tls-certificate and --tls-key name files of your own.", folder = folder.display()
    )]
    Keeping {
        /// Where.
        folder: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}
