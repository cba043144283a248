//! TLS: browsers give a page of another machine threads, storage and the service worker only
//! over https. The certificate is one that the person has, or one that the server makes for
//! itself.

mod error;
mod options;
mod own;

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

pub use self::error::TlsError;
pub use self::options::TlsOptions;
pub(crate) use self::own::names;
use self::own::own_files;

/// What connections are encrypted with.
#[derive(Clone)]
pub struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    fingerprint: String,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// With a certificate and its key from files in the PEM format. Certificates of those who
    /// signed it may follow it.
    ///
    /// # Errors
    /// If a file cannot be read, has no such thing, or the two do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Tls, TlsError> {
        let unreadable = |file: &Path| {
            let file = file.to_owned();
            move |error: rustls::pki_types::pem::Error| TlsError::File {
                file,
                reason: error.to_string(),
            }
        };
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(certificate)
                .map_err(unreadable(certificate))?
                .collect::<Result<_, _>>()
                .map_err(unreadable(certificate))?;
        let first = chain.first().ok_or_else(|| TlsError::File {
            file: certificate.to_owned(),
            reason: "there is no certificate in it".into(),
        })?;
        let fingerprint = fingerprint(first);
        let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
        let config =
            ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .and_then(|builder| {
                    builder.with_no_client_auth().with_single_cert(chain, key)
                })
                .map_err(|error| TlsError::Unusable(error.to_string()))?;
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), fingerprint })
    }

    /// The SHA-256 of the certificate as browsers show it: pairs of digits with colons.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let pairs: Vec<String> =
        Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
