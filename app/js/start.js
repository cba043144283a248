// Runs before the page is drawn. Threads need a page that is isolated from other sites, by
// headers that many hosts do not send; then the service worker adds them, and the page is
// loaded once more. Whatever of that is refused, the page works as it is.
(() => {
  const root = document.documentElement;
  const TRIED = "next-token-visualizer.isolation";
  // After this long, a person may be reading or have begun to type.
  const PATIENCE_MS = 4000;

  // Only a second load brings the headers, and only what cannot come again is tried.
  function canReload() {
    const workers = navigator.serviceWorker;
    // Within another page, it is that page which would have to be isolated. A page that
    // came through the service worker would be isolated if the browser were willing.
    if (!workers || window.top !== window || workers.controller) return false;
    try {
      return sessionStorage.getItem(TRIED) === null;
    } catch {
      return false;
    }
  }

  async function isolate() {
    let touched = false;
    const touch = () => (touched = true);
    const signs = ["input", "keydown", "pointerdown"];
    for (const sign of signs) addEventListener(sign, touch, { capture: true, once: true });
    const late = setTimeout(() => touch(stay()), PATIENCE_MS);
    await navigator.serviceWorker.register("./service-worker.js");
    await navigator.serviceWorker.ready;
    clearTimeout(late);
    if (touched) return stay();
    sessionStorage.setItem(TRIED, "1");
    location.reload();
  }

  function stay() {
    root.dataset.isolation = "none";
  }

  if (self.crossOriginIsolated) {
    root.dataset.isolation = "isolated";
  } else if (canReload()) {
    root.dataset.isolation = "pending";
    isolate().catch(stay);
  } else {
    stay();
  }
})();
