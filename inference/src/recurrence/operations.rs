//! Small steps on slices.

/// 1 / (1 + e⁻ˣ).
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// x / (1 + e⁻ˣ).
pub(super) fn silu(x: f32) -> f32 {
    x * sigmoid(x)
}

/// ln(1 + eˣ).
pub(super) fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2.
pub(super) fn gelu_tanh(x: f32) -> f32 {
    const FACTOR: f32 = 2.0 * 0.797_884_6;
    x * sigmoid(FACTOR * (x + 0.044_715 * x * x * x))
}

/// The sum of products, in lanes that compilers turn into vectors.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.into_iter().sum::<f32>() + rest
}

/// W · x, where W is row by row.
pub(super) fn product(matrix: &[f32], x: &[f32]) -> Vec<f32> {
    matrix.chunks_exact(x.len()).map(|row| dot(row, x)).collect()
}

/// x / √(mean(x²) + ε) in place.
pub(super) fn rms_norm(x: &mut [f32], epsilon: f32) {
    let mean = dot(x, x) / x.len() as f32;
    scale(x, 1.0 / (mean + epsilon).sqrt());
}

/// x · factor in place.
pub(super) fn scale(x: &mut [f32], factor: f32) {
    x.iter_mut().for_each(|x| *x *= factor);
}
