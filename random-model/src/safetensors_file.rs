//! Random weights as a safetensors file.

use safetensors::tensor::TensorView;

use crate::numbers::Numbers;
use crate::shape::Shape;
use crate::tensors::{Random, names};

/// All tensors of a Llama with tied embeddings.
pub(crate) fn safetensors_file(shape: &Shape, numbers: Numbers, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = names(shape)
        .into_iter()
        .map(|(name, dims)| {
            let data = random.tensor(&dims);
            (name, dims, numbers.of_f32(data))
        })
        .collect();
    let views = tensors.iter().map(|(name, dims, data)| {
        let view = TensorView::new(numbers.dtype(), dims.clone(), data)
            .expect("the data is made for these dimensions");
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).expect("names are unique")
}
