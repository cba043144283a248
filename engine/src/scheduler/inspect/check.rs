//! Checks that a question is in range and can be answered of the model.

use std::ops::Range;

use model_files::config::MixerKind;
use protocol::{Inspection, OcclusionUnit, Token, TokenId, inspection_units, limits};

use crate::error::{EngineError, Result};
use crate::scheduler::checks::check_limit;
use crate::session::Session;

/// Checks a question about the prediction after `ids`.
pub(super) fn check(
    ids: &[TokenId],
    question: &Inspection,
    session: &Session,
) -> Result<()> {
    match question {
        Inspection::Lens { positions, candidates, follow } => {
            let most = limits::MAX_LENS_POSITIONS as usize;
            check_limit("positions", *positions as usize, 1, most)?;
            let most = limits::MAX_LENS_CANDIDATES as usize;
            check_limit("candidates", *candidates as usize, 1, most)?;
            check_limit("follow", follow.len(), 0, limits::MAX_FOLLOWED)?;
            session.check_ids(follow)
        }
        Inspection::Attention { layer } => check_attention(ids, *layer, session),
        Inspection::Head { layer, head } => {
            check_layer(*layer, session)?;
            let most = limits::MAX_MATRIX_TOKENS;
            if ids.len() > most {
                return Err(EngineError::Unsupported(format!(
                    "One head is shown for every token of a text of at most {most} tokens; \
                     this one has {}. Shorten the text.",
                    ids.len()
                )));
            }
            let last = session.config()?.num_attention_heads - 1;
            check_limit("head", *head as usize, 0, last)?;
            match session.config()?.layers[*layer as usize].mixer {
                MixerKind::Attention => Ok(()),
                MixerKind::Convolution => Err(EngineError::Unsupported(format!(
                    "Layer {layer} of this model has no attention, but a short \
                     convolution. Choose another layer."
                ))),
                MixerKind::Recurrence => Err(EngineError::Unsupported(format!(
                    "Layer {layer} of this model has no attention, but a state of fixed \
                     size. If another layer has, choose that one."
                ))),
            }
        }
        Inspection::Occlusion { target, unit, from } => {
            session.check_ids(target.as_slice())?;
            let parts = units(ids, *unit, *from, session).len();
            if parts > limits::MAX_OCCLUSIONS {
                return Err(EngineError::Unsupported(format!(
                    "The text has {parts} parts; at most {} are removed one at a time. \
                     Ask for words or sentences, or leave its beginning as it is.",
                    limits::MAX_OCCLUSIONS
                )));
            }
            Ok(())
        }
        Inspection::Attribution { .. } if session.config()?.altup.is_some() => {
            Err(EngineError::Unsupported(
                "What each part of this model adds to a logit cannot be told apart: it has \
                 several residual streams, and every layer mixes them by what they hold. \
                 What each layer predicts can be shown."
                    .into(),
            ))
        }
        Inspection::Attribution { tokens } => {
            check_limit("tokens", tokens.len(), 0, limits::MAX_ATTRIBUTED)?;
            session.check_ids(tokens)
        }
    }
}

/// The parts that are removed; never the whole text at once.
pub(super) fn units(
    ids: &[TokenId],
    unit: OcclusionUnit,
    from: u32,
    session: &Session,
) -> Vec<Range<usize>> {
    let tokens: Vec<Token> = ids.iter().map(|id| session.token(*id)).collect();
    let mut units = inspection_units(&tokens, unit, from as usize);
    units.retain(|unit| *unit != (0..ids.len()));
    units
}

fn check_attention(ids: &[TokenId], layer: Option<u32>, session: &Session) -> Result<()> {
    let config = session.config()?;
    if let Some(layer) = layer {
        check_layer(layer, session)?;
    }
    let layers = if layer.is_some() { 1 } else { config.mixers().0 };
    let weights = layers * config.num_attention_heads * ids.len();
    let limit = limits::MAX_ATTENTION_WEIGHTS;
    if weights > limit {
        return Err(EngineError::Unsupported(format!(
            "Attention after {} tokens has {weights} weights; at most {limit} are given. \
             Ask for one layer, or shorten the text.",
            ids.len()
        )));
    }
    Ok(())
}

fn check_layer(layer: u32, session: &Session) -> Result<()> {
    let last = session.config()?.num_hidden_layers - 1;
    check_limit("layer", layer as usize, 0, last)
}
