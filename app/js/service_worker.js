// Keeps the files of the site, so that it works without a network, and adds the headers
// that isolate a page where the host does not send them. It keeps nothing else: models are
// in a storage of their own, and what is on other hosts does not come by here. Nor does what
// an answer could be different for: a query, a person who names herself, a part of a file.
//
// The build fills in what is between @ (xtask/src/complete_site.rs). Most names of files
// hold a hash of the contents, so files of several builds can be kept side by side; the
// page itself is asked for at every visit, and is the only thing that names the others.

const BUILD = "@build@";
const FILES = ["@files@"];

const PAGE = "./";
// Whoever hosts the site may edit this one.
const CATALOGUE = "models.json";
// How long a network may take to answer where the page is kept.
const PATIENCE_MS = 4000;

const SCOPE = self.registration.scope;
const OURS = `next-token-visualizer ${SCOPE} `;
const CACHE = OURS + BUILD;

// `require-corp` and not `credentialless`, which not all browsers know: all that the page
// fetches from other hosts, it fetches by CORS, to which both make no difference.
const ISOLATING = [
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-embedder-policy", "require-corp"],
];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The page says when it works and has nothing more to fetch.
self.addEventListener("message", (event) => {
  if (event.data?.keep === BUILD) event.waitUntil(keepAll());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const within = url.href.startsWith(SCOPE);
  const special = ["range", "authorization"].some((name) => request.headers.has(name));
  if (!within || request.method !== "GET" || special) return;
  const path = url.pathname.slice(new URL(SCOPE).pathname.length);
  if (request.mode === "navigate") {
    if (path === "" || path === "index.html") event.respondWith(page(request));
  } else if (url.search !== "") {
    return;
  } else if (path === CATALOGUE) {
    event.respondWith(newest(event));
  } else if (FILES.includes(path) || isNamedByContents(path)) {
    event.respondWith(file(event, path));
  }
});

// The page from the network, which knows of a newer build first; else the one that is kept.
async function page(request) {
  // A host that says nothing of how long a page is good would else be asked too seldom.
  const network = fetch(new Request(request, { cache: "no-cache" }));
  const answer = network.then(
    (response) => (response.status < 500 ? response : null),
    () => null,
  );
  const answered = await Promise.race([answer, sleep(PATIENCE_MS)]);
  return isolated(answered ?? (await kept(PAGE)) ?? (await network));
}

async function newest(event) {
  try {
    const response = await fetch(event.request, { cache: "no-cache" });
    if (isSound(response)) event.waitUntil(put(CATALOGUE, response.clone()));
    return isolated(response);
  } catch (error) {
    const found = await kept(CATALOGUE);
    if (found) return isolated(found);
    throw error;
  }
}

async function file(event, path) {
  const found = await kept(path);
  if (found) return isolated(found);
  const response = await fetch(event.request);
  // What the page has fetched need not be fetched again to be kept.
  const ours = FILES.includes(path) && isSound(response);
  if (ours) event.waitUntil(put(path, response.clone()));
  return isolated(response);
}

// Keeps what is still missing of this build, then lets go of earlier ones.
async function keepAll() {
  const cache = await caches.open(CACHE);
  for (const path of [...FILES.filter(isNeeded), CATALOGUE, PAGE]) {
    if (path !== PAGE && (await cache.match(address(path)))) continue;
    const before = isNamedByContents(path) && (await kept(path));
    if (before) {
      await store(cache, path, before);
      continue;
    }
    // The browser's own cache has what the page has just fetched; it asks whether the
    // contents of a name that can change are still the same.
    const freshness = isNamedByContents(path) ? "default" : "no-cache";
    const response = await fetch(address(path), { cache: freshness });
    // A host that keeps no list of models has none to be kept.
    if (path === CATALOGUE && !isSound(response)) continue;
    if (!isSound(response)) return;
    // Last of all the page, and only the one that names these very files.
    if (path === PAGE && !(await response.clone().text()).includes(BUILD)) return;
    await store(cache, path, response);
  }
  // A page of an earlier build in another tab may still need its files.
  if ((await self.clients.matchAll({ includeUncontrolled: true, type: "window" })).length > 1) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  }
}

// What is kept of a file, of this build or else of another.
async function kept(path) {
  const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  for (const name of [CACHE, ...names.reverse()]) {
    const found = await caches.match(address(path), { cacheName: name, ignoreVary: true });
    if (found) return found;
  }
  return null;
}

// Where there is no room, the next visit asks the network again.
async function put(path, response) {
  try {
    await store(await caches.open(CACHE), path, response);
  } catch (error) {
    console.warn(`${path} is not kept:`, error);
  }
}

// Puts a file into a cache once all of it is here: a network that stalls half-way would
// else keep everyone from what is kept.
async function store(cache, path, response) {
  const { status, statusText, headers } = response;
  const body = await response.blob();
  await cache.put(address(path), new Response(body, { status, statusText, headers }));
}

// A file as it should be: many hosts answer with a page, or send elsewhere, for what they
// do not have.
function isSound(response) {
  const type = response.headers.get("content-type") ?? "";
  const path = response.url.slice(SCOPE.length).split("?")[0];
  const isPage = path === "" || path === "index.html";
  if (response.redirected) return false;
  return response.ok && response.type === "basic" && (isPage || !type.startsWith("text/html"));
}

// Of the worker's two builds, the browser runs one; the other is kept if it is used.
function isNeeded(path) {
  const fast = /\/worker_(fast|member)/.test(path);
  const widest = /\/worker(_bg|_loader)?\.(js|wasm)$/.test(path);
  return path !== PAGE && !(RUNS_FAST ? widest : fast);
}

// Those of an earlier build, too, which a page in another tab may still ask for.
function isNamedByContents(path) {
  return /^[^/]+-[0-9a-f]{12,16}[^/]*(\/[^/]+)?\.(js|wasm|css|svg)$/.test(path);
}

function isolated(response) {
  // A redirect cannot be copied.
  if (response.type === "opaqueredirect" || response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of ISOLATING) if (!headers.has(name)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

function address(path) {
  return new URL(path, SCOPE).href;
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms, null));
}

// A module with one instruction of relaxed SIMD, as in worker_fast_loader.js.
const RUNS_FAST = WebAssembly.validate(new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b,
  0x03, 0x02, 0x01, 0x00, 0x0a, 0x13, 0x01, 0x11, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00,
  0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x93, 0x02, 0x0b,
]));
