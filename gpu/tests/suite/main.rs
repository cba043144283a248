//! Every shader on the device that this machine has, or in software, against float64. Inputs
//! and results lie in buffers that are longer than they are: what is beyond them is no number,
//! so that a shader that reads it is found out, and must stay as it is.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "numbers that people want to see")]

mod activations;
mod attention;
mod choice;
mod compiles;
mod device;
mod elementwise;
mod matrices;
mod models;
mod numbers;
mod products;
mod ranking;
mod rotation;
