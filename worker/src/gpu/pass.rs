//! A pass on the device: some tokens of a text, submitted at once, and what is read back of
//! them.

use std::ops::Range;

use engine::ReadTokens;
use gpu::plan::{Pass, Working};
use gpu::{Grid, Guess, angles};
use js_sys::{Array, Uint32Array};
use protocol::TokenId;
use wasm_bindgen::JsValue;

use super::in_flight::InFlight;
use super::model::DeviceModel;

/// Bytes that are read back where nothing is wanted, to know when the pass has ended.
const LEAST_BYTES: usize = 16;

/// What is asked of a pass over some tokens of a text, whose others before them the device has
/// read.
pub(super) struct Asked<'a> {
    /// These tokens; `None` for the one that the device has guessed.
    pub(super) ids: Option<&'a [TokenId]>,
    pub(super) positions: Range<usize>,
    /// Tokens from this position on are read back.
    pub(super) from: usize,
    /// Whether a text ends with them: then the logits after them are read back, too, if the
    /// device gives these.
    pub(super) ends: bool,
    /// How the next token will be drawn, if the device is to guess it.
    pub(super) guess: Option<Guess>,
}

impl DeviceModel {
    /// Submits a pass.
    ///
    /// # Errors
    /// If the device takes none.
    pub(super) fn submit(&mut self, asked: Asked<'_>) -> Result<InFlight, JsValue> {
        let Asked { ids, positions, from, ends, guess } = asked;
        self.device.check()?;
        let (start, tokens) = (positions.start, positions.len());
        let kernels = self.plan.kernels().len();
        let ends = self.gives_logits && ends;
        let with_logits = if ends { tokens - 1..tokens } else { 0..0 };
        let variant = self.variants.of(tokens);
        let pass = Pass { tokens, start, logits: with_logits, guess, variant };
        let steps = self.plan.steps(&pass);
        if self.plan.kernels().len() != kernels {
            return Err("a kernel was not foreseen".into());
        }
        let wanted = from.clamp(start, positions.end)..positions.end;
        let position_bytes = self.position_bytes();
        let state_bytes = 4 * self.hidden_size;
        let layers = self.plan.shape().layers.len();
        let read_bytes = wanted.len() * (state_bytes + layers * position_bytes);
        let read_bytes = read_bytes.max(LEAST_BYTES);
        let logits = if ends { self.plan.shape().vocab_size } else { 0 };
        let of_numbers = read_bytes + 4 * logits;
        // The token follows, if the device has guessed it.
        let bytes = of_numbers + if ids.is_none() { 4 } else { 0 };

        self.device.begin_scopes();
        let submitted = (|| {
            let of_ids = self.plan.working(Working::Ids);
            if let Some(ids) = ids {
                self.write_words(of_ids, ids.iter().map(|id| id.to_le_bytes()))?;
            }
            for table in 0..self.angles.len() {
                let of = &self.angles[table];
                let turned = angles(&of.frequencies, of.factor, start, tokens);
                let buffer = self.plan.working(Working::Angles(table));
                self.write_words(
                    buffer,
                    turned.iter().map(|number| number.to_le_bytes()),
                )?;
            }
            let offsets = self.write_numbers(&steps)?;

            let encoder = self.device.device.create_command_encoder()?;
            let copy = self.read_back(bytes)?;
            let to_copy = &copy.buffer;
            if ids.is_none() {
                // Before the pass, which may put the next one in its place.
                let of_ids = &self.buffers[of_ids.0];
                encoder.copy_buffer(of_ids, 0.0, to_copy, of_numbers as f64, 4.0)?;
            }
            let pass = encoder.begin_compute_pass()?;
            for (index, step) in steps.into_iter().enumerate() {
                pass.set_pipeline(&self.pipelines[step.kernel].pipeline);
                let Grid { x, y, z } = step.grid;
                let group = self.bind(step)?;
                pass.set_bind_group(0, &group, &offsets, index as f64, 1)?;
                pass.dispatch(x, y, z);
            }
            pass.end();
            let states = &self.buffers[self.plan.working(Working::States).0];
            let first = (wanted.start - start) * state_bytes;
            let of_states = wanted.len() * state_bytes;
            let (first, of_states) =
                if wanted.is_empty() { (0, LEAST_BYTES) } else { (first, of_states) };
            encoder.copy_buffer(states, first as f64, to_copy, 0.0, of_states as f64)?;
            let of_layer = wanted.len() * position_bytes;
            for layer in (0..layers).filter(|_| !wanted.is_empty()) {
                let cache = &self.buffers[self.plan.cache(layer).0];
                let from = (wanted.start * position_bytes) as f64;
                let to = (of_states + layer * of_layer) as f64;
                encoder.copy_buffer(cache, from, to_copy, to, of_layer as f64)?;
            }
            if logits > 0 {
                let all = &self.buffers[self.plan.working(Working::Logits).0];
                let (to, size) = (read_bytes as f64, (4 * logits) as f64);
                encoder.copy_buffer(all, 0.0, to_copy, to, size)?;
            }
            self.device.device.queue().submit(&Array::of1(&encoder.finish()?))?;
            let mapped = copy.map(bytes)?;
            Ok::<_, JsValue>((copy, mapped))
        })();
        let scopes = self.device.end_scopes()?;
        let (copy, mapped) = submitted?;
        let (wanted, guessed) = (wanted.len(), ids.is_none());
        Ok(InFlight { copy, bytes, mapped, scopes, wanted, logits, tokens, guessed })
    }

