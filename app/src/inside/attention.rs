//! Attention: the text shaded by what heads look at, and which head looks where.

use protocol::{AttentionLayer, Finding, Token};

use super::table::{Cell, Heat, Row, Shape, Table};
use crate::format;
use crate::state::Inside;
use crate::texts;

/// The heads in a table, the text shaded by those that are chosen, and a sentence about them.
pub(super) fn of(
    inside: &Inside,
    findings: &[Finding],
    tokens: &[&Token],
) -> (Table, Vec<Heat>, String) {
    let layers = findings.iter().find_map(|finding| match finding {
        Finding::Attention(found) => Some(&found.layers),
        _ => None,
    });
    let Some(layers) = layers else { return Default::default() };
    let mean = mean(inside, layers, tokens.len());
    let first = mean.first().copied().unwrap_or(0.0);
    let sink = !inside.with_first && tokens.len() > 1;
    let skipped = usize::from(sink);
    let most = mean.iter().skip(skipped).copied().fold(0f32, f32::max).max(1e-9);
    let heat = tokens.iter().zip(&mean).enumerate();
    let heat = heat.map(|(index, (token, weight))| Heat {
        text: token.text.clone(),
        share: if index < skipped { 0.0 } else { weight / most },
        title: format::percent(*weight),
    });
    let heat = heat.collect();
    let note = texts::inside::attention_of(inside.layer, inside.head, first, sink);
    (table(layers, tokens, skipped), heat, note)
}

/// The mean of the weights of the chosen heads, one for each token.
fn mean(inside: &Inside, layers: &[AttentionLayer], length: usize) -> Vec<f32> {
    let (mut sums, mut count) = (vec![0f32; length], 0f32);
    for (index, layer) in layers.iter().enumerate() {
        for (head, weights) in layer.heads.iter().enumerate() {
            let chosen = |choice: usize, index: usize| choice == 0 || choice == index + 1;
            if chosen(inside.layer, index) && chosen(inside.head, head) {
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
                count += 1.0;
            }
        }
    }
    sums.iter_mut().for_each(|sum| *sum /= f32::max(count, 1.0));
    sums
}

/// A row for each layer and a column for each head, with the token that it looks at most.
fn table(layers: &[AttentionLayer], tokens: &[&Token], skipped: usize) -> Table {
    let heads = layers.iter().map(|layer| layer.heads.len()).max().unwrap_or(0);
    let mut columns = vec![texts::inside::LAYER_COLUMN.into()];
    columns.extend((1..=heads).map(texts::inside::head));
    let cell = |layer: u32, head: usize, weights: &Vec<f32>| {
        let looked_at = weights.iter().enumerate().skip(skipped);
        let most = looked_at.max_by(|a, b| a.1.total_cmp(b.1));
        let (index, weight) = most.map_or((0, 0.0), |(index, weight)| (index, *weight));
        let token = tokens.get(index).map_or("", |token| token.text.as_str());
        Cell {
            title: format::percent(weight),
            head: Some((layer as usize + 1, head + 1)),
            ..Cell::shaded(token, weight)
        }
    };
    let row = |layer: &AttentionLayer| Row {
        head: texts::inside::layer(layer.layer, layer.window),
        cells: match layer.heads.is_empty() {
            true => vec![Cell::plain(texts::inside::CONVOLUTION)],
            false => {
                let heads = layer.heads.iter().enumerate();
                heads.map(|(head, weights)| cell(layer.layer, head, weights)).collect()
            }
        },
    };
    Table {
        caption: match skipped {
            0 => texts::inside::LOOKED_AT_MOST.into(),
            _ => texts::inside::LOOKED_AT_MOST_BUT_FIRST.into(),
        },
        columns,
        rows: layers.iter().map(row).collect(),
        shape: Shape::Cells,
    }
}
