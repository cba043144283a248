//! The server's metrics, in the format of Prometheus.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use engine::Stats;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Counters of one server.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Arc<Mutex<Registry>>,
    pub(crate) requests: Family<RequestLabels, Counter>,
    pub(crate) seconds: Histogram,
    pub(crate) connections: Gauge,
    engine: EngineGauges,
}

/// The labels that requests are counted by.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) status: u16,
}

#[derive(Clone, Debug, Default)]
struct EngineGauges {
    waiting: Gauge,
    active: Gauge,
    sequences: Gauge,
    cache_bytes: Gauge,
    evicted: Counter,
    forward_tokens: Counter,
    generated_tokens: Counter,
    passes: Counter,
    restarts: Counter,
}

/// Upper bounds of the histogram in seconds, from a cached answer to a long generation.
const SECONDS_BUCKETS: [f64; 10] =
    [0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0, 60.0, 300.0];

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("nexttoken");
        let requests = Family::default();
        let seconds = Histogram::new(SECONDS_BUCKETS);
        let connections = Gauge::default();
        let engine = EngineGauges::default();
        let r = &mut registry;
        r.register("http_requests", "Requests that were answered", requests.clone());
        r.register("http_seconds", "Seconds until an answer began", seconds.clone());
        r.register("connections", "Connections that are open", connections.clone());
        r.register(
            "waiting",
            "Requests that wait for the engine",
            engine.waiting.clone(),
        );
        r.register("active", "Requests that are worked on", engine.active.clone());
        r.register("sequences", "Texts that are kept", engine.sequences.clone());
        r.register("cache_bytes", "Bytes of these", engine.cache_bytes.clone());
        r.register("evicted", "Texts that made room", engine.evicted.clone());
        r.register(
            "tokens_read",
            "Tokens through the model",
            engine.forward_tokens.clone(),
        );
        r.register("tokens_made", "Tokens generated", engine.generated_tokens.clone());
        r.register("passes", "Passes over the weights", engine.passes.clone());
        let restarts = engine.restarts.clone();
        r.register("engine_restarts", "Starts of the engine after a fault", restarts);
        let registry = Arc::new(Mutex::new(registry));
        Metrics { registry, requests, seconds, connections, engine }
    }

    /// All metrics as text.
    pub(crate) fn text(&self, stats: Stats, restarts: u64) -> String {
        let engine = &self.engine;
        let gauges = [
            (&engine.waiting, stats.waiting as u64),
            (&engine.active, stats.active as u64),
            (&engine.sequences, stats.sequences as u64),
            (&engine.cache_bytes, stats.cache_bytes),
        ];
        for (gauge, value) in gauges {
            gauge.set(value.cast_signed());
        }
        let counters: [(&Counter<u64, AtomicU64>, u64); 5] = [
            (&engine.restarts, restarts),
            (&engine.evicted, stats.evicted),
            (&engine.forward_tokens, stats.forward_tokens),
            (&engine.generated_tokens, stats.generated_tokens),
            (&engine.passes, stats.passes),
        ];
        // Under the lock, so that no difference is added twice.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        for (counter, value) in counters {
            counter.inc_by(value.saturating_sub(counter.get()));
        }
        let mut all = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut all, &registry);
        all
    }
}
