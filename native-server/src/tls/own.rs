//! A certificate that the server makes for itself, and keeps, so that browsers which were told
//! to trust it find the same one the next day.

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair};

use super::TlsError;

/// How long it is used. Some browsers take none that is valid for more than 398 days.
const DAYS: u64 = 390;
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// The names that the certificate is for, a line each.
const NAMES: &str = "names.txt";

/// The names that a server goes by: what its options name, this machine's own names, and its
/// addresses, as far as it listens there.
pub(crate) fn names(
    host: IpAddr,
    hosts: impl IntoIterator<Item = String>,
) -> Vec<String> {
    let addresses = match host.is_unspecified() {
        false => vec![host],
        true => if_addrs::get_if_addrs()
            .unwrap_or_default()
            .iter()
            .filter(|interface| !interface.is_link_local())
            .map(|interface| interface.ip())
            .collect(),
    };
    let local = ["localhost".into(), "127.0.0.1".into(), "::1".into()];
    let addresses = addresses.iter().map(IpAddr::to_string);
    let mut names: Vec<String> =
        local.into_iter().chain(addresses).chain(hosts).collect();
    names.sort();
    names.dedup();
    names
}

/// The certificate and the key in a folder. They are made if they are not there, are for other
/// names, or are used up.
///
/// # Errors
/// If they cannot be made or kept.
pub(crate) fn own_files(
    folder: &Path,
    names: &[String],
) -> Result<(PathBuf, PathBuf), TlsError> {
    let files = (folder.join(CERTIFICATE), folder.join(KEY));
    if is_for(folder, names) && is_young(&files.0) && files.1.is_file() {
        return Ok(files);
    }
    let making = |error: rcgen::Error| TlsError::Making(error.to_string());
    let mut params = CertificateParams::new(names).map_err(making)?;
    params.distinguished_name.push(DnType::CommonName, "Next-Token Visualizer");
    let now = SystemTime::now();
    let day = Duration::from_secs(24 * 3600);
    // A day early, for clocks that are behind.
    params.not_before = (now - day).into();
    params.not_after = (now + day * (DAYS as u32 + 5)).into();
    let key = KeyPair::generate().map_err(making)?;
    let certificate = params.self_signed(&key).map_err(making)?;
    let keep = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        write_private(&files.1, &key.serialize_pem())?;
        fs::write(&files.0, certificate.pem())?;
        fs::write(folder.join(NAMES), names.join("\n"))
    };
    keep().map_err(|reason| TlsError::Keeping { folder: folder.to_owned(), reason })?;
    Ok(files)
}

/// Whether the kept certificate is for all of these names.
fn is_for(folder: &Path, names: &[String]) -> bool {
    let kept = fs::read_to_string(folder.join(NAMES)).unwrap_or_default();
    names.iter().all(|name| kept.lines().any(|line| line == name))
}

fn is_young(file: &Path) -> bool {
    let made = fs::metadata(file).and_then(|data| data.modified());
    let age = made.ok().and_then(|made| made.elapsed().ok());
    age.is_some_and(|age| age < Duration::from_secs(DAYS * 24 * 3600))
}

/// Writes a file that only its owner can read.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    // One that others can read must not stay so.
    let _ = fs::remove_file(file);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_kept_until_the_server_goes_by_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let read = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).into()).collect();
            let (certificate, key) = own_files(&folder, &names).unwrap();
            (fs::read(certificate).unwrap(), fs::read(key).unwrap())
        };
        let first = read(&["localhost", "10.0.0.7"]);
        assert_eq!(read(&["localhost", "10.0.0.7"]), first);
        assert_eq!(read(&["10.0.0.7"]), first);
        assert_ne!(read(&["localhost", "10.0.0.8"]), first);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (_, key) = own_files(folder.path(), &["localhost".into()]).unwrap();
        assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_server_for_all_goes_by_the_addresses_of_its_machine_and_by_its_names() {
        let names = names("0.0.0.0".parse().unwrap(), ["class.example".into()]);
        for name in ["localhost", "127.0.0.1", "class.example"] {
            assert!(names.iter().any(|known| known == name), "{names:?}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let said = own_files(&file, &["localhost".into()]).unwrap_err().to_string();
        assert!(said.contains("--tls-certificate") && said.contains("file"), "{said}");
    }
}
