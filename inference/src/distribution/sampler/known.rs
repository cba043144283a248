//! The tokens whose logits are known: all, or those that an engine elsewhere has listed.

use protocol::{SamplerKind, SamplerStage};

use super::survivors::Survivors;
use crate::distribution::ranked_logits::RankedLogits;
use crate::error::Result;

/// All tokens whose logits are known, before any step.
///
/// # Errors
/// If a copy from a device fails.
pub(super) fn survivors(
    logits: &mut impl RankedLogits,
    stages: &mut Vec<SamplerStage>,
) -> Result<Survivors> {
    if logits.unlisted() == 0 {
        return Ok(Survivors::new(logits.values()?.into_owned()));
    }
    let count = logits.sort(logits.count())?;
    stages.push(listed(count));
    let listed = (0..count).map(|index| logits.ranked(index)).collect();
    Ok(Survivors::listed(listed, logits.vocab_size()))
}

/// The step that keeps the tokens that an engine elsewhere has listed.
fn listed(count: usize) -> SamplerStage {
    SamplerStage { kind: SamplerKind::Listed, kept: count as u32, changed: 0 }
}
