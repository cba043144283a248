//! Logits as sums of what the parts of the model add.

use inference::Taps;
use inference::distribution::token_score;
use inference::inside::most_probable;
use protocol::{AttributedToken, Attribution, Event, Finding, TokenId};

use super::reader::Reader;
use crate::error::Result;
use crate::scheduler::context::Context;

/// Emits the sums after the last id, which is read once more. Returns true: that is all.
pub(super) fn attribution(
    ids: &[TokenId],
    tokens: &[TokenId],
    reader: &mut Reader,
    context: &mut Context,
) -> Result<bool> {
    let mut taps = Taps::stream();
    let before = ids.len() - 1;
    let state = reader.read(before, &ids[before..], &mut taps, context)?;
    let session = &mut *context.session;
    let logits = session.logits_after(&state)?;
    let most_probable = [most_probable(&logits)?];
    let tokens = if tokens.is_empty() { &most_probable[..] } else { tokens };
    let attributed = tokens.iter().map(|id| {
        let contributions = session.contributions(&taps.stream, *id)?;
        Ok(AttributedToken {
            token: session.token(*id),
            sum: contributions.iter().sum(),
            contributions,
            logit: logits[*id as usize].into(),
            probability: token_score(&logits, *id)?.score.probability,
        })
    });
    let found = Attribution {
        tokens: attributed.collect::<Result<_>>()?,
        parts: session.attribution_parts()?,
        cap: session.config()?.logit_cap,
    };
    (context.emit)(Event::Finding(Finding::Attribution(found)));
    Ok(true)
}
