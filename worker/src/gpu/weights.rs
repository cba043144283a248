//! A model's weights on their way to a device: out of memory, or out of the file that they stay in.

use std::borrow::Cow;
use std::ops::Range;

use engine::Session;
use gpu::CacheNumbers;
use gpu::decoder::{StoredWeights, Weights, matrix, numbers, shape};
use gpu::plan::{Content, MatrixId, ModelShape};
use model_files::config::Config;
use wasm_bindgen::JsValue;

/// Hears how many blocks are on the device, and says whether that goes on.
pub(super) type Watch<'a> = &'a mut dyn FnMut(usize) -> Result<(), JsValue>;

/// The weights of a model.
#[derive(Clone, Copy)]
pub(super) enum ModelWeights<'a> {
    /// In memory.
    Here(Weights<'a>),
    /// In a file.
    Stored(StoredWeights<'a>),
}

impl<'a> ModelWeights<'a> {
    /// Those of a session's model, and its shape; none if the processor cannot go on from what a
    /// device has read.
    pub(super) fn of(session: &'a Session) -> Option<(&'a Config, ModelWeights<'a>)> {
        if let Some((config, weights)) = session.packed() {
            return Some((config, ModelWeights::Here(weights)));
        }
        let (config, weights) = session.stored()?;
        Some((config, ModelWeights::Stored(weights)))
    }

    /// See [`shape`].
    pub(super) fn shape(
        &self,
        config: &Config,
        cache: CacheNumbers,
    ) -> Option<ModelShape> {
        match self {
            ModelWeights::Here(weights) => shape(config, *weights, cache),
            ModelWeights::Stored(weights) => shape(config, *weights, cache),
        }
    }

    /// How many bytes of weights a buffer begins with; `None` if the model lacks them.
    pub(super) fn length(&self, content: &Content) -> Option<usize> {
        Some(match content {
            Content::Values(_, range) | Content::Scales(_, range) => range.len(),
            Content::Numbers(id) => {
                let numbers = match self {
                    ModelWeights::Here(weights) => numbers(*weights, *id),
                    ModelWeights::Stored(weights) => numbers(*weights, *id),
                };
                4 * numbers?.len()
            }
            Content::Cache(_) | Content::Working(_) => 0,
        })
    }

    /// Some bytes of a buffer's weights.
    ///
    /// # Errors
    /// If the model lacks them, or they cannot be read.
    pub(super) fn bytes(
        &self,
        content: &Content,
        piece: Range<usize>,
    ) -> Result<Cow<'a, [u8]>, JsValue> {
        let missing = || JsValue::from("the model lacks weights");
        let (id, range, of_values) = match content {
            Content::Values(id, range) => (*id, range, true),
            Content::Scales(id, range) => (*id, range, false),
            Content::Numbers(id) => {
                let numbers = match self {
                    ModelWeights::Here(weights) => numbers(*weights, *id),
                    ModelWeights::Stored(weights) => numbers(*weights, *id),
                };
                let numbers = numbers.ok_or_else(missing)?.iter();
                let bytes: Vec<u8> =
                    numbers.flat_map(|number| number.to_le_bytes()).collect();
                return Ok(bytes.get(piece).ok_or_else(missing)?.to_vec().into());
            }
            Content::Cache(_) | Content::Working(_) => return Err(missing()),
        };
        let piece = range.start + piece.start..range.start + piece.end;
        match self {
            ModelWeights::Here(weights) => {
                let matrix = matrix(*weights, id).ok_or_else(missing)?;
                let all = if of_values { matrix.values() } else { matrix.scales() };
                Ok(all.get(piece).ok_or_else(missing)?.into())
            }
            ModelWeights::Stored(weights) => {
                let matrix = matrix(*weights, id).ok_or_else(missing)?;
                let mut bytes = vec![0; piece.len()];
                let read = match of_values {
                    true => matrix.read_values(piece.start, &mut bytes),
                    false => matrix.read_scales(piece.start, &mut bytes),
                };
                read.map_err(|error| JsValue::from(error.to_string()))?;
                Ok(bytes.into())
            }
        }
    }
}

/// The block that a buffer has weights of.
pub(super) fn block_of(content: &Content) -> Option<usize> {
    match content {
        Content::Values(MatrixId::Layer(layer, _), _) => Some(*layer),
        _ => None,
    }
}
