//! A tensor's name in a family's checkpoints.

use super::rows::Slice;
use crate::weights::tensor_id::Role;

/// The name of a role's tensor. `{}` is the layer's number; a name that begins with `/`
/// has no root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(pub(super) Role, pub(super) &'static str, pub(super) Slice);
