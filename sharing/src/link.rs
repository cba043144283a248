//! The share link: a session in the fragment of the page's address, which browsers send to no
//! server. `#session=` is followed by base64url (RFC 4648) of a byte for the form, 1, and of the
//! session's JSON as zlib (RFC 1950), whose checksum tells of damage.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::{Fault, Session, check};

/// What the fragment of a link begins with.
pub const KEY: &str = "session=";
/// The form of what follows, in its first byte.
const FORM: u8 = 1;
/// The most letters of a link.
const MAX_LETTERS: usize = 256 * 1024;
/// The most bytes of a link's JSON.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The fragment of a link, without `#`. What was recorded is left out: whoever opens the link
/// computes it again.
///
/// # Errors
/// [`Fault::TooLarge`] if the texts are too long for a link.
pub fn encode(session: &Session) -> Result<String, Fault> {
    let plain = Session { recorded: None, ..session.clone() };
    let json = serde_json::to_vec(&plain).map_err(|_| Fault::Damaged)?;
    let mut encoder = ZlibEncoder::new(vec![FORM], Compression::best());
    let packed = encoder.write_all(&json).and_then(|()| encoder.finish());
    let packed = packed.map_err(|_| Fault::Damaged)?;
    let fragment = format!("{KEY}{}", URL_SAFE_NO_PAD.encode(packed));
    let fits = fragment.len() <= MAX_LETTERS && json.len() as u64 <= MAX_BYTES;
    fits.then_some(fragment).ok_or(Fault::TooLarge)
}

/// The session of a link: of its fragment, or of the whole address, as it was pasted.
///
/// # Errors
/// Why it cannot be opened.
pub fn decode(link: &str) -> Result<Session, Fault> {
    let fragment = link.rsplit_once('#').map_or(link, |(_, fragment)| fragment).trim();
    let packed = fragment.strip_prefix(KEY).ok_or(Fault::NoSession)?;
    if packed.len() > MAX_LETTERS {
        return Err(Fault::TooLarge);
    }
    // Mail programs break long lines.
    let packed: String = packed.split_whitespace().collect();
    let packed = URL_SAFE_NO_PAD.decode(packed).map_err(|_| Fault::Damaged)?;
    let (form, packed) = packed.split_first().ok_or(Fault::Damaged)?;
    match *form {
        FORM => {}
        form if form > FORM => return Err(Fault::Newer { version: form.into() }),
        _ => return Err(Fault::Damaged),
    }
    let mut json = Vec::new();
    let mut decoder = ZlibDecoder::new(packed);
    let mut limited = (&mut decoder).take(MAX_BYTES + 1);
    limited.read_to_end(&mut json).map_err(|_| Fault::Damaged)?;
    if json.len() as u64 > MAX_BYTES {
        return Err(Fault::TooLarge);
    }
    if decoder.total_in() != packed.len() as u64 {
        return Err(Fault::Damaged);
    }
    let session = check::read(&json)?;
    match session.recorded {
        Some(_) => Err(Fault::invalid("a link has no recorded numbers")),
        None => Ok(session),
    }
}
