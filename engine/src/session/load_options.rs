//! How a model is loaded.

use candle_core::Device;
use protocol::Precision;

/// How a model is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The number format of the weights in memory.
    pub precision: Precision,
    /// The device that it runs on.
    pub device: Device,
    /// The device's name for people.
    pub device_name: String,
    /// The number of threads that it runs on.
    pub threads: u32,
    /// Starts a thread that runs a body; returns `false` if it cannot. It is not called
    /// if `threads` is 1.
    pub start_thread: fn(Box<dyn FnOnce() + Send>) -> bool,
    /// Milliseconds since any fixed moment; used to choose the number of threads.
    pub clock_ms: fn() -> f64,
}
