// The editor that makes a lesson of what is on screen. Its form is part of the page; the program has
// no part in it. What is written here stays in this browser until one starts over.

const KEPT = "next-token-visualizer.lesson";
const DRAFT = "next-token-visualizer.draft";
const VERSION = 1;
const [FEWEST, MOST] = [2, 8];
// What a lesson says in words.
const TEXTS = ["title", "prompt", "question", "reveal", "attempt"];
// What a lesson has of the page's knobs, as sessions have them.
const KNOBS = ["rows", "temperature", "top_k", "top_p", "min_p", "seed", "steps", "scale"];

const $ = (id) => document.getElementById(id);
const form = $("lesson-form");
const list = $("lesson-guesses");
let [page, loaded] = [null, {}];

// Opens the editor. `show` has the page open a lesson's text, `link` makes a link of one.
export function open(by) {
  if (!page) begin();
  page = by;
  if (form.elements.prompt.value === "") form.elements.prompt.value = $("prompt").value;
  form.elements.tool.disabled = !openTool() && !loaded.tool;
  $("lesson-said").textContent = "";
  $("lesson-editor").showPopover();
}

function begin() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = lesson();
    if (!text) return;
    $("lesson-editor").hidePopover();
    page.show(text);
  });
  form.addEventListener("input", keep);
  for (const name of ["sampler", "tool"]) {
    // Whoever ticks a box means what is on screen now, whatever a file had.
    const member = name === "sampler" ? "knobs" : "tool";
    form.elements[name].addEventListener("change", () => (loaded = { ...loaded, [member]: undefined }));
  }
  $("lesson-guess-more").addEventListener("click", () => add("").querySelector("[name=choice]").focus());
  $("lesson-save").addEventListener("click", save);
  $("lesson-copy").addEventListener("click", copy);
  $("lesson-new").addEventListener("click", () => {
    fill({});
    form.elements.prompt.value = $("prompt").value;
    keep();
  });
  $("lesson-load").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    const text = await file?.text();
    target.value = "";
    const read = parsed(text ?? "");
    if (!read) return say("no_lesson");
    fill(read);
    keep();
  });
  let kept = null;
  try {
    kept = parsed(localStorage.getItem(KEPT) ?? "");
  } catch {
    // The browser keeps nothing.
  }
  // The sampler and the tool are those on screen again.
  fill(kept ?? {});
  loaded = { ...loaded, knobs: undefined, tool: undefined };
}

// A lesson, as far as it is one; null for anything else.
function parsed(text) {
  try {
    const read = JSON.parse(text);
    const are = (names, of) => names.every((name) => typeof read[name] === of);
    return are(TEXTS, "string") && Array.isArray(read.choices) && read.choices.every((choice) => typeof choice === "string") ? read : null;
  } catch {
    return null;
  }
}

function fill(read) {
  loaded = read;
  for (const name of TEXTS) form.elements[name].value = read[name] ?? "";
  form.elements.sampler.checked = Boolean(read.knobs);
  form.elements.tool.checked = Boolean(read.tool);
  const choices = (read.choices ?? []).slice(0, MOST);
  while (choices.length < FEWEST) choices.push("");
  list.replaceChildren();
  choices.forEach(add);
  const right = list.querySelectorAll("[name=answer]")[read.answer ?? 0];
  if (right) right.checked = true;
  $("lesson-said").textContent = "";
  count();
}

function add(text) {
  const item = $("lesson-guess-template").content.firstElementChild.cloneNode(true);
  item.querySelector("[name=choice]").value = text;
  item.querySelector("button").addEventListener("click", () => {
    const wasRight = item.querySelector("[name=answer]").checked;
    item.remove();
    if (wasRight) list.querySelector("[name=answer]").checked = true;
    count();
    keep();
    $("lesson-guess-more").focus();
  });
  list.append(item);
  count();
  return item;
}

// A lesson has two to eight guesses.
function count() {
  $("lesson-guess-more").disabled = list.childElementCount >= MOST;
  for (const button of list.querySelectorAll("button")) button.disabled = list.childElementCount <= FEWEST;
}

const openTool = () => document.querySelector(".tool-buttons [aria-expanded=true]")?.dataset.tool;

// The sampler on screen, of which the page keeps a draft; none where the browser keeps nothing.
function sampler() {
  try {
    const { knobs } = JSON.parse(sessionStorage.getItem(DRAFT));
    return Object.fromEntries(KNOBS.filter((name) => name in knobs).map((name) => [name, knobs[name]]));
  } catch {
    return undefined;
  }
}

// What is in the form, whether it is finished or not.
function written() {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, form.elements[name].value]));
  const choices = [...list.querySelectorAll("[name=choice]")].map((field) => field.value);
  const answer = [...list.querySelectorAll("[name=answer]")].findIndex((field) => field.checked);
  const made = { version: VERSION, ...texts, choices, answer: Math.max(answer, 0) };
  // What came from a file stays, unless there is something newer on screen.
  if (form.elements.sampler.checked) made.knobs = loaded.knobs ?? sampler();
  if (form.elements.tool.checked) made.tool = loaded.tool ?? openTool();
  if (loaded.translations && loaded.choices?.length === choices.length) made.translations = loaded.translations;
  return made;
}

// The text of the lesson's file; null if something is missing, which the browser shows.
function lesson() {
  if (!form.reportValidity()) return null;
  const text = JSON.stringify(written(), null, 2);
  if (new TextEncoder().encode(text).length <= page.MAX_BYTES) return text;
  say("too_long");
  return null;
}

function save() {
  const text = lesson();
  if (!text) return;
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  // A name that `?lesson=` takes.
  const name = form.elements.title.value.toLowerCase().normalize("NFD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  anchor.download = `${name || "lesson"}.json`;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}

async function copy() {
  const text = lesson();
  if (!text) return;
  try {
    await copyMade(page.link(JSON.stringify(JSON.parse(text))));
    say("copied");
  } catch {
    say("not_copied");
  }
}

// Copies a text that is still being made. Safari lets a page copy only while it handles a click, so
// the clipboard is given a promise; browsers that take none are given the text when it is there.
async function copyMade(text) {
  const media = "text/plain";
  try {
    const blob = text.then((text) => new Blob([text], { type: media }));
    await navigator.clipboard.write([new ClipboardItem({ [media]: blob })]);
  } catch {
    await navigator.clipboard.writeText(await text);
  }
}

function say(name) {
  $("lesson-said").textContent = document.querySelector(`#lesson-words [data-for=${name}]`).textContent;
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(written()));
  } catch {
    // It lasts as long as the page.
  }
}
