//! A file in JavaScript's memory, which is given back once a model is made of the file.
//! WebAssembly's memory never shrinks.

use hub::StoreFault;
use js_sys::Uint8Array;
use model_files::ModelFile;

use crate::memory;

/// Bytes of a block.
const BLOCK: u64 = 1 << 20;

/// A file in blocks of one size. Where nothing was written, there may be none.
#[derive(Default)]
pub(super) struct MemoryBlocks {
    blocks: Vec<Option<Uint8Array>>,
    /// Where the last byte that was written ends.
    length: u64,
}

impl MemoryBlocks {
    /// Writes bytes at an offset.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        let (mut at, mut left) = (offset, bytes);
        while !left.is_empty() {
            let (index, start, count) = part_of_block(at, left.len());
            if self.blocks.len() <= index {
                self.blocks.resize_with(index + 1, || None);
            }
            let block = match &mut self.blocks[index] {
                Some(block) => block,
                none => {
                    let fresh = memory::js_zeros(BLOCK as u32).ok_or(StoreFault::Full)?;
                    none.insert(fresh)
                }
            };
            let (now, later) = left.split_at(count);
            block.subarray(start, start + count as u32).copy_from(now);
            (at, left) = (at + count as u64, later);
        }
        self.length = self.length.max(at);
        Ok(())
    }
}

impl ModelFile for MemoryBlocks {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let (mut at, mut left) = (offset, into);
        while !left.is_empty() {
            let (index, start, count) = part_of_block(at, left.len());
            let end = at + count as u64;
            let block = self.blocks.get(index).and_then(Option::as_ref);
            let block = block.filter(|_| end <= self.length).ok_or("it is not there")?;
            let (now, later) = left.split_at_mut(count);
            block.subarray(start, start + count as u32).copy_to(now);
            (at, left) = (end, later);
        }
        Ok(())
    }
}

/// The block that an offset is in, where in it that is, and how many of `bytes` fit behind it.
fn part_of_block(offset: u64, bytes: usize) -> (usize, u32, usize) {
    let start = offset % BLOCK;
    let room = (BLOCK - start) as usize;
    ((offset / BLOCK) as usize, start as u32, bytes.min(room))
}
