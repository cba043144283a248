//! Tests in a real browser. Each starts a browser and the servers that it needs.

mod chat;
mod conformance;
mod explorer;
mod faults;
mod hosting;
mod models;
mod numbers;
mod pictures;
mod waits;
