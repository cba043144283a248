//! What a run needs to be resumed: weights, the optimizer's state, and how far it came, in one
//! safetensors file that is written next to the old one and then replaces it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use candle_core::{Device, Tensor, safetensors};

use crate::model::Model;
use crate::optimizer::Optimizer;

/// The tensor that holds stage, step, and the optimizer's steps.
const POSITION: &str = "position";
/// Prefixes of the names of weights, for the optimizer's state of them.
const FIRST: &str = "first";
const SECOND: &str = "second";

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
    let mut tensors = HashMap::new();
    let memories = optimizer.first.all().into_iter().zip(optimizer.second.all());
    for (weight, (first, second)) in model.weights.all().into_iter().zip(memories) {
        tensors.insert(weight.name.clone(), weight.tensor()?);
        for (kind, memory) in [(FIRST, first), (SECOND, second)] {
            let memory = Tensor::from_slice(memory, memory.len(), &Device::Cpu)?;
            tensors.insert(format!("{kind}.{}", weight.name), memory);
        }
    }
    let place = [position.stage, position.step, optimizer.steps].map(|n| n as u32);
    tensors.insert(POSITION.to_owned(), Tensor::new(&place, &Device::Cpu)?);
    let fresh = work.join("checkpoint.part");
    safetensors::save(&tensors, &fresh)?;
    std::fs::rename(&fresh, path(work)).context("the checkpoint cannot be renamed")
}

/// Reads a checkpoint into model and optimizer, if there is one, and returns how far it came.
pub fn load(
    work: &Path,
    model: &mut Model,
    optimizer: &mut Optimizer,
) -> Result<Option<Position>> {
    let path = path(work);
    if !path.exists() {
        return Ok(None);
    }
    let tensors = safetensors::load(&path, &Device::Cpu)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let named = |name: &str| {
        tensors.get(name).with_context(|| format!("{} has no {name}", path.display()))
    };
    let memories = optimizer.first.all_mut().into_iter().zip(optimizer.second.all_mut());
    for (weight, (first, second)) in model.weights.all_mut().into_iter().zip(memories) {
        weight.set(named(&weight.name)?).with_context(|| {
            format!("{} is of a run of another shape", path.display())
        })?;
        for (kind, memory) in [(FIRST, first), (SECOND, second)] {
            let kept: Vec<f32> = named(&format!("{kind}.{}", weight.name))?.to_vec1()?;
            anyhow::ensure!(
                kept.len() == memory.len(),
                "{} has {kind}.{} of another size",
                path.display(),
                weight.name
            );
            *memory = kept;
        }
    }
    let &[stage, step, steps] = named(POSITION)?.to_vec1::<u32>()?.as_slice() else {
        anyhow::bail!("{} does not say how far it came", path.display());
    };
    optimizer.steps = steps as usize;
    Ok(Some(Position { stage: stage as usize, step: step as usize }))
}
