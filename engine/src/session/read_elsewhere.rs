//! Texts that another device reads: it is asked, and what it has read becomes the sequence's as
//! if the model had read it. So the model can go on from there at any time.

use inference::Logits;
use inference::distribution::Outlook;
use protocol::{DeviceSpeeds, PromptDevice, TokenId};

use super::elsewhere::{Current, Elsewhere};
use super::state::Session;
use crate::error::Result;
use crate::prompt_reader::{PromptQuestion, PromptReader, ReadTokens};

/// Fewer tokens than these are read by the model itself, unless the device continues texts:
/// asking takes as long. Of as many it may have to read more than what is missing.
const FEWEST_TOKENS: usize = 16;

/// What became of the tokens that a job needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReadElsewhere {
    /// The model reads them.
    Not,
    /// Another device reads them, and has no more of them yet.
    Awaited,
    /// Another device will read them once it has read another text.
    Later,
    /// It has read so many, and that took so many milliseconds.
    Read { tokens: usize, ms: f64 },
    /// It has failed for good, as this says. The model reads them.
    Failed(PromptDevice),
}

impl Session {
    /// Has long texts read by a device from now on, and continued if it does that.
    pub fn set_prompt_reader(&mut self, reader: Box<dyn PromptReader>) {
        self.description.prompts = match (self.is_stored(), reader.continues()) {
            (true, _) => PromptDevice::GpuAlone,
            (false, true) => PromptDevice::GpuContinues,
            (false, false) => PromptDevice::Gpu,
        };
        self.elsewhere = Elsewhere { reader: Some(reader), current: None };
    }

    /// Notes why the model reads all texts itself although another device was asked for.
    pub fn set_prompt_device(&mut self, device: PromptDevice) {
        self.description.prompts = device;
    }

    /// Notes how fast both read and continued texts when they were tried.
    pub fn set_speeds(&mut self, reading: DeviceSpeeds, continuing: DeviceSpeeds) {
        self.description.prompt_speeds = Some(reading);
        self.description.continuation_speeds = Some(continuing);
    }

    /// Has another device read the tokens of `ids` that a slot lacks, if they are many, and
    /// takes what it has read. `outlook` says how the tokens after the text will be drawn.
    ///
    /// # Errors
    /// If what it has read does not fit in memory.
    pub(crate) fn read_elsewhere(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        outlook: impl FnOnce() -> Option<Outlook>,
        now_ms: f64,
    ) -> Result<ReadElsewhere> {
        if self.elsewhere.reader.is_none() {
            return Ok(ReadElsewhere::Not);
        }
        let cached = self.cached_tokens(slot, ids);
        if let Some(current) = &self.elsewhere.current {
            if current.slot != slot {
                // It reads one text at a time.
                return Ok(match self.is_stored() && self.fits_reader(ids) {
                    true => ReadElsewhere::Later,
                    false => ReadElsewhere::Not,
                });
            }
            if current.position != cached || current.ids != ids {
                self.elsewhere.current = None;
            }
        }
        if self.elsewhere.current.is_none()
            && !self.begin(slot, ids, cached, outlook, now_ms)
        {
            return Ok(ReadElsewhere::Not);
        }
        let Some(current) = &mut self.elsewhere.current else {
            return Ok(ReadElsewhere::Not);
        };
        match current.reading.take() {
            None => Ok(ReadElsewhere::Awaited),
            Some(Ok(read)) if self.is_whole(&read, ids.len() - cached) => {
                let tokens = self.take_read(slot, ids, cached, read)?;
                let mut ms = 0.0;
                if let Some(current) = &mut self.elsewhere.current {
                    ms = now_ms - current.since;
                    (current.position, current.since) = (cached + tokens, now_ms);
                }
                if cached + tokens == ids.len() {
                    self.elsewhere.current = None;
                }
                Ok(ReadElsewhere::Read { tokens, ms })
            }
            // What is no number, or is not whole, is never shown.
            Some(_) => {
                self.elsewhere = Elsewhere::default();
                let failed = match self.is_stored() {
                    true => PromptDevice::FailedAlone,
                    false => PromptDevice::Failed,
                };
                self.description.prompts = failed;
                Ok(ReadElsewhere::Failed(failed))
            }
        }
    }

