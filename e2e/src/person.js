// A simulated person who acts at random on the page and reads what it shows. It runs before the
// page's own scripts, and `e2e::Person` calls it.
window.person = (() => {
  const faults = [];
  addEventListener("error", (event) => faults.push(`error: ${event.message}`));
  addEventListener("unhandledrejection", (event) =>
    faults.push(`unhandled rejection: ${event.reason}`));

  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element !== null && element.offsetParent !== null;
  const enabled = (element) =>
    shown(element) && !element.disabled && element.getAttribute("aria-disabled") !== "true";
  const state = () => document.documentElement.dataset.state;
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));

  // xorshift32 (Marsaglia, 2003): numbers that depend on the seed only.
  let seed = 1;
  const below = (end) => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % end;
  };
  const one = (list) => list[below(list.length)];

  const WORDS = ["Once", "upon", "a", "time", "the", "cat", "sat", "\n", "😀", "<b>", "and", "日本"];
  const words = (most) =>
    Array.from({ length: 1 + below(most) }, () => one(WORDS)).join(" ");

  // The texts that this person wrote, by their fields. They must not get lost.
  const written = {};
  const write = (selector, text) => {
    const field = find(selector);
    if (!shown(field)) return;
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    written[selector] = text;
  };
  const click = (element) => {
    if (!enabled(element)) return false;
    element.click();
    return true;
  };
  const slide = (selector, values) => {
    const input = find(selector);
    if (!shown(input)) return;
    input.value = one(values);
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const press = (key) => {
    const at = document.activeElement ?? document.body;
    at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    at.dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true }));
  };

  // The actions, with their weights.
  const ACTIONS = [
    [3, "types a prompt", () => write("#prompt", words(12))],
    [1, "types a long prompt", () => write("#prompt", words(400))],
    [5, "starts", () => click(find("#start"))],
    [8, "picks a row", () => click(one(all("#distribution [data-rank]").slice(0, 10)) ?? null)],
    [3, "takes the greedy token", () => click(find("#greedy"))],
    [3, "samples", () => click(find("#sample"))],
    [3, "undoes", () => click(find("#undo"))],
    [2, "redoes", () => click(find("#redo"))],
    [1, "resets", () => click(find("#reset"))],
    [3, "looks back", () => click(one(all("#strip [data-token-index]")) ?? null)],
    [2, "returns", () => click(find("#return"))],
    [2, "plays", () => click(find("#play"))],
    [2, "stops", () => click(find("#stop"))],
    [2, "opens a tool", () => click(one(all(".tool-buttons button").filter(shown)) ?? null)],
    [2, "verifies", () => click(find("#verify"))],
    [1, "stops verifying", () => click(find("#verify-stop"))],
    [2, "turns the temperature", () => slide("#temperature", [0, 0.3, 1, 2])],
    [1, "turns the rows", () => slide("#top-k", [1, 5, 10, 50])],
    [1, "turns top-k", () => slide("#sampler-top-k", [0, 1, 3, 40])],
    [1, "turns top-p", () => slide("#top-p", [0.1, 0.9, 1])],
    [1, "turns the seed", () => slide("#seed", [0, 7, 4294967295])],
    [2, "shows the explorer", () => click(find("#tab-explorer"))],
    [2, "shows the chat", () => click(find("#tab-chat"))],
    [3, "types a message", () => write("#chat-input", words(8))],
    [4, "sends", () => { if (click(find("#chat-send"))) delete written["#chat-input"]; }],
    [2, "stops the reply", () => {
      // A reply that is stopped before its first token returns its message to the box.
      if (click(find("#chat-stop"))) delete written["#chat-input"];
    }],
    [1, "shows tokens or text", () => click(find("#show-tokens"))],
    [3, "looks at a reply", () => click(one(all(".reply .tok")) ?? null)],
    [1, "presses Escape", () => press("Escape")],
    [2, "presses an arrow", () => press(one(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]))],
    [1, "opens the models", () => {
      const menu = find("#model-menu");
      if (!menu.matches(":popover-open")) menu.showPopover();
      click(find("#models-open"));
      press("Escape");
      find("#models")?.close();
    }],
    [1, "dismisses", () => click(find("#dismiss"))],
  ];
  const weighted = ACTIONS.flatMap(([weight, ...action]) => Array(weight).fill(action));

  // The rules that do not hold, as sentences.
  const wrongs = () => {
    const found = [...faults];
    for (const [selector, text] of Object.entries(written)) {
      const field = find(selector);
      const has = field?.value.replaceAll("\r\n", "\n");
      // A message that was not sent returns before what was typed since.
      if (!has?.endsWith(text)) found.push(`${selector} has ${JSON.stringify(has)} in place of ${JSON.stringify(text)}`);
    }
    // A result is of numbers that are on the page.
    if (find("#verified").textContent !== "" && all("#distribution [data-rank]").length === 0) {
      found.push("a verification of nothing is shown");
    }
    return found;
  };

  // What the page shows while nothing is under way.
  const seen = () => {
    const tokens = all("#strip [data-token-index]");
    const at = tokens.findIndex((token) => token.getAttribute("aria-current") === "true");
    const rows = all("#distribution [data-rank]").filter(shown);
    return {
      tab: document.documentElement.dataset.tab,
      model: find("#model-name").textContent,
      ids: tokens.map((token) => Number(token.dataset.id)),
      lookedAt: at < 0 ? null : at,
      title: find("#panel-title").textContent,
      rows: rows.map(({ dataset: d }) => ({ rank: Number(d.rank), id: Number(d.id), p: Number(d.p), q: Number(d.q) })),
      alert: shown(find("#error")) ? find("#error").textContent.trim() : null,
      progress: shown(find("#progress")) ? find("#status-text").textContent : null,
    };
  };

  const settled = async (ms) => {
    const end = performance.now() + ms;
    await frame();
    await frame();
    while (!["ready", "failed"].includes(state())) {
      if (performance.now() > end) return false;
      await frame();
    }
    return true;
  };

  // Whether a control does anything: something on the page changes or opens, or the focus moves.
  const answers = async (control) => {
    let changed = false;
    // A popover and a dialog that open need not change the document.
    const opened = new AbortController();
    document.addEventListener("toggle", () => { changed = true; }, { capture: true, signal: opened.signal });
    const before = document.activeElement;
    const observer = new MutationObserver(() => { changed = true; });
    observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    control.click();
    for (let frames = 0; frames < 60 && !changed && document.activeElement === before; frames++) await frame();
    observer.disconnect();
    opened.abort();
    return changed || document.activeElement !== before;
  };
  const isOn = (control) =>
    ["aria-selected", "aria-pressed"].some((name) => control.getAttribute(name) === "true");
  // Controls that change nothing on the page, or leave it.
  const QUIET = ["copy", "backend-native", "lesson-print", "class-start"];
  const dead = async () => {
    const offered = all("button").filter((button) =>
      enabled(button) && !isOn(button) && !QUIET.includes(button.id) && !button.closest("dialog"));
    const control = one(offered);
    if (control === undefined) return null;
    // What is written there is no longer the person's.
    const writes = ["example", "lesson", "inside-lesson", "open-past"];
    if (writes.includes(control.dataset.action)) delete written["#prompt"];
    if (/^chat-/.test(control.id)) delete written["#chat-input"];
    const name = control.id || control.dataset.action || control.className;
    return (await answers(control)) ? null : `the control ${name} does nothing`;
  };

  return {
    // Does this many actions, some of them at once, then waits for their end and reads the page.
    async act(start, actions, ms) {
      seed = (start * 2654435761 + 1) >>> 0 || 1;
      const done = [];
      for (let index = 0; index < actions; index++) {
        const [name, act] = one(weighted);
        done.push(name);
        act();
        if (below(3) > 0) await frame();
        if (below(4) === 0) await settled(500);
        const found = wrongs();
        if (found.length > 0) return { done, wrongs: found, seen: seen() };
      }
      // The person stops what would not end by itself.
      if (state() === "busy" && !shown(find("#chat-stop"))) {
        click(find("#tab-explorer"));
        await frame();
        await frame();
        click(find("#stop"));
      }
      const ended = await settled(ms);
      const found = wrongs();
      if (!ended) found.push(`it is still ${state()}: ${find("#status-text").textContent}`);
      const now = seen();
      const silent = ended ? await dead() : null;
      if (silent !== null) found.push(silent);
      await settled(ms);
      return { done, wrongs: found, seen: now };
    },
    // Forgets what was written, as after a visit.
    forget() { for (const key of Object.keys(written)) delete written[key]; },
    seen,
  };
})();
