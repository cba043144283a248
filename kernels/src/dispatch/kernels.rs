//! All operations, by an implementation that this machine can run.

use std::ops::Range;

use super::operations::Operations;
use crate::activations::ActivationRowMut;
use crate::attention::{AttentionScratch, SOFTMAX_STATS, ScoreScaling};
use crate::cache::{HeadCache, chunk_ranges};
use crate::elementwise::ActivationFunction;

/// One implementation of all operations, which this machine can run.
///
/// ```
/// use kernels::{Kernels, PackedFormat, PackedMatrix, QuantisedActivations};
///
/// // W has 3 rows of 64 ones, twos and threes; x is a row of 64 halves.
/// let mut matrix = PackedMatrix::zeros(PackedFormat::Q8_0, 3, 64)?;
/// for (row, number) in [1.0, 2.0, 3.0].into_iter().enumerate() {
///     matrix.set_row(row, &[number; 64]);
/// }
/// let kernels = Kernels::detect();
/// let x = QuantisedActivations::new(1, 64)?;
/// let mut out = [0.0; 3];
/// let put = |_token: usize, first: usize, results: &[f32; 16]| {
///     let count = results.len().min(out.len() - first);
///     out[first..first + count].copy_from_slice(&results[..count]);
/// };
/// // SAFETY: no other thread knows of x.
/// unsafe {
///     kernels.quantise_row(&x, 0, &[0.5; 64]);
///     kernels.product(&matrix, 0..matrix.tiles(), &x, 0..1, put);
/// }
/// assert!(out.iter().zip([32.0, 64.0, 96.0]).all(|(a, b)| (a - b).abs() < 0.1));
/// # Ok::<(), kernels::OutOfMemory>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    operations: Operations,
}

#[allow(unsafe_code, reason = "implementations need features of processors")]
impl Kernels {
    /// # Safety
    /// The processor must have the features that the functions are compiled for.
    pub(super) const unsafe fn new(operations: Operations) -> Kernels {
        Kernels { operations }
    }

