//! Whether a device that is to read texts reads them as the model does: both read the same
//! texts, and the model goes on from what the device has read.

use inference::Logits;
use inference::distribution::log_probabilities;
use kernels::PackedMatrix;
use model_files::config::Config;
use model_files::weights::{DecoderView, StoredMatrix};
use protocol::TokenId;

use super::read::ReadRequest;
use super::sequence::Sequence;
use super::state::Session;
use crate::error::{EngineError, Result};
use crate::prompt_reader::ReadTokens;

/// The longest text of the check: two chunks of 64 positions of attention, and some of a third.
const LONG: usize = 140;

/// Tokens of the short text.
const SHORT: usize = 8;

/// Positions of the long text that are compared: where chunks meet, and the end.
const COMPARED: [usize; 6] = [62, 63, 64, 65, 128, 138];

/// The most nats that distributions may be apart.
const TOLERANCE: f64 = 1e-3;

/// Tokens whose logits are this near count as one on top.
const NEAR: f32 = 0.01;

/// What the texts of the check are cut from, over and over.
const TEXT: &str = "The capital of France is Paris. In the morning, Anna opened the window and \
                    counted 1, 2, 3 birds on the roof; then she wrote a letter to her friend.";

/// The longest that the model's last token is computed again, to know how long that takes; in
/// milliseconds.
const STEPS_MS: f64 = 75.0;

/// How a device did, and how long the model took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReaderCheck {
    /// The largest divergence, in nats; not a number if a number was none.
    pub divergence: f64,
    /// Whether another token was on top somewhere.
    pub other_top: bool,
    /// How long the model took to read the text, in milliseconds.
    pub model_ms: f64,
    /// How long it took for the last token and the logits after it.
    pub step_ms: f64,
}

impl ReaderCheck {
    /// Whether the device can be trusted.
    pub fn passed(&self) -> bool {
        // Not `>`, which NaN would pass.
        self.divergence <= TOLERANCE && !self.other_top
    }
}

impl Session {
    /// The model's shape and weights, for a device that is to read texts for it; `None` if the
    /// model cannot go on from what another device has read.
    pub fn packed(&self) -> Option<(&Config, DecoderView<'_, PackedMatrix>)> {
        let model = self.model.here().ok()?;
        Some((model.config(), model.packed()?))
    }

    /// As [`packed`](Self::packed), of a model whose blocks stay in their file; `None` if they are
    /// in memory.
    pub fn stored(&self) -> Option<(&Config, DecoderView<'_, StoredMatrix>)> {
        let model = self.model.here().ok()?;
        Some((model.config(), model.stored()?))
    }

    /// The texts that [`check_reader`](Self::check_reader) compares.
    ///
    /// # Errors
    /// If the tokenizer cannot read a plain text.
    pub fn check_texts(&self) -> Result<[Vec<TokenId>; 2]> {
        let tokens = self.tokenize(TEXT)?;
        let mut ids: Vec<TokenId> = tokens.iter().map(|token| token.id).collect();
        if ids.is_empty() {
            ids.push(0);
        }
        let longest = LONG.min(self.description.context_length as usize);
        let of = |length: usize| ids.iter().cycle().take(length).copied().collect();
        Ok([of(SHORT.min(longest)), of(longest)])
    }

    /// Holds what a device has read of a text against what the model reads. Forgets all that
    /// slot 0 has read.
    ///
    /// # Errors
    /// If the model cannot compute.
    pub fn check_reader(
        &mut self,
        ids: &[TokenId],
        read: &ReadTokens,
        clock_ms: fn() -> f64,
    ) -> Result<ReaderCheck> {
        self.aside(|session| session.compare_readings(ids, read, clock_ms))
    }

    /// How many milliseconds the model takes to read a text. Forgets all that slot 0 has read.
    ///
    /// # Errors
    /// If the model cannot compute.
    pub fn time_reading(
        &mut self,
        ids: &[TokenId],
        clock_ms: fn() -> f64,
    ) -> Result<f64> {
        self.aside(|session| session.timed_reading(ids, clock_ms))
    }

