// Projector mode: large type, light, without ids, with a large pointer, and one panel at a time
// over the full screen, or a lesson on paper. `?projector` in the address switches it on for this visit; the box in the
// help does for later visits, too. It changes nothing but how the page looks, so the program has
// no part in it.
(() => {
  const root = document.documentElement;
  const CHOICE = "next-token-visualizer.projector";

  show(new URLSearchParams(location.search).has("projector") || kept());
  addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("projector");
    box.checked = "projector" in root.dataset;
    box.addEventListener("change", () => {
      show(box.checked);
      keep(box.checked);
    });
  });

  addEventListener("click", (event) => {
    // The styles make a sheet of an open lesson.
    if (event.target.closest?.("#lesson-print")) print();
    const button = event.target.closest?.("[data-full-screen]");
    if (!button) return;
    if (document.fullscreenElement) document.exitFullscreen();
    // Without full screen, as on some phones, nothing happens.
    else button.closest(button.dataset.fullScreen)?.requestFullscreen?.().catch(() => {});
  });

  function show(on) {
    if (on) root.dataset.projector = "";
    else delete root.dataset.projector;
  }

  function kept() {
    try {
      return localStorage.getItem(CHOICE) !== null;
    } catch {
      return false;
    }
  }

  function keep(on) {
    try {
      if (on) localStorage.setItem(CHOICE, "on");
      else localStorage.removeItem(CHOICE);
    } catch {
      // The next visit begins without it.
    }
  }
})();