    /// Whether the blocks' weights are in a file, not in memory.
    pub fn is_stored(&self) -> bool {
        self.stored().is_some()
    }

    /// Whether the device can read a text.
    fn fits_reader(&self, ids: &[TokenId]) -> bool {
        let reader = self.elsewhere.reader.as_ref();
        reader.is_some_and(|reader| ids.len() <= reader.most_tokens())
    }

    /// Asks the device to read, if it can and is likely to be faster; returns whether it does.
    fn begin(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        cached: usize,
        outlook: impl FnOnce() -> Option<Outlook>,
        now_ms: f64,
    ) -> bool {
        let missing = ids.len() - cached;
        let stored = self.is_stored();
        let Some(reader) = &mut self.elsewhere.reader else { return false };
        // It also has to read what it does not know of the text's beginning.
        let behind = cached.saturating_sub(reader.known(ids));
        let reads = missing >= FEWEST_TOKENS && behind <= 2 * missing;
        let continues = reader.continues() && behind <= FEWEST_TOKENS;
        // A model in a file is slower than any device.
        if ids.len() > reader.most_tokens() || !(reads || continues || stored) {
            return false;
        }
        let (ids, outlook) = (ids.to_vec(), outlook().filter(|_| reader.continues()));
        let question = PromptQuestion { ids: ids.clone(), from: cached, outlook };
        let reading = reader.read(question);
        let current = Current { slot, ids, position: cached, reading, since: now_ms };
        self.elsewhere.current = Some(current);
        true
    }

    /// Whether these are numbers, and as many as the model has for some tokens, at most `most`;
    /// and whether logits are there only after the last of these.
    pub(super) fn is_whole(&self, read: &ReadTokens, most: usize) -> bool {
        let Ok(config) = self.config() else { return false };
        let tokens = read.states.len() / self.model.state_size();
        let width = 2 * config.num_key_value_heads * config.head_dim;
        let of_layers = |layer: &Vec<f32>| {
            layer.len() == tokens * width && layer.iter().all(|number| number.is_finite())
        };
        let logits = &read.logits;
        let vocab_size = self.description.vocab_size as usize;
        let no_logits = logits.is_empty();
        (1..=most).contains(&tokens)
            && (no_logits || (tokens == most && logits.len() == vocab_size))
            && logits.iter().all(|logit| logit.is_finite())
            && read.states.len() == tokens * self.model.state_size()
            && read.states.iter().all(|number| number.is_finite())
            && read.layers.len() == config.layers.len()
            && read.layers.iter().all(of_layers)
    }

    /// Appends what was read after the first `cached` tokens to a slot; returns how many
    /// tokens that are.
    fn take_read(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        cached: usize,
        read: ReadTokens,
    ) -> Result<usize> {
        let tokens = read.states.len() / self.model.state_size();
        self.truncate(slot, cached);
        self.sequences[slot].states.reserve(tokens)?;
        let adopted = self.model.here_mut()?.adopt(slot, tokens, &read.layers);
        adopted.inspect_err(|_| self.model.truncate(slot, cached))?;
        let sequence = &mut self.sequences[slot];
        sequence.states.extend(&read.states);
        sequence.ids.extend_from_slice(&ids[cached..cached + tokens]);
        sequence.reserved = sequence.reserved.max(sequence.ids.len());
        if !read.logits.is_empty() {
            let vocab_size = read.logits.len();
            let logits = Logits::Host { values: read.logits, vocab_size };
            sequence.logits = Some((sequence.ids.len(), logits));
        }
        self.forward_tokens += tokens as u64;
        Ok(tokens)
    }

    /// Ends the reading for a slot, if there is one.
    pub(super) fn end_reading(&mut self, slot: usize) {
        if self.elsewhere.current.as_ref().is_some_and(|current| current.slot == slot) {
            self.elsewhere.current = None;
        }
    }
}
