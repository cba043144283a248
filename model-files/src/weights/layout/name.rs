//! A tensor's name in a family's checkpoints.

use super::rows::Slice;
use crate::weights::tensor_id::Role;

/// The name of a role's tensor. `{}` is the layer's number; a name that begins with `/`
/// has no root. `{e}` is an expert's number; names without it are of one tensor for all
/// experts. A name that ends with `=` is that of weights without `.weight`, and `_bias`
/// follows it for biases; with `=T`, each matrix is stored as [columns, rows]; with `=4`, it
/// is in two tensors, of blocks of four bits and of their scales.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(pub(super) Role, pub(super) &'static str, pub(super) Slice);
