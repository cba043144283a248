//! The running page. `event_loop` takes actions one after another; `effects` performs what
//! updates want done, `pictures` those of figures; `saving` stores what outlives the page.

mod effects;
mod event_loop;
mod pictures;
mod saving;

pub(crate) use event_loop::App;
