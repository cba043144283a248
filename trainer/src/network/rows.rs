//! Element-wise operations, in the widest registers that the processor has.

use kernels::exp;

/// Numbers that are summed side by side.
const LANES: usize = 16;

/// Runs loops that are compiled for this processor's widest vectors.
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Σ a·b.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, rest_of_a), (b, rest_of_b)) =
        (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = rest_of_a.iter().zip(rest_of_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[inline(always)]
fn highest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut most = [f32::MIN; LANES];
    for chunk in chunks {
        for (most, value) in most.iter_mut().zip(chunk) {
            *most = if *value > *most { *value } else { *most };
        }
    }
    most.iter().chain(rest).copied().fold(f32::MIN, f32::max)
}

/// Each number as e^(number − most), and their sum.
#[inline(always)]
fn exponentials(values: &mut [f32], most: f32) -> f32 {
    let (chunks, rest) = values.as_chunks_mut::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *value = exp(*value - most);
            *sum += *value;
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *value = exp(*value - most);
        *sum += *value;
    }
    sums.iter().sum::<f32>()
}

/// Turns scores into probabilities.
#[inline(always)]
pub(crate) fn softmax(values: &mut [f32]) {
    let sum = exponentials(values, highest(values));
    let by = 1.0 / sum;
    values.iter_mut().for_each(|value| *value *= by);
}

/// The gradients of scores from those of their probabilities: p · (g − Σ p·g) · scale.
#[inline(always)]
pub(crate) fn softmax_backward(probabilities: &[f32], gradients: &mut [f32], scale: f32) {
    let sum = dot(probabilities, gradients);
    for (gradient, probability) in gradients.iter_mut().zip(probabilities) {
        *gradient = probability * (*gradient - sum) * scale;
    }
}

/// The loss of a row of logits in nats. The logits become its gradients: (p − 1 at the
/// target) · by.
#[inline(always)]
pub(crate) fn cross_entropy(logits: &mut [f32], target: usize, by: f32) -> f32 {
    let most = highest(logits);
    let of_target = logits[target] - most;
    let sum = exponentials(logits, most);
    let factor = by / sum;
    logits.iter_mut().for_each(|value| *value *= factor);
    logits[target] -= by;
    sum.ln() - of_target
}

/// Root mean square norm (Zhang & Sennrich, 2019, arXiv:1910.07467): w · x · s of rows, with
/// s = 1 / √(mean x² + ε), which the gradients need.
pub(crate) fn rms_norm(x: &[f32], w: &[f32], epsilon: f32, y: &mut [f32], s: &mut [f32]) {
    let width = w.len();
    vectorised(|| {
        let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width));
        for ((x, y), s) in rows.zip(s) {
            *s = 1.0 / (dot(x, x) / width as f32 + epsilon).sqrt();
            for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                *y = x * *s * w;
            }
        }
    });
}

/// Adds the norm's gradients to those of x, s·(g·w) − x · s³/D · Σ(g·w·x), and of w,
/// Σ over rows of g·x·s. `g` is changed.
pub(crate) fn rms_norm_backward(
    (x, w, s): (&[f32], &[f32], &[f32]),
    g: &mut [f32],
    x_grad: &mut [f32],
    w_grad: &mut [f32],
) {
    let width = w.len();
    vectorised(|| {
        let rows = x.chunks_exact(width).zip(g.chunks_exact_mut(width));
        let rows = rows.zip(x_grad.chunks_exact_mut(width)).zip(s);
        for (((x, g), x_grad), s) in rows {
            for (((g, x), w), w_grad) in g.iter_mut().zip(x).zip(w).zip(w_grad.iter_mut())
            {
                *w_grad += *g * x * s;
                *g *= w;
            }
            let along = dot(g, x) * s * s / width as f32;
            for ((x_grad, g), x) in x_grad.iter_mut().zip(g.iter()).zip(x) {
                *x_grad += s * (g - x * along);
            }
        }
    });
}

/// SwiGLU, the gated unit of Llama's MLP (Shazeer, 2020, arXiv:2002.05202): silu(gate) · up.
pub(crate) fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
    vectorised(|| {
        for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
            *out = gate * sigmoid(*gate) * up;
        }
    });
}

/// Gate and up become their gradients, given those of the gated values.
pub(crate) fn swiglu_backward(gate: &mut [f32], up: &mut [f32], gradients: &[f32]) {
    vectorised(|| {
        for ((gate, up), g) in gate.iter_mut().zip(up).zip(gradients) {
            let s = sigmoid(*gate);
            let (gate_grad, up_grad) =
                (g * *up * s * (1.0 + *gate * (1.0 - s)), g * *gate * s);
            (*gate, *up) = (gate_grad, up_grad);
        }
    });
}

/// Adds a slice to another.
pub(crate) fn add(to: &mut [f32], from: &[f32]) {
    vectorised(|| to.iter_mut().zip(from).for_each(|(to, from)| *to += from));
}
