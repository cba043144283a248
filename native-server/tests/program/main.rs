//! The program itself: killed, stopped, without room on its disk, and what it says.

// A test that cannot be set up fails; its helpers are no exception.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod disk;
mod documentation;
mod killed;
mod running;
mod said;
