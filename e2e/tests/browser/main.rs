//! Tests in a real browser. Each starts a browser and the servers that it needs.

mod conformance;
mod numbers;
