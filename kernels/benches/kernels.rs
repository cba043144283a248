//! Every form of the kernels, on the shapes of a layer of SmolLM2-135M:
//! `cargo bench --package kernels`. Throughput counts weights, or bytes of the cache.
//! One format: `cargo bench --package kernels -- Q4_K`.

#![allow(missing_docs, reason = "macros make the main function")]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fastrand::Rng;
use kernels::{
    ActivationFunction, AttentionScratch, CHUNK_POSITIONS, CacheFormat, HeadCache,
    Kernels, PackedFormat, PackedMatrix, QuantisedActivations, SOFTMAX_STATS,
    ScoreScaling,
};

/// Seeded random numbers and blocks.
#[path = "../tests/suite/random.rs"]
mod random;

/// The same numbers each time, from −1 to 1, some of them ten times as far from 0.
fn numbers(count: usize) -> Vec<f32> {
    random::numbers(&mut Rng::with_seed(1), count, 1.0)
}

/// Random rows, quantised.
fn activations(kernels: &Kernels, rows: usize, columns: usize) -> QuantisedActivations {
    let activations = QuantisedActivations::new(rows, columns).unwrap();
    for (row, numbers) in numbers(rows * columns).chunks(columns).enumerate() {
        #[allow(unsafe_code, reason = "there is one thread")]
        // SAFETY: nobody else knows of these activations.
        unsafe {
            kernels.quantise_row(&activations, row, numbers);
        }
    }
    activations
}

/// The down-projection of an MLP, whose columns are whole blocks in every format: by one token,
/// and by sixteen as in a prefill. The formats are those that files of small models mix.
fn products(criterion: &mut Criterion) {
    let (rows, columns) = (576, 1536);
    for format in [
        PackedFormat::Q8_0,
        PackedFormat::Q4_0,
        PackedFormat::Q4_1,
        PackedFormat::Q5_0,
        PackedFormat::Q4K,
        PackedFormat::Q6K,
    ] {
        let mut matrix = PackedMatrix::zeros(format, rows, columns).unwrap();
        let bytes = random::ggml_rows(format, rows, columns, &mut Rng::with_seed(2));
        matrix.set_rows_from_ggml(0, &bytes).unwrap();
        for tokens in [1, 16] {
            let mut group =
                criterion.benchmark_group(format!("{}, T = {tokens}", format.name()));
            group.throughput(Throughput::Elements((rows * columns * tokens) as u64));
            for kernels in Kernels::all() {
                let x = activations(&kernels, tokens, columns);
                let mut out = vec![0.0; rows * tokens];
                let id = BenchmarkId::from_parameter(kernels.name());
                group.bench_function(id, |bench| {
                    bench.iter(|| {
                        let put = |token: usize, row: usize, results: &[f32; 16]| {
                            out[token * rows + row..][..16].copy_from_slice(results);
                        };
                        let tiles = 0..matrix.tiles();
                        #[allow(unsafe_code, reason = "there is one thread")]
                        // SAFETY: nobody writes the activations.
                        unsafe {
                            kernels.product(&matrix, tiles, &x, 0..tokens, put);
                        }
                    });
                });
            }
        }
    }
}

/// Three query heads of a key/value head over a chunk of positions.
fn attention(criterion: &mut Criterion) {
    let (heads, width) = (3, 64);
    let mut group = criterion.benchmark_group("attention over a chunk");
    let mut keys = HeadCache::for_keys(CacheFormat::I16, width);
    let mut values = HeadCache::for_values(CacheFormat::I16, width);
    for _ in 0..CHUNK_POSITIONS {
        keys.push(&numbers(width));
        values.push(&numbers(width));
    }
    group.throughput(Throughput::Bytes(
        (2 * CHUNK_POSITIONS * CacheFormat::I16.bytes(width)) as u64,
    ));
    for kernels in Kernels::all() {
        let queries = numbers(heads * width);
        let mut parts = vec![0.0; heads * (width + SOFTMAX_STATS)];
        let mut scratch = AttentionScratch::default();
        group.bench_function(BenchmarkId::from_parameter(kernels.name()), |bench| {
            bench.iter(|| {
                let (range, scratch) = (0..CHUNK_POSITIONS, &mut scratch);
                let scores = ScoreScaling { factor: 0.125, ..ScoreScaling::default() };
                kernels
                    .attend(&queries, &keys, &values, range, scores, scratch, &mut parts);
            });
        });
    }
}

/// What lies between the products of one token.
fn small_steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("small steps");
    let (x, weight) = (numbers(576), numbers(576));
    for kernels in Kernels::all() {
        let mut out = vec![0.0; 576];
        group.bench_function(BenchmarkId::new("norm", kernels.name()), |bench| {
            bench.iter(|| kernels.rms_norm(&x, &weight, 1e-5, &mut out));
        });
        let inputs = QuantisedActivations::new(1, 576).unwrap();
        group.bench_function(BenchmarkId::new("quantise", kernels.name()), |bench| {
            #[allow(unsafe_code, reason = "there is one thread")]
            // SAFETY: nobody else knows of these activations.
            bench.iter(|| unsafe { kernels.quantise_row(&inputs, 0, &x) });
        });
        let (gate, mut up) = (numbers(1536), numbers(1536));
        group.bench_function(BenchmarkId::new("gate", kernels.name()), |bench| {
            bench.iter(|| {
                // Or it comes to numbers so small that they are slow.
                up.copy_from_slice(&gate);
                kernels.activate_and_multiply(ActivationFunction::Silu, &gate, &mut up);
            });
        });
    }
}

criterion_group!(benches, products, attention, small_steps);
criterion_main!(benches);
