//! The operations as functions that are compiled for one instruction set.

use std::ops::Range;

use crate::activations::{ActivationRowMut, ActivationRows};
use crate::attention::{AttentionScratch, ScoreScaling};
use crate::cache::HeadCache;
use crate::elementwise::ActivationFunction;
use crate::packed::Tile;
use crate::packed::scales::Lanes;
use crate::product::{Part, PartBytes, PartScales};

/// One implementation of all operations. The functions may be called where the processor has
/// the features that they are compiled for, and [`Kernels`](super::Kernels) says what else
/// they are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operations {
    /// What it uses, for people.
    pub(super) name: &'static str,
    /// Of a single row of activations, with values as they are stored; where there is none,
    /// they become eight bits as for many.
    pub(super) one: Option<One>,
    pub(super) many: Many,
    pub(super) fill: Fill,
    pub(super) quantise_row: QuantiseRow,
    pub(super) rms_norm: unsafe fn(&[f32], &[f32], f32, &mut [f32]),
    pub(super) layer_norm: LayerNorm,
    pub(super) products: unsafe fn(&[f32], &[f32], &mut [f32]),
    pub(super) activate_and_multiply: unsafe fn(ActivationFunction, &[f32], &mut [f32]),
    pub(super) activate: unsafe fn(ActivationFunction, &mut [f32]),
    pub(super) attend: Attend,
    pub(super) combine: unsafe fn(&[f32], usize, f32, &mut [f32]),
}

pub(super) type One = unsafe fn(Part<'_>, ActivationRows<'_>, &mut Lanes);
type Many = unsafe fn(Part<'_>, ActivationRows<'_>, &mut [Lanes]);
type Fill = for<'a> unsafe fn(
    &'a mut PartScales,
    Option<&'a mut PartBytes>,
    Tile<'a>,
    Range<usize>,
) -> Part<'a>;
type QuantiseRow = unsafe fn(&[f32], &mut ActivationRowMut<'_>);
type LayerNorm = unsafe fn(&[f32], &[f32], Option<&[f32]>, f32, &mut [f32]);
type Attend = unsafe fn(
    &[f32],
    &HeadCache,
    &HeadCache,
    Range<usize>,
    ScoreScaling<'_>,
    &mut AttentionScratch,
    &mut [f32],
);

/// A module with `OPERATIONS`. Products of matrices and of attention and the quantisation of
/// activations are those that are given; the other operations are the plain ones, compiled
/// for the named features.
macro_rules! operations {
    (
        $module:ident, $name:literal, $($feature:literal)?,
        $one:expr, $many:expr, $halves:path, $bytes:path, $attention:ident, $activations:ident
    ) => {
        mod $module {
            use std::ops::Range;

            use super::*;

            use $crate::activations::{self, ActivationRowMut};
            use $crate::attention::{self, AttentionScratch, ScoreScaling};
            use $crate::cache::HeadCache;
            use $crate::dispatch::operations::Operations;
            use $crate::elementwise::{self, ActivationFunction};
            use $crate::packed::scales::{ByteScale, Convert, HALVES_BYTES, Lanes};
            use $crate::packed::{TILE_ROWS, Tile};
            use $crate::product::{Part, PartBytes, PartScales};

            $(#[target_feature(enable = $feature)])?
            fn fill<'a>(
                scales: &'a mut PartScales,
                bytes: Option<&'a mut PartBytes>,
                tile: Tile<'a>,
                blocks: Range<usize>,
            ) -> Part<'a> {
                // A closure is compiled for the features of the function around it.
                let convert = Convert {
                    halves: |stored: &[u8; HALVES_BYTES], out: &mut Lanes| {
                        $halves(stored, out);
                    },
                    bytes: |how: ByteScale,
                            common: &Lanes,
                            bytes: &[u8; TILE_ROWS],
                            out: &mut Lanes| {
                        $bytes(how, common, bytes, out);
                    },
                };
                scales.fill(convert, bytes, tile, blocks)
            }

            $(#[target_feature(enable = $feature)])?
            fn quantise_row(numbers: &[f32], row: &mut ActivationRowMut<'_>) {
                let block = activations::$activations::block;
                activations::quantise_row(block, numbers, row);
            }

            $(#[target_feature(enable = $feature)])?
            fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
                elementwise::rms_norm(x, weight, epsilon, out);
            }

            $(#[target_feature(enable = $feature)])?
            fn layer_norm(
                x: &[f32],
                weight: &[f32],
                bias: Option<&[f32]>,
                epsilon: f32,
                out: &mut [f32],
            ) {
                elementwise::layer_norm(x, weight, bias, epsilon, out);
            }

            $(#[target_feature(enable = $feature)])?
            fn products(rows: &[f32], x: &[f32], out: &mut [f32]) {
                elementwise::products(rows, x, out);
            }

            $(#[target_feature(enable = $feature)])?
            fn activate_and_multiply(
                function: ActivationFunction,
                gate: &[f32],
                up: &mut [f32],
            ) {
                elementwise::activate_and_multiply(function, gate, up);
            }

            $(#[target_feature(enable = $feature)])?
            fn activate(function: ActivationFunction, x: &mut [f32]) {
                elementwise::activate(function, x);
            }

            $(#[target_feature(enable = $feature)])?
            fn attend(
                queries: &[f32],
                keys: &HeadCache,
                values: &HeadCache,
                range: Range<usize>,
                scaling: ScoreScaling<'_>,
                scratch: &mut AttentionScratch,
                partials: &mut [f32],
            ) {
                // A closure is compiled for the features of the function around it.
                let sum_products = |terms: attention::DotProducts<'_>, sums: &mut [i32]| {
                    attention::$attention::sums(terms, sums);
                };
                attention::attend(
                    sum_products,
                    queries,
                    keys,
                    values,
                    range,
                    scaling,
                    scratch,
                    partials,
                );
            }

            $(#[target_feature(enable = $feature)])?
            fn combine(partials: &[f32], stride: usize, sink: f32, out: &mut [f32]) {
                attention::combine(partials, stride, sink, out);
            }

            pub(super) const OPERATIONS: Operations = Operations {
                name: $name,
                one: $one,
                many: $many,
                fill,
                quantise_row,
                rms_norm,
                layer_norm,
                products,
                activate_and_multiply,
                activate,
                attend,
                combine,
            };
        }
    };
}
pub(super) use operations;
