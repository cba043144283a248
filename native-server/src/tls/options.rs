//! The options of https.

use std::path::PathBuf;

use super::{Tls, TlsError, own_files};

/// The options of https.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TlsOptions {
    /// Serve https, with a certificate that the server makes for itself. Browsers warn of it once;
    /// its fingerprint is in the log. Only with https, pages of other machines have threads and
    /// storage
    #[arg(long, env = "NEXTTOKEN_TLS", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    tls: bool,

    /// The folder that the server's own certificate is kept in. The default is
    /// .next-token-visualizer in your home folder
    #[arg(
        long,
        env = "NEXTTOKEN_TLS_FOLDER",
        default_value = "",
        hide_default_value = true
    )]
    tls_folder: String,

    /// Serve https with the certificate of this file, in the PEM format
    #[arg(
        long,
        env = "NEXTTOKEN_TLS_CERTIFICATE",
        default_value = "",
        hide_default_value = true
    )]
    tls_certificate: String,

    /// The key of that certificate, in the PEM format
    #[arg(
        long,
        env = "NEXTTOKEN_TLS_KEY",
        default_value = "",
        hide_default_value = true
    )]
    tls_key: String,
}

impl TlsOptions {
    /// What connections are encrypted with, if they are; `names` gives the names that the
    /// server goes by.
    ///
    /// # Errors
    /// If there is no such certificate and none can be made.
    pub(crate) fn open(
        &self,
        names: impl FnOnce() -> Vec<String>,
    ) -> Result<Option<Tls>, TlsError> {
        match (&*self.tls_certificate, &*self.tls_key) {
            ("", "") if !self.tls => Ok(None),
            ("", "") => {
                let (certificate, key) = own_files(&self.folder()?, &names())?;
                Tls::from_files(&certificate, &key).map(Some)
            }
            ("", _) | (_, "") => Err(TlsError::OneOfTwo),
            (certificate, key) => {
                Tls::from_files(certificate.as_ref(), key.as_ref()).map(Some)
            }
        }
    }

    fn folder(&self) -> Result<PathBuf, TlsError> {
        match &*self.tls_folder {
            "" => {
                let home = std::env::home_dir().ok_or(TlsError::NoHome)?;
                Ok(home.join(".next-token-visualizer"))
            }
            folder => Ok(folder.into()),
        }
    }
}
