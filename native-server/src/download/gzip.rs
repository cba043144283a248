//! Decodes gzip that a server sends without being asked for it.

use std::io::Write;

use flate2::write::GzDecoder;
use hub::RequestFault;

/// A decoder that is given bytes as they come.
#[derive(Debug)]
pub(super) struct Gunzip {
    decoder: GzDecoder<Vec<u8>>,
    ended: bool,
}

impl Default for Gunzip {
    fn default() -> Self {
        Gunzip { decoder: GzDecoder::new(Vec::new()), ended: false }
    }
}

impl Gunzip {
    /// Decodes some more bytes, into about a thousand times as many at most.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<Vec<u8>, RequestFault> {
        self.decoder.write_all(bytes).map_err(|_| RequestFault::Cut)?;
        self.decoder.flush().map_err(|_| RequestFault::Cut)?;
        Ok(std::mem::take(self.decoder.get_mut()))
    }

    /// Decodes what is left at the end; none when called again.
    pub(super) fn end(&mut self) -> Result<Option<Vec<u8>>, RequestFault> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(None);
        }
        self.decoder.try_finish().map_err(|_| RequestFault::Cut)?;
        Ok(Some(std::mem::take(self.decoder.get_mut())))
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn bytes_come_out_as_they_were_however_they_are_cut() {
        let text: Vec<u8> = (0..100_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).unwrap();
        let encoded = encoder.finish().unwrap();
        let (mut gunzip, mut out) = (Gunzip::default(), Vec::new());
        for part in encoded.chunks(777) {
            out.extend(gunzip.add(part).unwrap());
        }
        while let Some(part) = gunzip.end().unwrap() {
            out.extend(part);
        }
        assert!(out == text);
        let mut cut = Gunzip::default();
        cut.add(&encoded[..encoded.len() / 2]).unwrap();
        assert_eq!(cut.end(), Err(RequestFault::Cut));
        assert!(Gunzip::default().add(b"plain text").is_err());
    }
}
