// A thread of the fast build: shares the module and the memory of the worker, and waits
// inside of WebAssembly for work.
import init, { wait_for_work } from "./worker_fast.js";

self.onmessage = async ({ data: { module, memory, deaths } }) => {
  try {
    await init({ module_or_path: module, memory });
  } catch (error) {
    console.warn("A thread does not start:", error);
    self.postMessage("gone");
    return;
  }
  self.postMessage("waiting");
  try {
    wait_for_work();
  } catch (error) {
    // A trap. The worker may wait for this very thread and hears no one then: the page is
    // told without it.
    const message = `A thread of the engine ended: ${error?.message ?? error}.`;
    new BroadcastChannel(deaths).postMessage({ type: "died", message });
  }
};