    /// Waits for a pass, and returns what was wanted of it, with its token if the device has
    /// guessed that.
    ///
    /// # Errors
    /// If the device failed.
    pub(super) async fn collect(
        &self,
        pass: InFlight,
    ) -> Result<(ReadTokens, Option<TokenId>), JsValue> {
        let InFlight { copy, bytes, mapped, scopes, wanted, logits, guessed, .. } = pass;
        let mapped = mapped.await;
        // Where an error stopped the pass, the copy has no numbers of it.
        let heard = scopes.check().await;
        let read = mapped.and(heard).and_then(|()| self.device.check());
        let words: Result<Vec<u32>, JsValue> = match read {
            Ok(()) => copy.range(bytes).map(|range| Uint32Array::new(&range).to_vec()),
            Err(error) => Err(error),
        };
        self.reuse(copy);
        let mut words = words?;
        let token = if guessed { words.pop() } else { None };
        Ok((self.read_tokens(&words, wanted, logits), token))
    }

    /// Numbers of so many tokens, and so many logits, of the words that were read back.
    fn read_tokens(&self, words: &[u32], wanted: usize, logits: usize) -> ReadTokens {
        let shape = self.plan.shape();
        let heads = shape.heads;
        let floats = |words: &[u32]| words.iter().copied().map(f32::from_bits).collect();
        let (words, logits) = words.split_at(words.len().saturating_sub(logits));
        let (states, caches) =
            words.split_at((wanted * self.hidden_size).min(words.len()));
        let (states, logits) = (floats(states), floats(logits));
        let words_of_layer = wanted * self.position_bytes() / 4;
        let of_layer = |words: &[u32]| {
            let mut numbers = shape.cache.unpacked(words);
            let (padded, width) = (heads.padded_dim(), heads.head_dim);
            if padded != width {
                let of_heads = numbers.chunks(padded);
                numbers = of_heads.flat_map(|head| &head[..width]).copied().collect();
            }
            numbers
        };
        let layers = match words_of_layer {
            0 => Vec::new(),
            words_of_layer => caches.chunks(words_of_layer).map(of_layer).collect(),
        };
        ReadTokens { states, layers, logits }
    }

    fn position_bytes(&self) -> usize {
        let shape = self.plan.shape();
        shape.cache.position_bytes(&shape.heads)
    }
}
