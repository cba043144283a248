//! The forms of every operation, and the choice among them.

use std::ops::Range;

use crate::activations::Inputs;
use crate::attention::{self, PART, Scores, Scratch};
use crate::cache::HeadCache;
use crate::elementwise::{self, Activation};
use crate::packed::{Format, Tile};
use crate::product::{Outputs, TileProduct, plain};
use crate::quantise;

/// One form of all operations, which this machine can run.
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    name: &'static str,
    q8: TileProduct,
    q4: TileProduct,
    quantise: Quantise,
    norm: Norm,
    layer_norm: LayerNorm,
    gated: Gated,
    activated: Activated,
    attend: Attend,
    join: Join,
}

type Quantise = unsafe fn(&[f32], &mut [i8], &mut [f32], &mut [i32]);
type Norm = unsafe fn(&[f32], &[f32], f32, &mut [f32]);
type LayerNorm = unsafe fn(&[f32], &[f32], Option<&[f32]>, f32, &mut [f32]);
type Gated = unsafe fn(Activation, &[f32], &mut [f32]);
type Activated = unsafe fn(Activation, &mut [f32]);
type Join = unsafe fn(&[f32], usize, &mut [f32]);
type Attend = unsafe fn(
    &[f32],
    &HeadCache,
    &HeadCache,
    Range<usize>,
    Scores,
    &mut Scratch,
    &mut [f32],
);

