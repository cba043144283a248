//! What a model of an address is called, and stored by.

use hub::{Digest, Hasher};
use protocol::Precision;

use super::model_key::suffix;

/// What the folders of such models begin with. No folder of a hub's model does: those have
/// percent signs in place of all but letters, digits and the point before the precision.
const PREFIX: &str = "_address-";

/// What a fragment begins with that names a stored model.
const SAVED: &str = "saved-";

/// An address as models are stored by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Where to fetch from; none if all that is known is what the model is stored by.
    pub(super) url: Option<String>,
    /// Stands for the whole address, in hexadecimal. So what is stored does not tell a
    /// query, which may hold a signature.
    id: String,
    /// The address for people, without a query. Where it had one, a fragment says which.
    name: String,
}

impl Address {
    /// Of an address that is complete, or of a [`name`](Self::name).
    pub(crate) fn new(url: &str) -> Address {
        let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
        let (path, query) = match url.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (url, None),
        };
        let saved = fragment.strip_prefix(SAVED).filter(|id| is_id(id));
        if let Some(id) = saved.filter(|_| query.is_none()) {
            let name = format!("{path}#{fragment}");
            return Address { url: None, id: id.to_owned(), name };
        }
        let id = id_of(url);
        let name = match query {
            Some(_) => format!("{}#{SAVED}{id}", without_person(path)),
            None => without_person(path),
        };
        Address { url: Some(url.to_owned()), id, name }
    }

    /// What people see, and by what the model can be asked for again once it is stored.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name of the folder that the model is stored in.
    pub(super) fn folder_name(&self, precision: Precision) -> String {
        format!("{PREFIX}{}{}", self.id, suffix(precision))
    }
}

/// The precision of a folder of such a model.
pub(super) fn precision_of(folder: &str) -> Option<Precision> {
    let rest = folder.strip_prefix(PREFIX)?;
    let id = rest.get(..ID_DIGITS).filter(|id| is_id(id))?;
    let ending = &rest[id.len()..];
    let known =
        [Precision::Auto, Precision::Q4, Precision::F32, Precision::F16, Precision::Bf16];
    known.into_iter().find(|precision| suffix(*precision) == ending)
}

const ID_DIGITS: usize = 32;

fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn id_of(url: &str) -> String {
    let mut hasher = Hasher::new(&Digest::Sha256(String::new()), 0);
    hasher.update(url.as_bytes());
    let mut hex = hasher.hex();
    hex.truncate(ID_DIGITS);
    hex
}

/// An address without the name and the password of a person.
fn without_person(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_of_an_address_tells_neither_query_nor_person() {
        let plain = Address::new("https://h.example/a/x.gguf");
        assert_eq!(plain.name(), "https://h.example/a/x.gguf");
        let signed = Address::new("https://h.example/a/x.gguf?X-Amz-Signature=secret");
        let person = Address::new("https://me:secret@h.example/a/x.gguf?a");
        for address in [&signed, &person] {
            let told =
                format!("{}{}", address.name(), address.folder_name(Precision::Q4));
            assert!(!told.contains("secret") && !told.contains("me:"), "{told}");
        }
        // Each is a model of its own, whatever is not sent along.
        let other = Address::new("https://h.example/a/x.gguf?X-Amz-Signature=other");
        let folders =
            [&plain, &signed, &person, &other].map(|a| a.folder_name(Precision::Q8));
        let mut different = folders.to_vec();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), 4, "{folders:?}");
        let again = Address::new("https://h.example/a/x.gguf#fragment");
        assert_eq!(again.folder_name(Precision::Q8), folders[0]);
    }

    #[test]
    fn a_name_that_is_listed_leads_to_what_is_stored() {
        for url in ["https://h.example/x.gguf?sig=a%20b", "http://localhost:1/m/"] {
            let address = Address::new(url);
            let listed = Address::new(address.name());
            for precision in [Precision::Auto, Precision::Q4, Precision::F16] {
                let folder = address.folder_name(precision);
                assert_eq!(listed.folder_name(precision), folder);
                assert_eq!(precision_of(&folder), Some(precision));
            }
            assert_eq!(listed.url.is_some(), !url.contains('?'));
        }
        assert_eq!(precision_of("_address-xyz"), None);
        assert_eq!(precision_of("owner%2Fname"), None);
    }
}
