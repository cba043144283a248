//! Short notices that several regions give.

pub(crate) use crate::language::table::page::*;
