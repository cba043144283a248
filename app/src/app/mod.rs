//! The running page. `event_loop` takes actions one after another; `effects` performs what
//! updates want done; `saving` stores what outlives the page.

mod effects;
mod event_loop;
mod saving;

pub(crate) use event_loop::App;
