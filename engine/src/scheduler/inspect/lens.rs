//! The logit lens of the last positions of a text.

use inference::Taps;
use protocol::{Event, Finding, LensLayer, LensPosition, TokenId};

use super::reader::Reader;
use crate::error::Result;
use crate::scheduler::context::Context;

/// The most positions whose streams are kept at a time: 2 MB for 30 layers of 576 channels.
const POSITIONS_AT_ONCE: usize = 16;
/// The most bytes of logits that are worked out in one step: 40 layers of 49,152 tokens.
const BYTES_AT_ONCE: usize = 8 << 20;

/// The positions of a text, of which the first have been emitted.
#[derive(Debug)]
pub(super) struct Lens {
    candidates: usize,
    follow: Vec<TokenId>,
    /// The index of the token whose stream is next.
    next: usize,
    /// The streams of the tokens from `next` on that were read, [tokens, 2 L + 1, H].
    streams: Vec<f32>,
    /// The last layers of the next position, from the last on.
    layers: Vec<LensLayer>,
    /// The tokens that are followed at the next position; empty before its last layer.
    followed: Vec<TokenId>,
}

impl Lens {
    pub(super) fn new(
        length: usize,
        positions: u32,
        candidates: u32,
        follow: Vec<TokenId>,
    ) -> Lens {
        Lens {
            candidates: candidates as usize,
            follow,
            next: length.saturating_sub(positions as usize),
            streams: Vec::new(),
            layers: Vec::new(),
            followed: Vec::new(),
        }
    }

    /// Reads some tokens, or works out some layers. Returns whether all are done.
    pub(super) fn step(
        &mut self,
        ids: &[TokenId],
        reader: &mut Reader,
        context: &mut Context,
    ) -> Result<bool> {
        if self.streams.is_empty() {
            let count = reader.tokens_at_once().min(POSITIONS_AT_ONCE);
            let end = ids.len().min(self.next + count);
            let mut taps = Taps::stream();
            reader.read(self.next, &ids[self.next..end], &mut taps, context)?;
            self.streams = taps.stream;
            return Ok(false);
        }
        let config = context.session.config();
        let (hidden, layers) = (config.hidden_size, config.num_hidden_layers);
        // After the embedding and after each layer is every second point. The last layers
        // come first: they say which token is followed.
        let left = layers + 1 - self.layers.len();
        let at_once = (BYTES_AT_ONCE / (4 * config.vocab_size.max(1))).max(1);
        let rows = left.saturating_sub(at_once)..left;
        let points = rows.flat_map(|row| {
            self.streams[2 * row * hidden..(2 * row + 1) * hidden].iter().copied()
        });
        let points: Vec<f32> = points.collect();
        let (candidates, follow) = (self.candidates, &self.follow);
        let session = &mut *context.session;
        let found = session.lens(&points, candidates, follow, &mut self.followed)?;
        self.layers.extend(found.into_iter().rev());
        if self.layers.len() <= layers {
            return Ok(false);
        }
        self.emit(layers, hidden, context);
        Ok(self.next == ids.len())
    }

    /// Emits the next position, and forgets it.
    fn emit(&mut self, layers: usize, hidden: usize, context: &mut Context) {
        let followed = std::mem::take(&mut self.followed);
        self.layers.reverse();
        let found = LensPosition {
            position: self.next as u32 + 1,
            followed: followed.iter().map(|id| context.session.token(*id)).collect(),
            layers: std::mem::take(&mut self.layers),
        };
        self.streams.drain(..Taps::points(layers) * hidden);
        self.next += 1;
        (context.emit)(Event::Finding(Finding::Lens(found)));
    }
}
