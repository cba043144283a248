// Keeps the files of the site, so that it works without a network, and adds the headers that
// isolate a page where the host does not send them. It keeps nothing else: models are in another
// storage, and requests to other hosts are left alone. So are requests whose answers can differ:
// with a query, with credentials, or for a part of a file.
//
// The build fills in what is between @ (xtask/src/complete_site.rs). Most file names contain a
// hash of the contents, so files of several builds can be kept side by side. The page, which
// names the others, is requested at every visit.

const BUILD = "@build@";
const FILES = ["@files@"];

const PAGE = "./";
// The host of the site may edit this file.
const CATALOGUE = "models.json";
// How long the network may take to answer if the page is kept.
const PATIENCE_MS = 4000;

const SCOPE = self.registration.scope;
const OURS = `next-token-visualizer ${SCOPE} `;
const CACHE = OURS + BUILD;

// `require-corp` rather than `credentialless`, which not all browsers know. The page fetches
// from other hosts by CORS only, for which both are the same.
const ISOLATING = [
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-embedder-policy", "require-corp"],
];

self.addEventListener("install", () => self.skipWaiting());
// Firefox (140) never runs a worker that a page starts after it was claimed, and tells no error:
// there, a page is served from here from its next load on.
const CLAIMS = !navigator.userAgent.includes("Firefox/");
self.addEventListener("activate", (event) => {
  if (CLAIMS) event.waitUntil(self.clients.claim());
});

// The page sends this once it works and has nothing more to fetch.
self.addEventListener("message", (event) => {
  const { keep, language } = event.data ?? {};
  if (keep === BUILD) event.waitUntil(keepAll(language));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const within = url.href.startsWith(SCOPE);
  const special = ["range", "authorization"].some((name) => request.headers.has(name));
  if (!within || request.method !== "GET" || special) return;
  const path = url.pathname.slice(new URL(SCOPE).pathname.length);
  if (request.mode === "navigate") {
    if (path === "" || path === "index.html") event.respondWith(respondWithPage(request));
  } else if (url.search !== "") {
    return;
  } else if (path === CATALOGUE) {
    event.respondWith(respondWithNewest(event));
  } else if (FILES.includes(path) || isNamedByContents(path)) {
    event.respondWith(respondWithFile(event, path));
  }
});

// The page from the network, which has a newer build first, otherwise the kept one.
async function respondWithPage(request) {
  // Without this, a host that sends no cache headers would be asked too rarely.
  const network = fetch(new Request(request, { cache: "no-cache" }));
  const answer = network.then(
    (response) => (response.status < 500 ? response : null),
    () => null,
  );
  const answered = await Promise.race([answer, sleep(PATIENCE_MS)]);
  return withIsolation(answered ?? (await cached(PAGE)) ?? (await network));
}

async function respondWithNewest(event) {
  try {
    const response = await fetch(event.request, { cache: "no-cache" });
    if (isFileItself(response)) event.waitUntil(storeIfRoom(CATALOGUE, response.clone()));
    return withIsolation(response);
  } catch (error) {
    const found = await cached(CATALOGUE);
    if (found) return withIsolation(found);
    throw error;
  }
}

async function respondWithFile(event, path) {
  const found = await cached(path);
  if (found) return withIsolation(found);
  const response = await fetch(event.request);
  // A file that the page has fetched is kept without another request.
  const ours = FILES.includes(path) && isFileItself(response);
  if (ours) event.waitUntil(storeIfRoom(path, response.clone()));
  return withIsolation(response);
}

// Keeps the missing files of this build, then removes earlier builds.
async function keepAll(language) {
  const cache = await caches.open(CACHE);
  const needed = FILES.filter((path) => isNeeded(path, language));
  for (const path of [...needed, CATALOGUE, PAGE]) {
    if (path !== PAGE && (await cache.match(address(path)))) continue;
    const before = isNamedByContents(path) && (await cached(path));
    if (before) {
      await store(cache, path, before);
      continue;
    }
    // The browser's own cache has the files that the page has just fetched. Files whose names
    // do not change with their contents are checked again.
    const freshness = isNamedByContents(path) ? "default" : "no-cache";
    const response = await fetch(address(path), { cache: freshness });
    // A host need not have a list of models.
    if (path === CATALOGUE && !isFileItself(response)) continue;
    if (!isFileItself(response)) return;
    // The page comes last, and only if it names the files of this build.
    if (path === PAGE && !(await response.clone().text()).includes(BUILD)) return;
    await store(cache, path, response);
  }
  // A page of an earlier build in another tab may still need its files.
  if ((await self.clients.matchAll({ includeUncontrolled: true, type: "window" })).length > 1) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  }
}

// The kept response for a file, of this build or otherwise of another.
async function cached(path) {
  const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  for (const name of [CACHE, ...names.reverse()]) {
    const found = await caches.match(address(path), { cacheName: name, ignoreVary: true });
    if (found) return found;
  }
  return null;
}

// Keeps a file if there is room. Otherwise the next visit asks the network again.
async function storeIfRoom(path, response) {
  try {
    await store(await caches.open(CACHE), path, response);
  } catch (error) {
    console.warn(`${path} is not kept:`, error);
  }
}

// Puts a file into a cache once it is complete: a network that stalls half-way would otherwise
// block the cache.
async function store(cache, path, response) {
  const { status, statusText, headers } = response;
  const body = await response.blob();
  await cache.put(address(path), new Response(body, { status, statusText, headers }));
}

// Whether a response is the file itself. Many hosts answer with a page or a redirect for files
// that they do not have.
function isFileItself(response) {
  const type = response.headers.get("content-type") ?? "";
  const path = response.url.slice(SCOPE.length).split("?")[0];
  const isPage = path === "" || path === "index.html";
  if (response.redirected) return false;
  return response.ok && response.type === "basic" && (isPage || !type.startsWith("text/html"));
}

// The page has one language, and is isolated once it comes from here, so that it runs the worker's
// fastest build. What else it needs, on a device without memory for that, is kept when it is used.
function isNeeded(path, language) {
  // A picture for links, and the page of a class, which needs its server anyway.
  if (path === "installed/card.png" || /^class(_player)?\./.test(path)) return false;
  const table = path.match(/^languages-[0-9a-f]+\/(.+)\.json$/);
  if (table) return table[1] === language;
  if (path.endsWith("/worker_fast_plain.json")) return !HAS_RELAXED_SIMD;
  const isWidest = /\/worker(_bg|_loader)?\.(js|wasm)$/.test(path);
  return path !== PAGE && !isWidest;
}

// Whether a name contains a hash of the contents, also a name of an earlier build, which a page
// in another tab may still request.
function isNamedByContents(path) {
  return /^[^/]+-[0-9a-f]{12,16}[^/]*(\/[^/]+)?\.(js|wasm|css|svg|json)$/.test(path);
}

function withIsolation(response) {
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
const HAS_RELAXED_SIMD = WebAssembly.validate(new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b,
  0x03, 0x02, 0x01, 0x00, 0x0a, 0x13, 0x01, 0x11, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00,
  0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x93, 0x02, 0x0b,
]));
