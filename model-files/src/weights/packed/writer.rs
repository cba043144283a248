//! Writes a file of packed weights while a model is loaded.

use kernels::PackedMatrix;
use xxhash_rust::xxh3::xxh3_64;

use super::format::{Entry, GgufHeader, HEADER_BYTES, Index, Kind, MAGIC, VERSION};
use crate::weights::stored::Blob;

/// A destination of packed weights.
pub trait PackedSink {
    /// Writes bytes at an offset. Bytes that are never written may have any value.
    ///
    /// # Errors
    /// If there is no room or writing fails; the reason, for people.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> std::result::Result<(), String>;
}

/// Writes a file of packed weights while a model is loaded. After a fault it ignores all
/// further tensors, so that the load goes on.
pub struct PackedWriter<'a> {
    sink: &'a mut dyn PackedSink,
    index: Index,
    /// The offset of the next part.
    end: u64,
    fault: Option<String>,
}

impl<'a> PackedWriter<'a> {
    /// A writer to an empty sink.
    pub fn new(sink: &'a mut dyn PackedSink) -> Self {
        let layout = kernels::LAYOUT_VERSION;
        let index = Index { layout, blocks_kept: true, ..Index::default() };
        PackedWriter { sink, index, end: HEADER_BYTES, fault: None }
    }

    /// Writes the header of the GGUF file that the weights are from. `file_length` is the
    /// length of that file in bytes.
    pub fn gguf_header(&mut self, bytes: &[u8], file_length: u64) {
        if let Some(bytes) = self.put(bytes) {
            self.index.gguf = Some(GgufHeader { bytes, file_length });
        }
    }

    /// Records a fault: the model cannot be written as packed weights.
    pub fn give_up(&mut self, reason: &str) {
        self.fault.get_or_insert_with(|| reason.to_owned());
    }

    /// Writes the index and the header. Returns the length of the file in bytes.
    ///
    /// # Errors
    /// The first fault, for people: the file cannot be used.
    pub fn finish(mut self) -> std::result::Result<u64, String> {
        let json = serde_json::to_vec(&self.index).map_err(|error| error.to_string())?;
        let index = self.put(&json);
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let index = index.unwrap_or_default();
        let mut header = [0; HEADER_BYTES as usize];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[16..24].copy_from_slice(&index.at.to_le_bytes());
        header[24..32].copy_from_slice(&index.length.to_le_bytes());
        header[32..40].copy_from_slice(&index.xxh3.to_le_bytes());
        self.sink.write(0, &header)?;
        Ok(index.at + index.length)
    }

    /// Writes a part; `None` after a fault.
    fn put(&mut self, bytes: &[u8]) -> Option<Blob> {
        if self.fault.is_some() {
            return None;
        }
        let at = self.end;
        if let Err(fault) = self.sink.write(at, bytes) {
            self.fault = Some(fault);
            return None;
        }
        let length = bytes.len() as u64;
        self.end = (at + length).next_multiple_of(HEADER_BYTES);
        Some(Blob { at, length, xxh3: xxh3_64(bytes) })
    }

    /// Writes a matrix that has the format `stored` in the file that it comes from.
    pub(super) fn matrix(
        &mut self,
        name: &str,
        matrix: &PackedMatrix,
        stored: Option<String>,
    ) {
        let Some(values) = self.put(matrix.values()) else { return };
        let Some(scales) = self.put(matrix.scales()) else { return };
        self.index.tensors.push(Entry {
            name: name.into(),
            kind: Kind::Blocks(matrix.format()),
            rows: matrix.rows(),
            columns: matrix.columns(),
            stored,
            values,
            scales,
        });
    }

    /// Writes numbers of any shape, as f32.
    pub(super) fn vector(&mut self, name: &str, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        let Some(values) = self.put(&bytes) else { return };
        self.index.tensors.push(Entry {
            name: name.into(),
            kind: Kind::F32,
            rows: 1,
            columns: numbers.len(),
            stored: None,
            values,
            scales: Blob::default(),
        });
    }
}
