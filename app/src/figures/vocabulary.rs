//! The whole vocabulary with its probabilities: numbers only, as it is too much for a picture.

use protocol::Token;

use super::data::{Data, Value};

const COLUMNS: [&str; 5] = ["rank", "token", "id", "ln_p", "p"];

/// The tokens of a vocabulary, by rising id, with ln p of each; the most probable first.
pub(crate) fn whole_vocabulary(tokens: &[Token], log_p: &[f32]) -> Data {
    let mut all: Vec<(&Token, f32)> = tokens.iter().zip(log_p.iter().copied()).collect();
    // Equal ones stay in the order of their ids, as in the rows.
    all.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let rows = (1u32..).zip(all).map(|(rank, (token, log_p))| {
        let p = f64::from(log_p).exp() as f32;
        vec![
            rank.into(),
            Value::text(&token.text),
            token.id.into(),
            log_p.into(),
            p.into(),
        ]
    });
    Data { columns: &COLUMNS, rows: rows.collect() }
}
