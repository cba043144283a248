//! Attention weights: of the query in every layer and head, and of one head for a text.

use inference::{TappedHeads, Taps};
use protocol::{AttentionLayer, AttentionWeights, Event, Finding, HeadWeights, TokenId};

use super::reader::Reader;
use crate::error::Result;
use crate::scheduler::context::Context;

/// Emits the weights of the last id, which is read once more. Returns true: that is all.
pub(super) fn attention(
    ids: &[TokenId],
    layer: Option<usize>,
    reader: &mut Reader,
    context: &mut Context,
) -> Result<bool> {
    let mut taps = Taps::heads(TappedHeads::LastToken { layer });
    let before = ids.len() - 1;
    reader.read(before, &ids[before..], &mut taps, context)?;
    let config = context.session.config()?;
    let layers = taps.attention.iter().zip(&config.layers).enumerate();
    let layers = layers.filter(|(index, _)| layer.is_none_or(|layer| layer == *index));
    let layers = layers.map(|(index, (weights, kind))| AttentionLayer {
        layer: index as u32,
        window: kind.window.map(|window| window as u32),
        heads: weights.chunks_exact(ids.len()).map(<[f32]>::to_vec).collect(),
    });
    let found = AttentionWeights { position: ids.len() as u32, layers: layers.collect() };
    (context.emit)(Event::Finding(Finding::Attention(found)));
    Ok(true)
}

/// Reads some more ids for the weights of one head, a layer and its head, and emits them
/// after the last. Returns whether that was done.
pub(super) fn head_rows(
    ids: &[TokenId],
    (layer, head): (usize, usize),
    rows: &mut Vec<Vec<f32>>,
    reader: &mut Reader,
    context: &mut Context,
) -> Result<bool> {
    let start = rows.len();
    let end = ids.len().min(start + reader.tokens_at_once(context));
    let mut taps = Taps::heads(TappedHeads::One { layer, head });
    reader.read(start, &ids[start..end], &mut taps, context)?;
    rows.append(&mut taps.attention);
    if end < ids.len() {
        return Ok(false);
    }
    let window = context.session.config()?.layers[layer].window;
    let found = HeadWeights {
        layer: layer as u32,
        head: head as u32,
        window: window.map(|window| window as u32),
        rows: std::mem::take(rows),
    };
    (context.emit)(Event::Finding(Finding::Head(found)));
    Ok(true)
}