/// A form whose products, of matrices and of attention, and quantisation are given; the
/// other operations are the plain ones, compiled for the named features.
macro_rules! form {
    (
        $module:ident, $name:literal, $($feature:literal)?,
        $q8:expr, $q4:expr, $attention:ident, $quantise:ident
    ) => {
        #[allow(unsafe_code, reason = "functions for processors that have the features")]
        mod $module {
            use super::*;

            $(#[target_feature(enable = $feature)])?
            unsafe fn quantise(
                numbers: &[f32],
                values: &mut [i8],
                scales: &mut [f32],
                sums: &mut [i32],
            ) {
                let block = quantise::$quantise::block;
                quantise::row(block, numbers, values, scales, sums);
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
                elementwise::norm(x, weight, epsilon, out);
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn layer_norm(
                x: &[f32],
                weight: &[f32],
                bias: Option<&[f32]>,
                epsilon: f32,
                out: &mut [f32],
            ) {
                elementwise::layer_norm(x, weight, bias, epsilon, out);
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn gated(activation: Activation, gate: &[f32], up: &mut [f32]) {
                elementwise::gated(activation, gate, up);
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn activated(activation: Activation, x: &mut [f32]) {
                elementwise::activated(activation, x);
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn attend(
                queries: &[f32],
                keys: &HeadCache,
                values: &HeadCache,
                range: Range<usize>,
                scores: Scores,
                scratch: &mut Scratch,
                parts: &mut [f32],
            ) {
                let sums = attention::$attention::sums as _;
                attention::attend(
                    sums, queries, keys, values, range, scores, scratch, parts,
                );
            }

            $(#[target_feature(enable = $feature)])?
            unsafe fn join(parts: &[f32], stride: usize, out: &mut [f32]) {
                attention::join(parts, stride, out);
            }

            pub(super) const KERNELS: Kernels =
                Kernels {
                    name: $name,
                    q8: $q8,
                    q4: $q4,
                    quantise,
                    norm,
                    layer_norm,
                    gated,
                    activated,
                    attend,
                    join,
                };
        }
    };
}

form!(reference, "plain", , plain::q8, plain::q4, plain, plain);

#[cfg(target_arch = "x86_64")]
use crate::product::{avx2, avx512};
#[cfg(target_arch = "x86_64")]
form!(with_avx2, "AVX2", "avx2,fma,f16c", avx2::q8, avx2::q4, avx2, plain);
#[cfg(target_arch = "x86_64")]
form!(
    with_avx512,
    "AVX-512 VNNI",
    "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c",
    avx512::q8,
    avx512::q4,
    avx2,
    plain
);

#[cfg(target_arch = "aarch64")]
use crate::product::neon;
#[cfg(target_arch = "aarch64")]
form!(with_neon, "NEON", "neon,dotprod", neon::q8, neon::q4, plain, plain);

#[cfg(target_arch = "wasm32")]
use crate::product::wasm;
#[cfg(target_arch = "wasm32")]
form!(with_simd, "SIMD", , wasm::widened::q8, wasm::widened::q4, wasm, wasm);
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod relaxed {
    use super::wasm::{pairs, relaxed};
    use super::*;

    form!(unsigned, "relaxed SIMD", , relaxed::q8_unsigned, relaxed::q4, wasm, wasm);
    form!(signed, "relaxed SIMD", , relaxed::q8_signed, relaxed::q4, wasm, wasm);
    form!(in_pairs, "relaxed SIMD", , pairs::q8, pairs::q4, wasm, wasm);

    pub(super) const FORMS: [Kernels; 3] =
        [unsigned::KERNELS, signed::KERNELS, in_pairs::KERNELS];
}

#[allow(unsafe_code, reason = "a form is only made where the machine can run it")]
impl Kernels {
    /// The fastest form that this machine can run.
    pub fn detect() -> Kernels {
        Kernels::all()[0]
    }

    /// The reference.
    pub fn plain() -> Kernels {
        reference::KERNELS
    }

    /// All forms that this machine can run, the fastest first, the reference last.
    pub fn all() -> Vec<Kernels> {
        let mut forms = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vnni");
            if avx2 && avx512 {
                forms.push(with_avx512::KERNELS);
            }
            if avx2 {
                forms.push(with_avx2::KERNELS);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            forms.push(with_neon::KERNELS);
        }
        #[cfg(target_arch = "wasm32")]
        {
            #[cfg(target_feature = "relaxed-simd")]
            {
                use wasm::relaxed::Second;
                let [unsigned, signed, in_pairs] = relaxed::FORMS;
                match Second::probe() {
                    Second::Unsigned => forms.push(unsigned),
                    Second::Signed => forms.push(signed),
                    Second::SevenBits => (),
                }
                if wasm::pairs::probe() {
                    forms.push(in_pairs);
                }
            }
            forms.push(with_simd::KERNELS);
        }
        forms.push(reference::KERNELS);
        forms
    }

    /// What the form uses, for people.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn tile_product(
        &self,
        format: Format,
        tile: Tile<'_>,
        inputs: Inputs<'_>,
        outputs: &mut Outputs,
    ) {
        let product = match format {
            Format::Q8 => self.q8,
            Format::Q4 => self.q4,
        };
        // SAFETY: the machine can run this form.
        unsafe { product(tile, inputs, outputs) }
    }

    pub(crate) fn quantise(
        &self,
        numbers: &[f32],
        values: &mut [i8],
        scales: &mut [f32],
        sums: &mut [i32],
    ) {
        // SAFETY: the machine can run this form.
        unsafe { (self.quantise)(numbers, values, scales, sums) }
    }

    /// out = x / √(mean(x²) + ε) · weight (Zhang & Sennrich, 2019, arXiv:1910.07467); all
    /// of one length.
    ///
    /// # Panics
    /// If they are not.
    pub fn norm(&self, x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        assert!(x.len() == weight.len() && x.len() == out.len());
        // SAFETY: the machine can run this form.
        unsafe { (self.norm)(x, weight, epsilon, out) }
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
        // SAFETY: the machine can run this form.
        unsafe { (self.layer_norm)(x, weight, bias, epsilon, out) }
    }

    /// up = act(gate) · up (Shazeer, 2020, arXiv:2002.05202); both of one length.
    ///
    /// # Panics
    /// If they are not.
    pub fn gated(&self, activation: Activation, gate: &[f32], up: &mut [f32]) {
        assert_eq!(gate.len(), up.len());
        // SAFETY: the machine can run this form.
        unsafe { (self.gated)(activation, gate, up) }
    }

    /// x = act(x).
    pub fn activated(&self, activation: Activation, x: &mut [f32]) {
        // SAFETY: the machine can run this form.
        unsafe { (self.activated)(activation, x) }
    }

    /// What each chunk of the positions `range` gives to the softmax(scores) · value
    /// (Vaswani et al., 2017, arXiv:1706.03762) of G query heads that share keys and
    /// values: queries are [G, D], parts [chunks, G, D + [`PART`]], as [`PART`] and
    /// [`chunks`](crate::chunks) say.
    ///
    /// # Panics
    /// If the widths differ, the caches are not of keys and of values, or there are no such
    /// positions.
    #[allow(clippy::too_many_arguments, reason = "attention has that many parts")]
    pub fn attend(
        &self,
        queries: &[f32],
        keys: &HeadCache,
        values: &HeadCache,
        range: Range<usize>,
        scores: Scores,
        scratch: &mut Scratch,
        parts: &mut [f32],
    ) {
        let width = keys.head_dim();
        let heads = queries.len() / width;
        let parts_of_all = attention::chunks(range.clone()).count() * heads;
        assert!(!range.is_empty() && values.head_dim() == width);
        assert!(keys.is_for_keys() && !values.is_for_keys());
        assert!(keys.format() == values.format());
        assert!(queries.len() == heads * width);
        assert!(parts.len() == parts_of_all * (width + PART));
        // SAFETY: the machine can run this form.
        unsafe { (self.attend)(queries, keys, values, range, scores, scratch, parts) }
    }

    /// The output of a head, of D numbers, from what all chunks gave it: its parts begin
    /// `stride` numbers from each other.
    ///
    /// # Panics
    /// If the last part is shorter than D + [`PART`].
    pub fn join(&self, parts: &[f32], stride: usize, out: &mut [f32]) {
        // SAFETY: the machine can run this form.
        unsafe { (self.join)(parts, stride, out) }
    }
}
