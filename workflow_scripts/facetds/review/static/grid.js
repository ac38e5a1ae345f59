// The first pass: pages of 30 faces, laid out as the 30 keys under the fingers. The key at a face's
// place marks it; Space takes the others as seen and turns the page.
import { seedOf } from "./labels.js";
import { change, savePlace, store } from "./store.js";
import { COLUMNS, describe, el, makeTile, PAGE, paint, ready, sheetOf } from "./tiles.js";

const CODES = [
  "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP",
  "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon",
  "KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash",
].join(" ").split(" ");
const PLAIN = "QWERTYUIOPASDFGHJKL;ZXCVBNM,./";

export function makeGrid(root, app) {
  const box = el("div", { class: "keys30", role: "listbox", tabindex: "0", "aria-multiselectable": "true", "aria-label": "30 faces" });
  const tiles = Array.from({ length: PAGE }, (_, place) => makeTile(`g${place}`));
  box.append(...tiles);
  root.append(box, el("p", { class: "help" },
    "Press the key of every face that is worth a closer look, then Space for the next 30. Backspace goes back, Shift and a key enlarges."));
  let page = 0, cursor = 0, anchor = 0, letters = [...PLAIN];
  navigator.keyboard?.getLayoutMap?.().then((map) => {
    letters = CODES.map((code, place) => (map.get(code) ?? PLAIN[place]).toUpperCase());
    if (!root.hidden) draw();
  }).catch(() => {});
  box.addEventListener("click", (event) => {
    const place = tiles.indexOf(event.target.closest(".tile"));
    if (place >= 0) { cursor = anchor = place; mark(place); }
  });

  const pages = () => Math.max(Math.ceil(store.order.length / PAGE), 1);
  const itemAt = (place) => store.order[page * PAGE + place];
  const selected = () => {
    const [low, high] = [Math.min(anchor, cursor), Math.max(anchor, cursor)];
    return tiles.map((_, place) => place).slice(low, high + 1).map(itemAt).filter((item) => item !== undefined);
  };

  function draw() {
    for (const [place, tile] of tiles.entries()) {
      const item = itemAt(place);
      tile.hidden = item === undefined;
      if (tile.hidden) continue;
      paint(tile.pic, store.order, page * PAGE + place);
      describe(tile, item, letters[place]);
    }
    point();
    const shown = page;
    ready(sheetOf(store.order, page)).then(() => { if (shown === page) root.dataset.painted = page; });
    for (const next of [page + 1, page + 2]) if (next < pages()) ready(sheetOf(store.order, next));
    app.where(`page ${page + 1} of ${pages().toLocaleString("en")}`);
  }

  function point() {
    const [low, high] = [Math.min(anchor, cursor), Math.max(anchor, cursor)];
    for (const [place, tile] of tiles.entries()) {
      tile.classList.toggle("cursor", place === cursor);
      tile.setAttribute("aria-selected", String(place >= low && place <= high));
    }
    box.setAttribute("aria-activedescendant", tiles[cursor].id);
  }

  function go(to) {
    page = Math.min(Math.max(to, 0), pages() - 1);
    cursor = anchor = 0;
    draw();
    place();
  }

  const place = () => savePlace({ view: "grid", item: itemAt(0) ?? null });

  function mark(at) {
    const item = itemAt(at);
    if (item === undefined) return;
    const label = store.labels.get(item) ?? "";
    if (label && label !== "passed" && label !== "marked") {
      app.notice(`Seed ${seedOf(item)} is labelled already (${label}); F4 shows it alone.`);
    } else change("grid", [[item, label === "marked" ? "passed" : "marked"]]);
  }

  function finish() {
    const left = tiles.map((_, at) => itemAt(at)).filter((item) => item !== undefined && !store.labels.get(item));
    change("grid", left.map((item) => [item, "passed"]));
    if (page + 1 < pages()) go(page + 1);
    else app.notice("This was the last page. F4 goes on with the marked faces.");
  }

  function move(by, extend) {
    const to = cursor + by;
    if (to >= 0 && to < PAGE && itemAt(to) !== undefined) cursor = to;
    if (!extend) anchor = cursor;
    point();
  }

  return {
    letters: CODES,
    jumpName: "page",
    show(item) {
      const at = store.order.indexOf(item);
      page = Math.max(Math.floor(at / PAGE), 0);
      if (at < 0) {
        const first = store.order.findIndex((other) => !store.labels.get(other));
        page = first < 0 ? 0 : Math.floor(first / PAGE);
      }
      cursor = anchor = 0;
      draw();
      box.focus();
    },
    draw,
    leave: () => {},
    update(items) {
      for (const [at, tile] of tiles.entries()) {
        const item = itemAt(at);
        if (item !== undefined && (!items || items.includes(item))) describe(tile, item, letters[at]);
      }
    },
    item: () => itemAt(cursor),
    selected,
    jump: (number) => go(number - 1),
    key(event) {
      const at = CODES.indexOf(event.code);
      if (at >= 0) {
        if (event.shiftKey) app.zoom(itemAt(at));
        else { cursor = anchor = at; mark(at); point(); }
        return true;
      }
      const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };
      if (event.code in moves) move(moves[event.code], event.shiftKey);
      else if (event.code === "Space") finish();
      else if (event.code === "Backspace" || event.code === "PageUp") go(page - 1);
      else if (event.code === "PageDown") go(page + 1);
      else if (event.code === "Home") go(0);
      else if (event.code === "End") go(pages() - 1);
      else if (event.code === "Enter") app.open("faces", itemAt(cursor));
      else return false;
      return true;
    },
  };
}
