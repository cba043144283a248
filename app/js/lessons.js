// Lessons that are made here or come by a link. `#lesson=` in the page's address has a whole lesson:
// base64url of the byte 1 and of its JSON as zlib (RFC 1950), as links of sessions have theirs. What
// comes in is handed to the program as a file of the device would be, which reads it with care. The
// editor is a file of its own, fetched when it is opened.
(() => {
  const KEY = "#lesson=";
  const FORM = 1;
  // What the program reads at most of a lesson's file.
  const MAX_BYTES = 100_000;
  const $ = (id) => document.getElementById(id);

  addEventListener("hashchange", follow);
  addEventListener("DOMContentLoaded", () => {
    follow();
    for (const id of ["lesson-make", "lesson-edit"]) $(id).addEventListener("click", edit);
    // Another lesson is not the one that is being made.
    $("lesson-close").addEventListener("click", () => previewed(false));
    $("lessons").addEventListener("click", ({ target }) => target.closest("[data-lesson]") && previewed(false));
  });

  async function edit() {
    try {
      const { open } = await import("./lesson_editor.js");
      open({ show: preview, link, MAX_BYTES });
    } catch {
      $("lesson-said").textContent = document.querySelector("#lesson-words [data-for=not_loaded]").textContent;
      $("lesson-editor").showPopover();
    }
  }

  function preview(text) {
    previewed(true);
    show(text);
  }

  function previewed(on) {
    document.documentElement.toggleAttribute("data-lesson-draft", on);
  }

  async function follow() {
    if (!location.hash.startsWith(KEY)) return;
    const packed = location.hash.slice(KEY.length);
    history.replaceState(history.state, "", location.pathname + location.search);
    show(await unpacked(packed).catch(() => "damaged"));
  }

  // Gives a text to the program. Before that listens, the file stays in the field.
  function show(text) {
    const field = $("session-file");
    const files = new DataTransfer();
    files.items.add(new File([text], "lesson.json", { type: "application/json" }));
    const give = () => {
      field.files = files.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      if (field.value !== "") setTimeout(give, 100);
    };
    give();
  }

  async function link(text) {
    const bytes = await through(new CompressionStream("deflate"), new TextEncoder().encode(text), Infinity);
    const packed = String.fromCharCode(FORM, ...bytes);
    const letters = btoa(packed).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return new URL(location.pathname + KEY + letters, location.href).href;
  }

  async function unpacked(letters) {
    if (letters.length > 2 * MAX_BYTES) throw new RangeError("it is too long");
    const packed = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
    const [form, ...bytes] = [...packed].map((letter) => letter.charCodeAt(0));
    if (form !== FORM) throw new TypeError("it is of another form");
    const text = await through(new DecompressionStream("deflate"), new Uint8Array(bytes), MAX_BYTES);
    // The program opens sessions by that way, too; under this name they have not been asked for.
    const lesson = JSON.parse(new TextDecoder().decode(text));
    if (!Array.isArray(lesson.choices)) throw new TypeError("it is no lesson");
    return JSON.stringify(lesson);
  }

  // The bytes as a stream changes them, of which there may be so many.
  async function through(stream, bytes, most) {
    const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
    let [parts, size] = [[], 0];
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      parts.push(read.value);
      size += read.value.length;
      if (size > most) throw new RangeError("it is too long");
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }
})();
