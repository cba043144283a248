//! Engines elsewhere, as the stand-in plays them: the same numbers as from our own engine,
//! whatever dialect they come in, and clear errors for all else.

// A test that cannot be set up fails; its helpers are no exception.
#![allow(clippy::unwrap_used)]

mod connecting;
mod faults;
mod limits;
mod numbers;
mod replicas;
mod support;
