// A class that plays the game: this page asks, and shows what the others bet beside its own rows.
// It reads what the game shows and adds to it; the program has no part in it. The class is on the
// native server that the page comes from.
(() => {
  const KEPT = "next-token-visualizer.class";
  let [socket, room, asked, view, waits] = [null, null, "", null, 1000];
  // The link whose picture was asked for last.
  let pictured = "";
  // Why there is no class, once the person has asked for one.
  let why = null;
  const $ = (id) => document.getElementById(id);

  addEventListener("DOMContentLoaded", () => {
    $("class-start").addEventListener("click", () => {
      why = "no_server";
      connect();
    });
    const watch = new MutationObserver(tell);
    watch.observe($("guess-rows"), { subtree: true, childList: true, attributes: true, attributeFilter: ["data-text", "data-drawn"] });
    try {
      room = JSON.parse(sessionStorage.getItem(KEPT));
    } catch {
      room = null;
    }
    if (room) connect();
  });

  function connect() {
    const url = new URL("api/class", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = url.search = "";
    const opened = new WebSocket(url);
    socket = opened;
    // The pass is for the others.
    opened.onopen = () => say(room ? { teach: { code: room.code, key: room.key } } : { open: {} });
    opened.onmessage = ({ data }) => hear(JSON.parse(data));
    opened.onclose = () => {
      if (socket !== opened) return;
      socket = null;
      if (!view && why) refuse({ why });
      if (!room) return;
      setTimeout(connect, waits);
      waits = Math.min(waits * 2, 10000);
    };
  }

  function say(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function hear({ opened, picture, view: told, refused }) {
    if (opened) keep(opened);
    if (picture && picture.link === pictured) draw(picture.rows);
    if (refused) refuse(refused);
    if (refused && !view) {
      // A class of an earlier visit is over, or none can be opened.
      why = null;
      keep(null);
      socket?.close();
    }
    if (!told) return;
    waits = 1000;
    const first = view === null;
    view = told;
    $("class-refused").hidden = true;
    $("class-start").hidden = true;
    $("class-now").hidden = false;
    const link = new URL("class.html", location.href);
    link.search = "";
    link.hash = room.pass ? `${room.code}.${room.pass}` : room.code;
    $("class-link").href = $("class-link").textContent = link.href;
    if (pictured !== link.href) {
      pictured = link.href;
      say({ picture: { link: pictured } });
    }
    // Where the link has a pass, the code alone is of no use.
    $("class-code").textContent = room.pass ? "" : room.code;
    $("class-players").textContent = view.players;
    $("class-voted").textContent = view.voted;
    $("class-best").replaceChildren(...view.best.map(({ name, score }) => {
      const item = document.createElement("li");
      item.dir = "auto";
      item.textContent = `${name} ${(score.bits / score.rounds).toFixed(2)}`;
      return item;
    }));
    // After a lost connection, the round on screen may be the one that is asked already.
    if (first && view.round > 0) asked = key(view.text, view.rows);
    tell();
    votes();
  }

  // Says why something was not taken, in the page's language. What a class of an earlier visit
  // answers is of no interest.
  function refuse({ why: name, sentence }) {
    if (!view && !why) return;
    const said = document.querySelector(`#class-words [data-for="${CSS.escape(name)}"]`);
    $("class-refused").textContent = said?.textContent ?? sentence;
    $("class-refused").hidden = false;
  }

  function keep(opened) {
    room = opened && { code: opened.code, key: opened.key, pass: opened.pass };
    try {
      if (room) sessionStorage.setItem(KEPT, JSON.stringify(room));
      else sessionStorage.removeItem(KEPT);
    } catch {
      // A reload ends the class for this page.
    }
  }

  // A QR code: a cell is a square of four pixels, with the margin of four cells that readers need.
  // It is dark on light in every theme, for many of them need that, too.
  function draw(rows) {
    const canvas = $("class-picture");
    canvas.width = canvas.height = (rows.length + 8) * 4;
    const ink = canvas.getContext("2d");
    ink.fillStyle = "white";
    ink.fillRect(0, 0, canvas.width, canvas.height);
    ink.fillStyle = "black";
    rows.forEach((row, y) => [...row].forEach((cell, x) => {
      if (cell === "1") ink.fillRect((x + 4) * 4, (y + 4) * 4, 4, 4);
    }));
    canvas.hidden = false;
  }

  const items = () => [...$("guess-rows").children];
  const key = (text, rows) => JSON.stringify([text.slice(-500), rows]);

  // Asks what is on screen, and reveals it when it is.
  function tell() {
    if (!view) return;
    const text = $("guess-rows").dataset.text ?? "";
    const rows = items().map((item) => item.querySelector(".token").textContent);
    if (rows.length === 0) return;
    rows[rows.length - 1] = null;
    const drawn = items().findIndex((item) => "drawn" in item.dataset);
    const now = key(text, rows);
    if (now !== asked && drawn < 0) {
      asked = now;
      say({ ask: { text, rows } });
    } else if (now === asked && drawn >= 0 && !view.revealed) {
      // The page styles the bars first.
      requestAnimationFrame(() => {
        const q = items().map((item) => Number(getComputedStyle(item.querySelector(".share")).getPropertyValue("--share")));
        say({ reveal: { drawn, q: q.map((q) => Math.min(Math.max(q, 0), 1)) } });
      });
    }
    votes();
  }

  function votes() {
    const ofThis = view?.votes?.length === items().length ? view.votes : null;
    const all = Math.max(ofThis?.reduce((sum, n) => sum + n, 0) ?? 0, 1);
    items().forEach((item, row) => {
      const shown = item.querySelector(".votes");
      const said = ofThis ? String(ofThis[row]) : "";
      if (shown.textContent !== said) shown.textContent = said;
      shown.style.setProperty("--votes", ofThis ? ofThis[row] / all : 0);
    });
  }
})();
