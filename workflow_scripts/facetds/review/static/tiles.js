// Small things that several views draw with: elements, and thumbnails cut from sheets of 30.
import { seedOf } from "./labels.js";
import { store } from "./store.js";

export const PAGE = 30;
export const COLUMNS = 10;

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export const picture = (kind, ...parts) => `/${kind}/${parts.join("/")}?v=${store.network.slice(0, 12)}`;

export function sheetOf(items, page) {
  return picture("sheet", items.slice(page * PAGE, (page + 1) * PAGE).map(seedOf).join(","));
}

// Resolves when a picture can be painted without a wait.
export async function ready(url) {
  const image = new Image();
  image.src = url;
  await image.decode().catch(() => {});
}

// Shows the item at `index` of `items` in an element, as a part of its sheet.
export function paint(element, items, index) {
  const page = Math.floor(index / PAGE);
  const count = Math.min(PAGE, items.length - page * PAGE);
  const rows = Math.ceil(count / COLUMNS);
  const place = index % PAGE;
  const row = Math.floor(place / COLUMNS);
  const style = element.style;
  style.backgroundImage = `url("${sheetOf(items, page)}")`;
  style.backgroundSize = `${100 * COLUMNS}% ${100 * rows}%`;
  style.backgroundPosition = `${(100 * (place % COLUMNS)) / (COLUMNS - 1)}% ${rows > 1 ? (100 * row) / (rows - 1) : 0}%`;
}

// A tile: the picture, the key that marks it, what is said of it, and what is suggested.
export function makeTile(id) {
  const tile = el("div", { class: "tile", role: "option", id, "aria-selected": "false" },
    el("div", { class: "pic" }), el("kbd"), el("span", { class: "said" }), el("span", { class: "hint" }));
  [tile.pic, tile.key, tile.said, tile.hint] = tile.children;
  return tile;
}

export function describe(tile, item, key = "") {
  const label = store.labels.get(item) ?? "";
  const state = !label ? "" : label === "marked" ? "marked" : label === "passed" ? "passed"
    : label === "reject" ? "reject" : label.endsWith("unsure") ? "unsure" : "kept";
  tile.dataset.state = state;
  tile.key.textContent = key;
  tile.said.textContent = short(label);
  const hint = store.showSuggestions ? hintOf(item) : "";
  tile.hint.textContent = hint;
  tile.setAttribute("aria-label", `seed ${seedOf(item)}, ${label || "nothing yet"}${hint ? `, suggested ${hint}` : ""}`);
}

const SIGNS = { marked: "✓", passed: "–", reject: "✗ reject" };

export function short(label) {
  if (label in SIGNS) return SIGNS[label];
  return label.replaceAll("AU", "").replace("unsure", "?").replace(/^(\d)/, "AU $1");
}

// Returns the suggested AUs of an item, such as "1 12?"; "" without a suggestion.
export function hintOf(item) {
  const chances = store.suggestions[seedOf(item)];
  if (!chances) return "";
  const named = store.aus.filter((_, number) => chances[number] >= 50).map((au) => au.slice(2));
  return named.length ? `${named.join(" ")}?` : "none?";
}
