//! The gradients held to candle's, of the same model written in candle's own operations.

use anyhow::Result;
use candle_core::{D, DType, Device, Tensor, Var};

use super::Network;
use crate::corpus::Batch;
use crate::model::{EPSILON, Model, THETA};
use crate::per_weight::{Block, PerWeight};
use crate::shape::Shape;

const SHAPE: Shape = Shape {
    vocab: 50,
    hidden: 32,
    layers: 2,
    heads: 4,
    kv_heads: 2,
    inner: 48,
    context: 256,
};

/// x / √(mean x² + ε) · w
fn norm(x: &Tensor, w: &Tensor) -> candle_core::Result<Tensor> {
    let squares = x.sqr()?.mean_keepdim(D::Minus1)?;
    x.broadcast_div(&(squares + f64::from(EPSILON))?.sqrt()?)?.broadcast_mul(w)
}

/// `[T, heads·E]` as `[heads, T, E]`.
fn split(x: &Tensor, heads: usize) -> candle_core::Result<Tensor> {
    let (length, width) = x.dims2()?;
    x.reshape((length, heads, width / heads))?.transpose(0, 1)?.contiguous()
}

/// Each pair of i and i + E/2 turned by its position.
fn turn(x: &Tensor) -> candle_core::Result<Tensor> {
    let (_, length, size) = x.dims3()?;
    let half = size / 2;
    let angles: Vec<f32> = (0..length * half)
        .map(|i| (i / half) as f32 * THETA.powf(-((i % half) as f32) / half as f32))
        .collect();
    let angles = Tensor::from_vec(angles, (1, length, half), &Device::Cpu)?;
    let (cos, sin) = (angles.cos()?, angles.sin()?);
    let (a, b) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
    let first = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
    let second = (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?;
    Tensor::cat(&[first, second], 2)
}

fn attention(x: &Tensor, block: &Block<Var>) -> candle_core::Result<Tensor> {
    let Shape { heads, kv_heads, .. } = SHAPE;
    let (length, _) = x.dims2()?;
    let queries = turn(&split(&x.matmul(&block.q.t()?)?, heads)?)?;
    // Each key and value head serves as many query heads.
    let repeated: Vec<u32> =
        (0..heads).map(|head| (head / (heads / kv_heads)) as u32).collect();
    let repeated = Tensor::new(repeated, &Device::Cpu)?;
    let keys = turn(&split(&x.matmul(&block.k.t()?)?, kv_heads)?)?;
    let keys = keys.index_select(&repeated, 0)?;
    let values = split(&x.matmul(&block.v.t()?)?, kv_heads)?;
    let values = values.index_select(&repeated, 0)?;
    let scale = (SHAPE.head_dim() as f64).powf(-0.5);
    let scores = (queries.matmul(&keys.t()?.contiguous()?)? * scale)?;
    let hidden: Vec<f32> = (0..length * length)
        .map(|i| if i % length > i / length { f32::NEG_INFINITY } else { 0.0 })
        .collect();
    let hidden = Tensor::from_vec(hidden, (1, length, length), &Device::Cpu)?;
    let scores = scores.broadcast_add(&hidden)?;
    let raised = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
    let shares = raised.broadcast_div(&raised.sum_keepdim(D::Minus1)?)?;
    let mixed = shares.matmul(&values)?.transpose(0, 1)?.contiguous()?;
    mixed.flatten(1, 2)?.matmul(&block.o.t()?)
}

/// The losses of one sequence's targets, `[T]`.
fn losses(
    weights: &PerWeight<Var>,
    ids: &[u32],
    targets: &[u32],
) -> candle_core::Result<Tensor> {
    let cpu = &Device::Cpu;
    let mut x = weights.embed.index_select(&Tensor::new(ids, cpu)?, 0)?;
    for block in &weights.blocks {
        x = (&x + attention(&norm(&x, &block.attention_norm)?, block)?)?;
        let normed = norm(&x, &block.mlp_norm)?;
        let gate = normed.matmul(&block.gate.t()?)?;
        let up = normed.matmul(&block.up.t()?)?;
        x = (x + (gate.silu()? * up)?.matmul(&block.down.t()?)?)?;
    }
    let logits = norm(&x, &weights.norm)?.matmul(&weights.embed.t()?)?;
    let logits = logits.to_dtype(DType::F32)?;
    let sums = logits.exp()?.sum_keepdim(1)?.log()?;
    let targets = Tensor::new(targets, cpu)?.unsqueeze(1)?;
    (sums - logits.gather(&targets, 1)?)?.squeeze(1)
}

#[test]
fn gradients_are_those_of_candle() -> Result<()> {
    let model = Model::random(SHAPE, 11);
    let mut batch = Batch::default();
    // More than a piece of queries, more than a pack, and some that do not count.
    for (sequence, length) in [150, 3, 200, 1, 190, 60].into_iter().enumerate() {
        let row: Vec<(u32, f32)> = (0..=length)
            .map(|t| {
                let id = (t * t + 7 * t + 13 * sequence) % SHAPE.vocab;
                (id as u32, [1.0, 0.0, 3.0][(t + sequence) % 3])
            })
            .collect();
        batch.push(&row);
    }
    let mut network = Network::new(SHAPE);
    let (loss, gradients) = network.gradients(&model, &batch);

    let mut all = model.weights.all().into_iter();
    let vars = PerWeight::new(SHAPE, |name, _| {
        let weight = all.next().unwrap();
        assert_eq!(weight.name, name);
        Var::from_tensor(&weight.tensor().unwrap()).unwrap()
    });
    let (mut start, mut parts) = (0, Vec::new());
    for length in &batch.lengths {
        let range = start..start + length;
        let ids = &batch.ids[range.clone()];
        let losses = losses(&vars, ids, &batch.targets[range.clone()])?;
        let loss_weights = Tensor::new(&batch.loss_weights[range], &Device::Cpu)?;
        parts.push((losses * loss_weights)?.sum_all()?);
        start += length;
    }
    let total = f64::from(batch.loss_weights.iter().sum::<f32>());
    let expected = (Tensor::stack(&parts, 0)?.sum_all()? / total)?;
    assert!((loss - f64::from(expected.to_scalar::<f32>()?)).abs() < 1e-5);

    let store = expected.backward()?;
    for ((var, ours), weight) in
        vars.all().into_iter().zip(gradients.all()).zip(model.weights.all())
    {
        let theirs: Vec<f32> = store.get(var).unwrap().flatten_all()?.to_vec1()?;
        let largest = theirs.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let apart = (ours - theirs).abs();
            assert!(apart < 1e-4 * largest, "{}: {ours} {theirs}", weight.name);
        }
    }
    assert!((network.loss(&model, &batch) - loss).abs() < 1e-6);
    Ok(())
}