    /// Runs something that reads into slot 0 and leaves nothing there.
    fn aside<T>(&mut self, run: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let counted = self.forward_tokens;
        let result = run(self);
        self.model.truncate(0, 0);
        self.sequences[0] = Sequence::new(self.model.state_size());
        self.forward_tokens = counted;
        result
    }

    fn timed_reading(&mut self, ids: &[TokenId], clock_ms: fn() -> f64) -> Result<f64> {
        self.truncate(0, 0);
        let start = clock_ms();
        self.read(&[ReadRequest::whole(0, ids)])?;
        Ok(clock_ms() - start)
    }

    fn compare_readings(
        &mut self,
        ids: &[TokenId],
        read: &ReadTokens,
        clock_ms: fn() -> f64,
    ) -> Result<ReaderCheck> {
        let mut found = ReaderCheck::default();
        let (width, count) = (self.model.state_size(), ids.len());
        let whole = self.is_whole(read, count) && read.states.len() == count * width;
        if !whole || count < 2 {
            return Ok(ReaderCheck { divergence: f64::NAN, ..found });
        }
        found.model_ms = self.timed_reading(ids, clock_ms)?;
        let own = self.sequences[0].states.rows(0..count);
        let own = own.map(<[f32]>::to_vec).unwrap_or_default();
        let row = |states: &[f32], at: usize| states[at * width..][..width].to_vec();
        let at_chunks = COMPARED.into_iter().filter(|at| *at + 1 < count);
        let compared = if count <= SHORT {
            (0..count).collect()
        } else {
            at_chunks.chain([count - 1]).collect::<Vec<usize>>()
        };
        for at in compared {
            let expected = self.host_logits(&row(&own, at))?;
            let actual = self.host_logits(&row(&read.states, at))?;
            found.compare(&expected, &actual)?;
        }
        // The model goes on after all but the last token, as the device has read them.
        self.truncate(0, 0);
        let before = count - 1;
        let layers = read.layers.iter().map(|numbers| {
            let per_token = numbers.len() / count;
            numbers[..before * per_token].to_vec()
        });
        let layers: Vec<Vec<f32>> = layers.collect();
        self.model.here_mut()?.adopt(0, before, &layers)?;
        let (start, mut step) = (clock_ms(), f64::INFINITY);
        let actual = loop {
            let last = clock_ms();
            self.model.truncate(0, before);
            let part = inference::Part { slot: 0, ids: &ids[before..] };
            let state = self.model.here_mut()?.read(&[part])?;
            let logits = self.host_logits(&state)?;
            step = step.min(clock_ms() - last);
            // A clock that stands still ends it, too.
            if step <= 0.0 || clock_ms() - start + step > STEPS_MS {
                break logits;
            }
        };
        found.step_ms = step;
        let expected = self.host_logits(&row(&own, before))?;
        found.compare(&expected, &actual)?;
        if !read.logits.is_empty() {
            found.compare(&expected, &read.logits)?;
        }
        Ok(found)
    }

    fn host_logits(&mut self, states: &[f32]) -> Result<Vec<f32>> {
        match self.model.logits(states)? {
            Logits::Host { values, .. } => Ok(values),
            _ => Err(EngineError::Unsupported("These logits are elsewhere.".into())),
        }
    }
}

impl ReaderCheck {
    /// Notes how far some logits are from those that are expected.
    ///
    /// # Errors
    /// If what is expected is no number.
    pub fn compare(&mut self, expected: &[f32], actual: &[f32]) -> Result<()> {
        let first = log_probabilities(expected)?;
        let Ok(second) = log_probabilities(actual) else {
            self.divergence = f64::NAN;
            return Ok(());
        };
        let between = first.iter().zip(&second);
        let apart: f64 = between.map(|(p, q)| p.exp() * (p - q)).sum();
        // `max` would drop NaN.
        if apart > self.divergence || apart.is_nan() {
            self.divergence = apart;
        }
        let top = |logits: &[f32]| {
            let all = logits.iter().enumerate();
            all.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(id, _)| id)
        };
        let (own, other) = (top(expected), top(actual));
        self.other_top |= own != other && expected[own] - expected[other] >= NEAR;
        Ok(())
    }
}