    /// What the implementation uses, for people.
    pub fn name(&self) -> &'static str {
        self.operations.name
    }

    pub(super) fn operations(&self) -> &Operations {
        &self.operations
    }

    pub(super) fn quantise(&self, numbers: &[f32], row: &mut ActivationRowMut<'_>) {
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { (self.operations.quantise_row)(numbers, row) }
    }

    /// Root mean square norm: out = x / √(mean(x²) + ε) · weight (Zhang & Sennrich, 2019,
    /// arXiv:1910.07467); all of one length.
    ///
    /// ```
    /// let mut out = [0.0; 2];
    /// kernels::Kernels::detect().rms_norm(&[3.0, 4.0], &[1.0, 2.0], 0.0, &mut out);
    /// let root = 12.5f32.sqrt();
    /// assert!((out[0] - 3.0 / root).abs() < 1e-6 && (out[1] - 8.0 / root).abs() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If they are not.
    pub fn rms_norm(&self, x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        assert!(x.len() == weight.len() && x.len() == out.len());
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { (self.operations.rms_norm)(x, weight, epsilon, out) }
    }

    /// out = (x − mean(x)) / √(variance(x) + ε) · weight + bias (Ba et al., 2016,
    /// arXiv:1607.06450); all of one length.
    ///
    /// # Panics
    /// If they are not.
    pub fn layer_norm(
        &self,
        x: &[f32],
        weight: &[f32],
        bias: Option<&[f32]>,
        epsilon: f32,
        out: &mut [f32],
    ) {
        assert!(x.len() == weight.len() && x.len() == out.len());
        assert!(bias.is_none_or(|bias| bias.len() == x.len()));
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { (self.operations.layer_norm)(x, weight, bias, epsilon, out) }
    }

    /// out = W · x for a matrix of few rows, such as that which chooses among experts: W is
    /// [R, K], in numbers, x is `[K]`, out is `[R]`.
    ///
    /// # Panics
    /// If the lengths do not fit each other.
    pub fn products(&self, rows: &[f32], x: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), x.len() * out.len());
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { (self.operations.products)(rows, x, out) }
    }

    /// up = act(gate) · up, as in gated linear units (Shazeer, 2020, arXiv:2002.05202); both of
    /// one length.
    ///
    /// # Panics
    /// If they are not.
    pub fn activate_and_multiply(
        &self,
        function: ActivationFunction,
        gate: &[f32],
        up: &mut [f32],
    ) {
        assert_eq!(gate.len(), up.len());
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { (self.operations.activate_and_multiply)(function, gate, up) }
    }

    /// x = act(x).
    pub fn activate(&self, function: ActivationFunction, x: &mut [f32]) {
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { (self.operations.activate)(function, x) }
    }

    /// Attention of G query heads that share keys and values over the positions `range`:
    /// softmax(scores) · values (Vaswani et al., 2017, arXiv:1706.03762), as a partial result
    /// for each chunk of positions. `queries` is [G, D], `partials` [chunks, G,
    /// [`SOFTMAX_STATS`] + D], where chunks are those of [`chunk_ranges`];
    /// [`combine`](Self::combine) makes the output of a head of them.
    ///
    /// ```
    /// use kernels::{
    ///     AttentionScratch, CacheFormat, HeadCache, Kernels, SOFTMAX_STATS, ScoreScaling,
    /// };
    ///
    /// let mut keys = HeadCache::for_keys(CacheFormat::F32, 2);
    /// let mut values = HeadCache::for_values(CacheFormat::F32, 2);
    /// for value in [[10.0, 1.0], [20.0, 3.0]] {
    ///     keys.push(&[1.0, 0.0]);
    ///     values.push(&value);
    /// }
    /// let (kernels, mut scratch) = (Kernels::detect(), AttentionScratch::default());
    /// let query = [1.0, 0.0];
    /// let scaling = ScoreScaling { factor: 0.7, ..ScoreScaling::default() };
    /// let mut partials = [0.0; SOFTMAX_STATS + 2];
    /// kernels.attend(&query, &keys, &values, 0..2, scaling, &mut scratch, &mut partials);
    /// let mut out = [0.0; 2];
    /// kernels.combine(&partials, partials.len(), None, &mut out);
    /// // Both keys have the same score, so the output is the mean of the values.
    /// assert!((out[0] - 15.0).abs() < 1e-4 && (out[1] - 2.0).abs() < 1e-4);
    /// ```
    ///
    /// # Panics
    /// If lengths or widths do not fit each other, the caches are not one of keys and one of
    /// values in one format, or there are no such positions.
    #[allow(clippy::too_many_arguments, reason = "attention has that many parts")]
    pub fn attend(
        &self,
        queries: &[f32],
        keys: &HeadCache,
        values: &HeadCache,
        range: Range<usize>,
        scaling: ScoreScaling<'_>,
        scratch: &mut AttentionScratch,
        partials: &mut [f32],
    ) {
        let width = keys.head_dim();
        let heads = queries.len() / width;
        let all_partials = chunk_ranges(range.clone()).count() * heads;
        assert!(!range.is_empty() && values.head_dim() == width);
        assert!(keys.is_for_keys() && !values.is_for_keys());
        assert!(keys.format() == values.format());
        assert!(queries.len() == heads * width);
        assert!(scaling.bias.is_none_or(|bias| bias.slopes.len() == heads));
        assert!(partials.len() == all_partials * (width + SOFTMAX_STATS));
        let attend = self.operations.attend;
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { attend(queries, keys, values, range, scaling, scratch, partials) }
    }

    /// The output of a head, of D numbers, from its partial results of all chunks, which begin
    /// `stride` numbers from each other. A sink is a score that takes part in the softmax
    /// and has no value (gpt-oss, arXiv:2508.10925).
    ///
    /// # Panics
    /// If the last one is shorter than [`SOFTMAX_STATS`] + D.
    pub fn combine(
        &self,
        partials: &[f32],
        stride: usize,
        sink: Option<f32>,
        out: &mut [f32],
    ) {
        let sink = sink.unwrap_or(f32::NEG_INFINITY);
        // SAFETY: the processor has the features, as `new` demands.
        unsafe { (self.operations.combine)(partials, stride, sink, out) }
    }
}
