// Starts the worker in its fastest build: threads on shared memory, and relaxed SIMD where the
// browser has it. Without shared memory, the widest build takes its place.

// A module with one function that uses i32x4.relaxed_dot_i8x16_i7x16_add_s.
const RELAXED_DOT = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b,
  0x03, 0x02, 0x01, 0x00, 0x0a, 0x13, 0x01, 0x11, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00,
  0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x93, 0x02, 0x0b,
]);

// In pages of 64 KiB. The module declares 1024 (xtask/src/fast_worker.rs), and wasm-bindgen
// adds a few for what threads need.
const INITIAL_PAGES = 1088;
const MOST_PAGES = 65536;
const FEWEST_PAGES = 8192;

// How long a thread may take to start.
const PATIENCE_MS = 5000;

// Firefox (140) loses a thread of its compiler with each worker that ends while what it compiles
// still comes: after some reloads, no page of the site would start.
const STREAMS = !navigator.userAgent.includes("Firefox/");

// Phones with many small cores gain nothing from more.
const MOST_THREADS = 8;

async function startFast() {
  // WebKitGTK isolates pages and yet shares no memory with their workers.
  if (!self.crossOriginIsolated || typeof SharedArrayBuffer === "undefined") return false;
  const memory = sharedMemory();
  if (!memory) return false;
  const glue = await import("./worker_fast.js");
  const url = new URL("./worker_fast_bg.wasm", import.meta.url);
  const isRelaxed = WebAssembly.validate(RELAXED_DOT);
  const module = await (isRelaxed ? compile(url) : compileWithoutRelaxed(url));
  await glue.default({ module_or_path: module, memory });
  const more = Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS) - 1;
  await Promise.all(Array.from({ length: more }, () => startMember(module, memory)));
  glue.begin();
  return true;
}

// The largest memory that the browser grants.
function sharedMemory() {
  for (let maximum = MOST_PAGES; maximum >= FEWEST_PAGES; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
    } catch {
      // A smaller one may do.
    }
  }
  return null;
}

async function compile(url) {
  if (STREAMS) {
    try {
      return await WebAssembly.compileStreaming(fetch(url));
    } catch {
      // Hosts that do not know the type of .wasm files.
    }
  }
  return WebAssembly.compile(await (await fetch(url)).arrayBuffer());
}

// Safari and Firefox before 145 lack relaxed SIMD. The build lists which plain instructions of the
// same length take the place of those (xtask/src/without_relaxed_simd.rs).
async function compileWithoutRelaxed(url) {
  const list = new URL("./worker_fast_plain.json", import.meta.url);
  const [answer, listed] = await Promise.all([fetch(url), fetch(list)]);
  const module = new Uint8Array(await answer.arrayBuffer());
  for (const { bytes, steps } of await listed.json()) {
    let at = 0;
    for (const step of steps) module.set(bytes, (at += step));
  }
  return WebAssembly.compile(module);
}

// Resolves when the thread waits for work, or will not come; there are fewer then.
function startMember(module, memory) {
  return new Promise((done) => {
    const url = new URL("./worker_member.js", import.meta.url);
    const member = new Worker(url, { type: "module" });
    member.onmessage = done;
    member.onerror = (event) => {
      // It is one thread less, and told so: no error of the page.
      event.preventDefault();
      console.warn("A thread does not start:", event.message);
      done();
    };
    setTimeout(done, PATIENCE_MS);
    // The page listens for deaths under the name that it gave this worker.
    member.postMessage({ module, memory, deaths: self.name });
  });
}

let started = false;
try {
  started = await startFast();
} catch (error) {
  console.warn("The fast build does not run here:", error);
}
if (!started) {
  const glue = await import("./worker.js");
  const url = new URL("./worker_bg.wasm", import.meta.url);
  await glue.default({ module_or_path: STREAMS ? url : await compile(url) });
}
