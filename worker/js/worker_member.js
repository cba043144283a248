// A thread of the fast build: shares the module and the memory of the worker, and waits
// inside of WebAssembly for work.
import init, { wait_for_work } from "./worker_fast.js";

self.onmessage = async ({ data: { module, memory } }) => {
  await init({ module_or_path: module, memory });
  self.postMessage("waiting");
  wait_for_work();
};
