//! The server as its users meet it: the whole router, with a tiny random model behind it.

mod engine_thread;
mod fixture;
mod guards;
mod json_routes;
mod site;
mod socket;
