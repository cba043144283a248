//! A tensor's name in a family's checkpoints.

use super::rows::Slice;
use crate::weights::tensor_id::Role;

/// A role's name. `{}` is the layer's number; names with `/` before them have no root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(pub(super) Role, pub(super) &'static str, pub(super) Slice);
