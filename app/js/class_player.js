// The page of one who takes part in a class: it bets, and shows what came of it. It needs no model.
// What others typed is text, and is set as such. The server always tells the whole, so after a
// lost connection the page goes on as if nothing had been.
(() => {
  const $ = (id) => document.getElementById(id);
  const CHIPS = 10;
  const PLAYER = "next-token-visualizer.player";
  let [socket, code, view, chips, waits] = [null, "", null, [], 1000];
  // What was refused last, until something is taken.
  let [refusal, heard] = ["", false];
  // Behind the code of a link there may be a pass, which lets in where a token is wanted.
  const [linked, pass] = location.hash.slice(1).split(".");

  const translated = translate();
  $("code").value = decodeURIComponent(linked);
  $("join").addEventListener("submit", (event) => {
    event.preventDefault();
    code = $("code").value.trim();
    refusal = "";
    connect();
  });

  // What the page calls itself: the same for as long as its tab lives.
  function player() {
    let known = null;
    try {
      known = sessionStorage.getItem(PLAYER);
    } catch {
      known = self.player;
    }
    if (known) return known;
    const made = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
    try {
      sessionStorage.setItem(PLAYER, made);
    } catch {
      self.player = made;
    }
    return made;
  }

  function connect() {
    const url = new URL("api/class", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = url.search = "";
    if (pass) url.searchParams.set("pass", pass);
    const opened = new WebSocket(url);
    socket?.close();
    [socket, heard] = [opened, false];
    opened.onopen = () => say({ join: { code, player: player(), name: $("name").value } });
    opened.onmessage = ({ data }) => hear(JSON.parse(data));
    opened.onclose = () => {
      if (socket !== opened) return;
      socket = null;
      if (!view) {
        // Who was refused has seen why.
        if (!heard) $("said").textContent = word("unreachable");
        return;
      }
      $("said").textContent = word("lost");
      setTimeout(connect, waits);
      waits = Math.min(waits * 2, 10000);
    };
  }

  function say(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function hear({ view: told, refused }) {
    heard = true;
    if (refused) {
      refusal = word(refused.why) ?? refused.sentence;
      $("said").textContent = refusal;
      return;
    }
    if (!told) return;
    waits = 1000;
    const isNew = view?.round !== told.round;
    if (isNew) [chips, refusal] = [told.chips ?? told.rows.map(() => 0), ""];
    view = told;
    $("join").hidden = true;
    // A refusal is followed by how things stand, and stays until something is taken.
    $("said").textContent = refusal || (view.round === 0 ? word("waiting") : "");
    $("round").hidden = view.round === 0;
    if (isNew) build();
    show();
  }

  function build() {
    $("text").textContent = view.text;
    $("rows").replaceChildren(...view.rows.map((text, row) => {
      const item = $("row").content.firstElementChild.cloneNode(true);
      item.querySelector(".token").textContent = text ?? word("other");
      item.querySelector(".add").addEventListener("click", () => place(row, 1));
      item.querySelector(".take").addEventListener("click", () => place(row, -1));
      return item;
    }));
  }

  const left = () => CHIPS - chips.reduce((sum, n) => sum + n, 0);

  function place(row, by) {
    if (view.revealed || chips[row] + by < 0 || left() - by < 0) return;
    chips[row] += by;
    refusal = "";
    say({ bet: { round: view.round, chips } });
    show();
  }

  function show() {
    $("left").textContent = left();
    [...$("rows").children].forEach((item, row) => {
      item.toggleAttribute("data-drawn", view.revealed?.drawn === row);
      item.querySelector(".chips").textContent = "●".repeat(chips[row]);
      item.querySelector("i").style.width = `${100 * (view.revealed?.q[row] ?? 0)}%`;
      item.querySelector(".votes").textContent = view.votes ? `${word("votes")} ${view.votes[row]}` : "";
      for (const button of item.querySelectorAll("button")) button.disabled = view.revealed !== null;
    });
    $("scores").hidden = view.model.rounds === 0;
    $("mine").textContent = mean(view.score);
    $("model").textContent = mean(view.model);
    $("best").replaceChildren(...view.best.map(({ name, score }) => {
      const item = document.createElement("li");
      // The list keeps the page's direction, a name its own.
      const own = document.createElement("bdi");
      own.textContent = name;
      item.append(own, ` ${mean(score)}`);
      return item;
    }));
  }

  const mean = ({ rounds, bits }) => (rounds ? (bits / rounds).toFixed(2) : "–");

  function word(name) {
    return document.querySelector(`#words [data-for="${CSS.escape(name)}"]`)?.textContent;
  }

  // The words of the main page's language, whose table is beside it.
  async function translate() {
    try {
      const main = new DOMParser().parseFromString(await (await fetch("./")).text(), "text/html");
      const { content, dataset } = main.getElementById("languages");
      const known = new Map(content.split(";").map((entry) => entry.split("=")).map(([tag, ...of]) => [tag, of]));
      const asked = [new URLSearchParams(location.search).get("lang"), localStorage.getItem("next-token-visualizer.language"), ...navigator.languages];
      const tag = asked.map((tag) => tag?.toLowerCase().split("-")[0]).find((tag) => known.has(tag)) ?? "en";
      if (tag === "en") return;
      const { page } = await (await fetch(`${dataset.folder}${tag}.json`)).json();
      document.documentElement.lang = tag;
      document.documentElement.dir = known.get(tag)[1] ?? "ltr";
      for (const within of [document, $("row").content]) {
        for (const element of within.querySelectorAll("*")) {
          const [label, text] = [element.getAttribute("aria-label"), element.textContent];
          if (page[label]) element.setAttribute("aria-label", page[label]);
          if (element.childElementCount === 0 && page[text]) element.textContent = page[text];
        }
      }
    } catch {
      // The page stays in English.
    }
  }

  self.ready = translated;
})();
