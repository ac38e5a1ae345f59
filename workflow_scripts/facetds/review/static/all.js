// All seeds in one scrolled grid. Only the rows in sight exist, so 30,000 seeds cost as much as 300.
import { seedOf, toggle } from "./labels.js";
import { change, savePlace, store } from "./store.js";
import { describe, el, makeTile, paint, ready, sheetOf, PAGE } from "./tiles.js";

const GAP = 4, CAPTION = 24;
// The larger the window, the larger the tiles: it never shows more than these, nor needs more nodes.
const COLUMNS = 12, ROWS = 8;

export function makeAll(root, app, filter) {
  const space = el("div", { class: "space" });
  const box = el("div", { class: "scroll", role: "listbox", tabindex: "0", "aria-multiselectable": "true", "aria-label": "All seeds" }, space);
  root.append(box);
  const tiles = new Map(), spare = [];
  let items = [], cursor = 0, anchor = 0, columns = 1, side = 100, step = 124, chosen = new Set();
  box.addEventListener("scroll", () => requestAnimationFrame(draw));
  new ResizeObserver(() => { if (!root.hidden) draw(); }).observe(box);
  box.addEventListener("click", (event) => {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    cursor = tile.index;
    if (event.ctrlKey) flip(cursor);
    else if (!event.shiftKey) { anchor = cursor; chosen.clear(); }
    draw();
  });

  const inRange = (index) => index >= Math.min(anchor, cursor) && index <= Math.max(anchor, cursor);
  const isChosen = (index) => chosen.has(index) || inRange(index);

  function flip(index) {
    if (chosen.has(index)) chosen.delete(index);
    else chosen.add(index);
    anchor = cursor;
  }

  function fit() {
    const wide = Math.floor(box.clientWidth / COLUMNS) - GAP;
    side = Math.max(100, wide, Math.floor(box.clientHeight / ROWS) - CAPTION);
    step = side + CAPTION;
    columns = Math.max(Math.floor(box.clientWidth / (side + GAP)), 1);
    space.style.setProperty("--side", `${side}px`);
    space.style.height = `${Math.ceil(items.length / columns) * step}px`;
  }

  function draw() {
    fit();
    const top = Math.max(Math.floor(box.scrollTop / step) - 1, 0);
    const rows = Math.ceil(box.clientHeight / step) + 2;
    const first = top * columns;
    const last = Math.min(first + rows * columns, items.length);
    for (const [index, tile] of tiles) {
      if (index < first || index >= last) { tiles.delete(index); spare.push(tile); tile.hidden = true; }
    }
    for (let index = first; index < last; index += 1) show(index);
    const current = tiles.get(cursor);
    if (current) box.setAttribute("aria-activedescendant", current.id);
    else box.removeAttribute("aria-activedescendant");
    const url = items.length ? sheetOf(items, Math.floor(first / PAGE)) : null;
    if (url) ready(url).then(() => { root.dataset.painted = first; });
    app.where(`${items.length.toLocaleString("en")} seeds, ${countChosen()} chosen`);
  }

  function show(index) {
    let tile = tiles.get(index);
    if (!tile) {
      tile = spare.pop() ?? space.appendChild(makeTile(`a${tiles.size + spare.length}`));
      tiles.set(index, tile);
      tile.index = index;
      tile.hidden = false;
      paint(tile.pic, items, index);
    }
    tile.style.transform = `translate(${(index % columns) * (side + GAP)}px, ${Math.floor(index / columns) * step}px)`;
    describe(tile, items[index], String(seedOf(items[index])));
    tile.classList.toggle("cursor", index === cursor);
    tile.setAttribute("aria-selected", String(isChosen(index)));
  }

  const countChosen = () => selected().length;
  function selected() {
    const [low, high] = [Math.min(anchor, cursor), Math.max(anchor, cursor)];
    const all = new Set(chosen);
    for (let index = low; index <= high && index < items.length; index += 1) all.add(index);
    return [...all].sort((a, b) => a - b).map((index) => items[index]);
  }

  function move(to, extend) {
    if (!items.length) return;
    cursor = Math.min(Math.max(to, 0), items.length - 1);
    if (!extend) { anchor = cursor; chosen.clear(); }
    const y = Math.floor(cursor / columns) * step;
    if (y < box.scrollTop) box.scrollTop = y;
    else if (y + step > box.scrollTop + box.clientHeight) box.scrollTop = y + step - box.clientHeight;
    draw();
    savePlace({ view: "all", item: items[cursor] });
  }

  return {
    jumpName: "seed",
    show(wanted) {
      items = store.order.filter(filter());
      for (const [index, tile] of tiles) { tiles.delete(index); spare.push(tile); tile.hidden = true; }
      chosen.clear();
      const at = items.indexOf(wanted);
      cursor = anchor = Math.max(at, 0);
      fit();
      box.scrollTop = at > 0 ? Math.floor(at / columns) * step : 0;
      draw();
      box.focus();
    },
    draw,
    update(changed) {
      const some = changed && new Set(changed);
      for (const [index, tile] of tiles) {
        if (!some || some.has(items[index])) describe(tile, items[index], String(seedOf(items[index])));
      }
    },
    leave: () => {},
    item: () => items[cursor],
    selected,
    jump(number) {
      const to = items.findIndex((item) => seedOf(item) === number);
      if (to < 0) app.notice(`Seed ${number} is not among these; choose another filter.`);
      else move(to, false);
    },
    press(word) {
      const pairs = selected().map((item) => [item, toggle(store.labels.get(item) ?? "", word, store.aus, "passed")]);
      change("all", pairs);
    },
    mark() {
      change("all", selected().map((item) => [item, "marked"]));
    },
    key(event) {
      const rows = Math.max(Math.floor(box.clientHeight / step), 1) * columns;
      const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -rows, PageDown: rows };
      if (event.code in moves) move(cursor + moves[event.code], event.shiftKey);
      else if (event.code === "Home") move(0, event.shiftKey);
      else if (event.code === "End") move(items.length - 1, event.shiftKey);
      else if (event.code === "Space") { flip(cursor); draw(); }
      else if (event.code === "KeyA" && event.ctrlKey) { anchor = 0; cursor = items.length - 1; draw(); }
      else if (event.code === "Enter") app.open("faces", items[cursor]);
      else return false;
      return true;
    },
  };
}
