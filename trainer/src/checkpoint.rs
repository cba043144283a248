//! What a run needs to go on: weights, the optimizer's memory, and how far it came, in
//! one safetensors file that is written beside the old one and then takes its place.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use candle_core::{Device, Tensor, safetensors};

use crate::model::Model;
use crate::optimizer::Optimizer;

/// The tensor that holds stage and step.
const POSITION: &str = "position";

/// How far a run came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 0 for the stories, 1 for the dialogues.
    pub stage: usize,
    /// Steps of that stage that are done.
    pub step: usize,
}

/// Where a run's checkpoint is.
pub fn path(work: &Path) -> PathBuf {
    work.join("checkpoint.safetensors")
}

/// Writes a checkpoint.
pub fn save(
    work: &Path,
    model: &Model,
    optimizer: &Optimizer,
    position: Position,
) -> Result<()> {
    let mut tensors: HashMap<String, Tensor> = optimizer
        .state()
        .iter()
        .map(|(name, tensor)| (name.clone(), tensor.clone()))
        .collect();
    for (name, var) in model.weights() {
        tensors.insert(name.clone(), var.as_tensor().clone());
    }
    let place = [position.stage as u32, position.step as u32];
    tensors.insert(POSITION.to_owned(), Tensor::new(&place, &Device::Cpu)?);
    let fresh = work.join("checkpoint.part");
    safetensors::save(&tensors, &fresh)?;
    std::fs::rename(&fresh, path(work)).context("the checkpoint cannot be renamed")
}

/// Takes the weights of a checkpoint, if there is one, and gives the rest of it.
pub fn load(work: &Path, model: &Model) -> Result<Option<(Optimizer, Position)>> {
    let path = path(work);
    if !path.exists() {
        return Ok(None);
    }
    let mut tensors = safetensors::load(&path, &Device::Cpu)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let missing = |name: &str| format!("{} has no {name}", path.display());
    for (name, var) in model.weights() {
        let tensor = tensors.remove(name).with_context(|| missing(name))?;
        var.set(&tensor)
            .with_context(|| format!("{name} has another shape in {}", path.display()))?;
    }
    let position =
        tensors.remove(POSITION).with_context(|| missing(POSITION))?.to_vec1::<u32>()?;
    let &[stage, step] = position.as_slice() else {
        anyhow::bail!("{} does not say how far it came", path.display());
    };
    let position = Position { stage: stage as usize, step: step as usize };
    let state: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    Ok(Some((Optimizer::resume(state, position.step), position)))
}
