//! A model hub for tests: its API and file routes as far as a download needs them, with
//! redirects, ETags, ranges, and faults by a seeded schedule. It writes down every byte
//! that it sends.

mod body;
mod faults;
mod hub;
mod model;
mod random;
mod routes;
mod state;

pub use faults::{Behaviour, Refusal};
pub use hub::StandInHub;
pub use model::{HubFile, HubModel};
pub use random::Random;
pub use state::Entry;
