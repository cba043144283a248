//! Every shader that there is, for those who check that a compiler takes them.

use kernels::PackedFormat;

use crate::activations::Activations;
use crate::attention::{Attention, Combination};
use crate::choice::Choice;
use crate::elementwise::{Gate, GateFunction};
use crate::heads::{AttentionShape, CacheNumbers};
use crate::kernel::Kernel;
use crate::layout::MatrixShape;
use crate::norm::{Norm, NormTarget};
use crate::product::{Embedding, Finish, Inputs, Product, TILED_FROM};
use crate::ranking::{BlockRanking, Watched};
use crate::rotation::Rotation;

/// Kernels in every format and with every flag. Flags that do not touch each other are not
/// combined in all ways: products with each finish are those of one format, and attention
/// with each number of rows is that of one width.
pub fn catalogue() -> Vec<Kernel> {
    let mut all = products();
    all.extend(attention());
    for target in [NormTarget::Store, NormTarget::Add(1.0), NormTarget::InPlace] {
        for subgroups in [false, true] {
            all.push(Norm { epsilon: 1e-5, target, subgroups }.kernel());
        }
    }
    all.push(Activations { columns: 4 }.kernel());
    for function in [
        GateFunction::Silu,
        GateFunction::Gelu,
        GateFunction::GeluTanh,
        GateFunction::Relu,
    ] {
        all.push(Gate { function, width: 4 }.kernel());
    }
    all.push(BlockRanking { vocab_size: 1 }.kernel());
    all.push(Watched { vocab_size: 1 }.kernel());
    all.push(Choice { vocab_size: 1 }.kernel());
    all
}

fn products() -> Vec<Kernel> {
    let mut all = Vec::new();
    let both = [false, true];
    for format in PackedFormat::ALL {
        all.push(Embedding { format, scale: 1.0 }.kernel());
        // As many columns as there are ways to split them, and a padded row.
        for columns in [256, 1024, 4096, 36] {
            let matrix = MatrixShape { format, rows: 16, columns };
            for inputs in [Inputs::Floats, Inputs::Integers] {
                let product = Product { inputs, matrix, finish: Finish::STORE };
                all.push(product.kernel(1));
                all.push(product.kernel(TILED_FROM));
            }
        }
    }
    let matrix = MatrixShape { format: PackedFormat::Q8_0, rows: 16, columns: 256 };
    for (bias, add) in both.into_iter().flat_map(|bias| both.map(|add| (bias, add))) {
        for cap in [None, Some(1.0)] {
            for inputs in [Inputs::Floats, Inputs::Integers] {
                let finish = Finish { bias, scale: 1.0, cap, add };
                let product = Product { inputs, matrix, finish };
                all.extend([product.kernel(1), product.kernel(TILED_FROM)]);
            }
        }
    }
    unique(all)
}

fn attention() -> Vec<Kernel> {
    let mut all = Vec::new();
    let caches = [CacheNumbers::Full, CacheNumbers::Half];
    let mut of = |heads: usize, head_dim: usize, tokens: usize| {
        let shape = AttentionShape { heads, kv_heads: 1, head_dim };
        all.push(Combination { shape }.kernel());
        for (cache, cap) in caches
            .map(|cache| (cache, None))
            .into_iter()
            .chain([(CacheNumbers::Half, Some(1.0)), (CacheNumbers::Full, Some(1.0))])
        {
            let attention = Attention { shape, cache, scale: 1.0, cap, window: None };
            all.push(attention.kernel(tokens));
        }
        for (cache, interleaved) in
            [(caches[0], false), (caches[0], true), (caches[1], false), (caches[1], true)]
        {
            for norm in [None, Some(1e-5)] {
                all.push(Rotation { shape, norm, interleaved, cache }.kernel());
            }
        }
    };
    for head_dim in [4, 32, 64, 80, 96, 112, 128, 256] {
        of(1, head_dim, 2);
    }
    for heads in 1..=8 {
        of(heads, 64, 1);
    }
    unique(all)
}

/// Each kernel once.
fn unique(mut all: Vec<Kernel>) -> Vec<Kernel> {
    let mut seen = std::collections::HashSet::new();
    all.retain(|kernel| seen.insert(kernel.clone()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_name_belongs_to_one_shader() {
        let mut by_name: HashMap<String, Kernel> = HashMap::new();
        for kernel in catalogue() {
            let first = by_name.entry(kernel.name.clone()).or_insert(kernel.clone());
            assert_eq!(*first, kernel);
        }
        assert!(by_name.len() > 100, "{}", by_name.len());
    }

    #[test]
    fn shaders_stay_within_what_every_browser_takes_unless_their_name_says_more() {
        for Kernel { name, source, buffers } in catalogue() {
            assert!(buffers.len() <= 8, "{name}");
            for word in ["f16>", "f32::", "inf", "$"] {
                assert!(!source.contains(word), "{name} has {word}");
            }
            for word in ["enable ", "subgroup"] {
                let has = source.contains(word);
                assert_eq!(has, name.contains("subgroups"), "{name}: {word}");
            }
            let has = source.contains("dot4") || source.contains("pack4x");
            assert_eq!(has, name.contains("integers"), "{name}");
        }
    }
}
