//! Keys and values of one head, in 16 bits.

/// The keys or the values of one head: S vectors of D numbers, each with a scale. Values
/// are 16-bit integers from −LARGEST to LARGEST: as small as f16, more exact for all but
/// the smallest channels, and quick to use where f16 is not (WebAssembly).
#[derive(Clone, Debug)]
pub struct HeadCache {
    head_dim: usize,
    values: Vec<i16>,
    scales: Vec<f32>,
}

/// With 13 bits here and [`QUERY_LARGEST`], a dot product of 256 channels fits in 32 bits.
const LARGEST: f32 = 8191.0;

/// The largest value of a quantised query: 2³¹ / (8191 · 256) = 1024.
pub(crate) const QUERY_LARGEST: f32 = 1023.0;

impl HeadCache {
    /// An empty cache for vectors of D numbers.
    pub fn new(head_dim: usize) -> HeadCache {
        HeadCache { head_dim, values: Vec::new(), scales: Vec::new() }
    }

    /// S.
    pub fn length(&self) -> usize {
        self.scales.len()
    }

    /// Appends a vector of D numbers.
    ///
    /// # Panics
    /// If it has another length.
    pub fn push(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.head_dim);
        let at = self.values.len();
        self.values.resize(at + self.head_dim, 0);
        self.scales.push(quantise(vector, LARGEST, &mut self.values[at..]));
    }

    /// Forgets all vectors from `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.scales.truncate(length);
        self.values.truncate(length * self.head_dim);
    }

    /// Bytes of the vectors.
    pub fn bytes(&self) -> usize {
        2 * self.values.capacity() + 4 * self.scales.capacity()
    }

    pub(crate) fn values(&self) -> &[i16] {
        &self.values
    }

    pub(crate) fn scales(&self) -> &[f32] {
        &self.scales
    }
}

/// Integers from −`largest` to `largest`, and the scale that makes them the vector again.
#[inline(always)]
pub(crate) fn quantise(vector: &[f32], largest: f32, values: &mut [i16]) -> f32 {
    let magnitude = vector.iter().fold(0f32, |most, x| most.max(x.abs()));
    let inverse = if magnitude > 0.0 { largest / magnitude } else { 0.0 };
    for (value, number) in values.iter_mut().zip(vector) {
        *value = (number * inverse).round_ties_even() as i16;
    }
    magnitude / largest
}
