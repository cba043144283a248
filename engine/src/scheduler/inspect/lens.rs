//! The logit lens of the last positions of a text.

use inference::Taps;
use inference::inside::most_probable;
use protocol::{Event, Finding, LensLayer, LensPosition, TokenId};

use super::reader::Reader;
use crate::error::Result;
use crate::scheduler::context::Context;

/// The most positions whose streams are kept at a time: 2 MB for 30 layers of 576 channels.
const POSITIONS_AT_ONCE: usize = 16;
/// The most bytes of logits that are worked out in one step: 64 rows of 49,152 tokens. The
/// more rows there are in a product with the head, the less of it is unpacking the head.
const BYTES_AT_ONCE: usize = 12 << 20;

/// The positions of a text, of which the first have been emitted.
#[derive(Debug)]
pub(super) struct Lens {
    candidates: usize,
    follow: Vec<TokenId>,
    /// The index of the token whose stream is next.
    next: usize,
    /// The streams of the tokens from `next` on that were read, [tokens, 2 L + 1, H].
    streams: Vec<f32>,
    /// The last layers of the next position, from the last on: they say which token is
    /// followed.
    layers: Vec<LensLayer>,
    /// The tokens that are followed at the next position, once its last layer is there.
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

    /// Reads some tokens, or works out some layers of one or more positions. Returns whether
    /// all are done.
    pub(super) fn step(
        &mut self,
        ids: &[TokenId],
        reader: &mut Reader,
        context: &mut Context,
    ) -> Result<bool> {
        if self.streams.is_empty() {
            let count = reader.tokens_at_once(context).min(POSITIONS_AT_ONCE);
            let end = ids.len().min(self.next + count);
            let mut taps = Taps::stream();
            reader.read(self.next, &ids[self.next..end], &mut taps, context)?;
            self.streams = taps.stream;
            return Ok(false);
        }
        let config = context.session.config()?;
        let (hidden, layers) = (config.hidden_size, config.num_hidden_layers);
        let at_once = (BYTES_AT_ONCE / (4 * config.vocab_size.max(1))).max(1);
        let points = self.next_points(hidden, layers, at_once);
        let (logits, vocab_size) = context.session.stream_logits(&points)?;
        for row in logits.chunks_exact(vocab_size.max(1)) {
            if self.layers.is_empty() {
                self.followed = vec![most_probable(row)?];
                self.followed.extend_from_slice(&self.follow);
            }
            let session = &context.session;
            let found = session.lens_layer(row, self.candidates, &self.followed)?;
            self.layers.push(found);
            if self.layers.len() > layers {
                self.emit(layers, hidden, context);
            }
        }
        Ok(self.next == ids.len())
    }

    /// The streams that are worked out next, at most so many rows: of each position as the
    /// embedding and each layer leave them, from the last on.
    fn next_points(&self, hidden: usize, layers: usize, at_once: usize) -> Vec<f32> {
        let positions = self.streams.chunks_exact(Taps::points(layers) * hidden);
        // After the embedding and after each layer is every second point.
        let points =
            positions.flat_map(|stream| stream.chunks_exact(hidden).step_by(2).rev());
        let left = points.skip(self.layers.len());
        left.take(at_once).flatten().copied().collect()
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
