// Runs before the page is rendered. Threads need a page that is cross-origin isolated, by headers
// that many hosts do not send. The service worker adds them when the page is loaded again. If
// any of that is not possible, the page works as it is.
(() => {
  const root = document.documentElement;
  const TRIED = "next-token-visualizer.isolation";
  // After this long, the person may be reading or typing, so the page is not loaded again.
  const PATIENCE_MS = 4000;

  // Within another page, one region can stand alone. It begins with a click, and says how high it
  // is: `{ "next-token-visualizer": { height } }`, in pixels.
  const embed = new URLSearchParams(location.search).get("embed");
  if (["bars", "text", "lens", "game"].includes(embed)) {
    root.dataset.embed = embed;
    root.dataset.poster = "";
    // A click may come before the page's program does, which then begins at once.
    document.addEventListener("click", ({ target }) => {
      if (target.closest?.("#poster")) delete root.dataset.poster;
    });
    const say = () => {
      const height = Math.ceil(document.body.getBoundingClientRect().height);
      parent.postMessage({ "next-token-visualizer": { height } }, "*");
    };
    const watch = () => new ResizeObserver(say).observe(document.body);
    addEventListener("DOMContentLoaded", watch, { once: true });
  }

  // Whether loading again can isolate the page. It is tried once in a tab.
  function canReload() {
    const workers = navigator.serviceWorker;
    // Within another page, that page would have to be isolated. A page that came through the
    // service worker has the headers already.
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
