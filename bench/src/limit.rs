//! How fast this machine reads memory, natively and in WebAssembly: no engine can decode
//! faster than it reads its weights.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use e2e::Browser;
use serde_json::json;

/// Bytes that each thread reads in a pass: far more than caches hold.
const BYTES_PER_THREAD: usize = 200 << 20;
const PASSES: usize = 5;

/// Gigabytes per second that this many threads read together.
pub(crate) fn native(threads: u32) -> f64 {
    let read = || {
        let numbers: Vec<u64> = (0..BYTES_PER_THREAD as u64 / 8).collect();
        let start = Instant::now();
        for _ in 0..PASSES {
            let mut sums = [0u64; 16];
            for numbers in black_box(&numbers).chunks_exact(16) {
                for (sum, number) in sums.iter_mut().zip(numbers) {
                    *sum ^= number;
                }
            }
            black_box(sums);
        }
        (PASSES * BYTES_PER_THREAD) as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(read)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    })
}

/// Reads a memory of 3,200 pages with 128-bit loads; the result depends on all of them.
const MODULE: &str = r#"
(module
  (memory 3200)
  (func (export "read") (result i64)
    (local $at i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $next
      (local.set $a (v128.xor (local.get $a) (v128.load offset=0 (local.get $at))))
      (local.set $b (v128.xor (local.get $b) (v128.load offset=16 (local.get $at))))
      (local.set $c (v128.xor (local.get $c) (v128.load offset=32 (local.get $at))))
      (local.set $d (v128.xor (local.get $d) (v128.load offset=48 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 209715200))))
    (i64x2.extract_lane 0
      (v128.xor (v128.xor (local.get $a) (local.get $b))
        (v128.xor (local.get $c) (local.get $d)))))
  (func (export "fill")
    (memory.fill (i32.const 0) (i32.const 7) (i32.const 209715200))))
"#;

/// The same in the browser, by workers with a memory each.
///
/// # Errors
/// If the browser has ended.
pub(crate) async fn browser(browser: &Browser, threads: u32) -> Result<f64> {
    let module = wat::parse_str(MODULE).context("the module is not valid")?;
    let script = "
        const [module, threads, passes, done] = arguments;
        const work = `onmessage = async ({ data: [bytes, passes] }) => {
            const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes));
            instance.exports.fill();
            instance.exports.read();
            const start = performance.now();
            for (let pass = 0; pass < passes; pass++) instance.exports.read();
            postMessage(passes * 209.7152 / (performance.now() - start));
        };`;
        const url = URL.createObjectURL(new Blob([work], { type: 'text/javascript' }));
        Promise.all(Array.from({ length: threads }, () => new Promise((resolve) => {
            const worker = new Worker(url);
            worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
            worker.postMessage([module, passes]);
        }))).then((speeds) => done(speeds.reduce((a, b) => a + b)));";
    let arguments = vec![json!(module), json!(threads), json!(PASSES)];
    let speed = browser.execute_async(script, arguments).await?;
    speed.json().as_f64().context("the speed is not a number")
}
