//! The server as its users meet it: the whole router, with a tiny random model behind it.

// A test that cannot be set up fails; its helpers are no exception.
#![allow(clippy::unwrap_used)]

mod access;
mod class;
mod class_pass;
mod classroom;
mod continuations;
mod document;
mod elsewhere;
mod engine_faults;
mod engine_thread;
mod fixture;
mod guards;
mod hostile;
mod inside;
mod json_routes;
mod openai;
mod red_team;
mod scripts;
mod shared_hub;
mod site;
mod socket;
mod tls;
