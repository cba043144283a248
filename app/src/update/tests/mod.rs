//! What the page does, action by action, with an engine that answers when a test says so.

mod chat;
mod chat_revisions;
mod deaths;
mod engine;
mod explorer;
mod failures;
mod files;
mod hubs;
mod inside;
mod inside_rivals;
mod knobs;
mod models;
mod numbers;
mod play;
mod random;
mod recorded_bets_and_engines;
mod recorded_tools;
mod sampler;
mod servers;
mod sharing;
mod sharing_refused;
mod side;
mod teaching;
pub(crate) mod test_page;
mod thinking;
mod tools;
mod typing;

use test_page::TestPage;
