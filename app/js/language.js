// Chooses the page's language and translates what stands in its HTML, before the program is
// there; the program takes its own texts from here. English is in the page itself. The table of
// any other language is one file beside it, so only one travels.
//
// The build fills in which languages there are (xtask/src/site_languages.rs).
(() => {
  const root = document.documentElement;
  const meta = document.getElementById("languages");
  const CHOICE = "next-token-visualizer.language";
  // What a person reads or hears of an element besides its text.
  const ATTRIBUTES = ["title", "aria-label", "aria-description", "placeholder", "data-name"];
  const NOT_WORDS = "title, script, style, noscript, kbd, [translate=no]";
  // After this long, a page in English is better than none.
  const PATIENCE_MS = 2500;

  // Each as its code, its name in itself and, of some, "rtl".
  const entries = (meta?.content ?? "").split(";").filter(Boolean);
  const languages = new Map(entries.map((entry) => entry.split("=")).map(([code, ...of]) => [code, of]));
  let code = chosen();
  let words = {};
  let plural = new Intl.PluralRules(code);
  declare();

  const parsed = new Promise((resolve) => {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", resolve, { once: true });
    else resolve();
  });
  const loaded = code === "en" ? null : table();
  if (loaded) {
    root.dataset.language = "pending";
    setTimeout(() => delete root.dataset.language, PATIENCE_MS);
  }
  const ready = prepare();

  self.pageLanguage = {
    ready: () => ready,
    code: () => code,
    isRightToLeft: () => root.dir === "rtl",
    category: (n) => plural.select(n),
    word: (english) => words[english] ?? english,
  };

  async function prepare() {
    const found = await loaded;
    await parsed;
    if (found) {
      words = found.page;
      translate(root);
    } else if (code !== "en") {
      code = "en";
      plural = new Intl.PluralRules(code);
      declare();
    }
    offer();
    delete root.dataset.language;
    return found?.texts ?? JSON.parse(document.getElementById("english-texts").textContent);
  }

  // The language of the address, otherwise that which was chosen on the page, otherwise the
  // browser's first that is there.
  function chosen() {
    const asked = new URLSearchParams(location.search).get("lang");
    for (const tag of [asked, kept(), ...(navigator.languages ?? [])]) {
      const code = tag?.toLowerCase().split("-")[0];
      if (code === "en" || languages.has(code)) return code;
    }
    return "en";
  }

  function kept() {
    try {
      return localStorage.getItem(CHOICE);
    } catch {
      return null;
    }
  }

  function declare() {
    root.lang = code;
    root.dir = languages.get(code)?.[1] ?? "ltr";
  }

  async function table() {
    try {
      const response = await fetch(`${meta.dataset.folder}${code}.json`);
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  function translate(within) {
    for (const element of within.querySelectorAll("*")) {
      if (element.closest(NOT_WORDS)) continue;
      for (const name of ATTRIBUTES) {
        const word = words[element.getAttribute(name)];
        if (word) element.setAttribute(name, word);
      }
      if (element.localName === "template") translate(element.content);
      const text = words[textOf(element)];
      if (text) fill(element, text);
    }
  }

  // The text of an element, with {0}, {1} and so on for the elements in it; empty if it has
  // none of its own.
  function textOf(element) {
    let [text, count, own] = ["", 0, false];
    for (const node of element.childNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) text += `{${count++}}`;
      if (node.nodeType !== Node.TEXT_NODE) continue;
      text += node.data;
      own ||= node.data.trim() !== "";
    }
    return own ? text.replace(/\s+/g, " ").trim() : "";
  }

  // Puts a text into an element, with the elements that it has in their new places.
  function fill(element, text) {
    const inner = [...element.children];
    const parts = text.split(/\{(\d+)\}/);
    element.replaceChildren(...parts.map((part, i) => (i % 2 === 0 ? part : (inner[part] ?? ""))));
  }

  // The lists of languages on the page.
  function offer() {
    for (const select of document.querySelectorAll("select.languages")) {
      for (const [code, [name]] of languages) {
        const option = new Option(name, code);
        option.lang = code;
        select.add(option);
      }
      select.value = code;
      select.addEventListener("change", () => choose(select.value));
    }
  }

  // The page begins anew in a language; its text and its model come back as after any visit.
  function choose(code) {
    const url = new URL(location.href);
    url.searchParams.delete("lang");
    try {
      localStorage.setItem(CHOICE, code);
    } catch {
      url.searchParams.set("lang", code);
    }
    history.replaceState(history.state, "", url);
    location.reload();
  }
})();
