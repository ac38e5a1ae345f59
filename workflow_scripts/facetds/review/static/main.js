// The page: starts the views, gives keys to the one in sight, and keeps the head of the page true.
import { makeAll } from "./all.js";
import { makeBoard } from "./board.js";
import { makeFaces, secondPass } from "./faces.js";
import { makeGrid } from "./grid.js";
import { keeps, makeFilters, seedOf, toggle } from "./labels.js";
import { askPublish, showGuide, showKeys, zoom } from "./panels.js";
import { catchUp, change, load, loadDisputes, onChange, reorder, step, store } from "./store.js";
import { el } from "./tiles.js";

const byId = (id) => document.getElementById(id);
const VIEWS = { F2: "grid", F4: "faces", F8: "all", F9: "board" };
const WORDS = { KeyN: "neutral", KeyX: "reject", KeyU: "unsure", Digit7: "neutral", Digit8: "reject", Digit9: "unsure" };
const views = {};
let view = "grid", filters = [], filter = () => true;

const app = {
  where: (words) => { byId("where").textContent = words; },
  notice: (words) => { byId("notice").textContent = words; },
  zoom,
  open,
};

// Letters are faces in the grid; these keys do the same in every view.
const COMMANDS = [
  ["Backquote", "KeyH", "guide", "` or H", "guide to the Action Units"],
  ["Minus", "KeyS", "strip", "- or S", "the seed along the directions (one face)"],
  ["Backslash", "KeyZ", "zoom", "\\ or Z", "enlarge"],
  ["Equal", "KeyG", "jump", "= or G", "go to a page or seed"],
  ["Quote", "KeyF", "filter", "' or F", "choose what is shown"],
  ["BracketRight", "KeyT", "suggest", "] or T", "show or hide suggestions"],
  ["BracketLeft", "KeyP", "publish", "[ or P", "publish"],
];
const ACTIONS = {
  undo: () => step("undo", viewName()),
  redo: () => step("redo", viewName()),
  guide: () => press("guide", showGuide()),
  keys: () => showKeys(listKeys()),
  publish: askPublish,
  strip: () => (views[view].strip ? views[view].strip() : open("faces", views[view].item(), "strip")),
  zoom: () => zoom(views[view].item()),
  jump: () => byId("jump").focus(),
  filter: () => byId("filter").focus(),
  suggest() {
    store.showSuggestions = !store.showSuggestions;
    press("suggest", store.showSuggestions);
    views[view].update(null);
  },
};

const viewName = () => (view === "board" ? "adjudicate" : view);
const press = (name, on) => document.querySelector(`[data-do=${name}]`).setAttribute("aria-pressed", String(on));

function listKeys() {
  return [
    ["F2 F4 F8 F9", "grid, faces, all, reviewers"],
    ["30 letter keys", "grid: mark the face at the key's place (with Shift: enlarge it)"],
    ["Space", "grid: the page is done; one face: next; all: choose one more"],
    ["Enter Backspace", "next and previous face; grid: open the face, previous page"],
    ["arrows", "move; with Shift choose several (grid, all); Ctrl+A all"],
    ["1 to 6", `AUs: ${store.aus.join(", ")}`],
    ["7 or N", "neutral"], ["8 or X", "reject"], ["9 or U", "unsure"],
    ["A", "take the suggestion"], ["0 or M", "mark for the second pass (all)"],
    ["Ctrl+Z Ctrl+Shift+Z", "undo, redo"],
    ...COMMANDS.map(([, , , keys, what]) => [keys, what]),
    ["F1", "these keys"],
  ];
}

async function open(name, item, then) {
  views[view].leave();
  if (["faces", "all"].includes(name) && name !== view) pickFilter(name === "faces" ? "review" : "all");
  view = name;
  for (const other of Object.values(VIEWS)) {
    byId(other).hidden = other !== name;
    const button = document.querySelector(`nav [data-view=${other}]`);
    if (other === name) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  byId("filterbox").hidden = !["faces", "all"].includes(name);
  byId("jumpwhat").textContent = views[name].jumpName;
  app.notice("");
  if (name === "faces" && item !== undefined && !filter(item)) pickFilter("all");
  await views[name].show(item);
  if (then) views[name][then]();
  document.body.dataset.view = name;
}

// Faces goes on with the first that is not labelled, the other views with the face in sight.
const turn = (name) => open(name, name === "faces" ? undefined : views[view].item());

function pickFilter(name) {
  byId("filter").value = name;
  filter = filters.find(([id]) => id === name)[2];
}

function labelKey(event) {
  const current = views[view];
  const number = /^(?:Digit|Numpad)([1-6])$/.exec(event.code)?.[1];
  const letter = event.code.startsWith("Key");
  if (view === "grid" && letter) return false;
  const word = number ? store.aus[number - 1] : WORDS[event.code];
  if (word) {
    if (current.press) current.press(word);
    else {
      const empty = "marked";
      change(view, current.selected().map((item) => [item, toggle(store.labels.get(item) ?? "", word, store.aus, empty)]));
    }
    return true;
  }
  if (event.code === "Digit0" || event.code === "KeyM") {
    if (current.mark) current.mark();
    return Boolean(current.mark);
  }
  if (event.code === "KeyA" && current.accept) { current.accept(); return true; }
  return false;
}

function onKey(event) {
  if (event.altKey || event.metaKey || event.isComposing) return;
  if (event.code === "F1") { event.preventDefault(); return ACTIONS.keys(); }
  if (document.querySelector("dialog[open]")) {
    if (byId("zoom").open && ["KeyZ", "Backslash"].includes(event.code)) byId("zoom").close();
    return;
  }
  const typing = ["INPUT", "SELECT"].includes(event.target.tagName);
  if (typing) {
    if (event.code === "Escape") views[view].show(views[view].item());
    return;
  }
  if (handle(event)) event.preventDefault();
}

function handle(event) {
  if (event.code in VIEWS) { turn(VIEWS[event.code]); return true; }
  if (event.ctrlKey && ["KeyZ", "KeyY"].includes(event.code)) {
    ACTIONS[event.code === "KeyY" || event.shiftKey ? "redo" : "undo"]();
    return true;
  }
  if (event.ctrlKey) return views[view].key(event);
  if (labelKey(event) || views[view].key(event)) return true;
  const command = COMMANDS.find(([everywhere, letter]) =>
    event.code === everywhere || (view !== "grid" && event.code === letter));
  if (command) ACTIONS[command[2]]();
  return Boolean(command);
}

let counting = 0;
function count() {
  clearTimeout(counting);
  counting = setTimeout(() => {
    let seen = 0, marked = 0, kept = 0, rejected = 0;
    const aus = new Map(store.aus.map((au) => [au, 0]));
    for (const label of store.labels.values()) {
      seen += 1;
      if (label === "marked") marked += 1;
      else if (label === "reject") rejected += 1;
      else if (keeps(label)) {
        kept += 1;
        for (const word of label.split(" ")) if (aus.has(word)) aus.set(word, aus.get(word) + 1);
      }
    }
    const total = store.order.length;
    byId("done").value = total ? seen / total : 0;
    const each = [...aus].map(([au, number]) => `${au} ${number}`).join(", ");
    byId("counts").textContent = `${seen.toLocaleString("en")} of ${total.toLocaleString("en")} seen, ${marked} to label, ${kept} kept (${each}), ${rejected} rejected`;
    byId("rate").textContent = rates(total - seen, marked);
  }, 60);
}

function rates(unseen, marked) {
  const rate = (name) => {
    const [items, seconds] = store.paces?.[name] ?? [0, 0];
    return seconds >= 10 && items ? items / seconds : null;
  };
  const [grid, faces] = [rate("grid"), rate("faces")];
  const words = [["grid", grid], ["faces", faces]].filter(([, r]) => r).map(([name, r]) => `${name} ${Math.round(60 * r)} a minute`);
  const left = (unseen && unseen / grid) + (marked && marked / faces);
  // Without a rate yet (null), this is infinite: no guess is better than a wrong one.
  if (words.length && Number.isFinite(left)) words.push(left < 60 ? "under a minute left" : `${time(left)} left`);
  return words.join(", ");
}

const time = (seconds) => (seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);

function onSaving(why) {
  const saved = byId("saved");
  saved.dataset.state = store.saving;
  saved.textContent = {
    saved: "All saved",
    saving: "Saving",
    waiting: `Not saved: ${store.queue.length} actions wait, as ${why}. Keep this page open and start the review again.`,
  }[store.saving];
  if (store.saving === "saved") count();
}

function fill(select, pairs, chosen) {
  select.replaceChildren(...pairs.map(([value, words]) => el("option", { value }, words)));
  select.value = chosen;
}

async function start() {
  await load();
  filters = makeFilters(store.aus, store);
  fill(byId("filter"), filters, "all");
  fill(byId("order"), store.orders.map((name) => [name, name]), store.orderName);
  views.grid = makeGrid(byId("grid"), app);
  views.faces = makeFaces(byId("faces"), app, {
    view: "faces", labels: () => store.labels, queue: secondPass(() => filter), votes: () => [],
    empty: "No face is shown. Mark some in the grid (F2) first, or choose another filter.",
  });
  views.all = makeAll(byId("all"), app, () => filter);
  views.board = makeBoard(byId("board"), app);
  if (store.blind || !Object.keys(store.suggestions).length) {
    store.showSuggestions = false;
    document.querySelector("[data-do=suggest]").hidden = true;
  }
  if (store.blind) document.querySelector("[data-do=publish]").hidden = true;
  listen();
  const place = store.place ?? { view: "grid" };
  const known = Object.values(VIEWS).includes(place.view) ? place.view : "grid";
  await open(known, place.item ?? undefined);
  onSaving("");
  if (store.notes.length) app.notice(store.notes.join(" "));
  document.body.dataset.started = "1";
}

function listen() {
  onChange((what, ...details) => {
    if (what === "labels") { views[view].update(details[0]); count(); }
    else if (what === "saving") onSaving(details[0]);
    else if (what === "notice") app.notice(details[0]);
    else if (what === "stepped") onStep(...details);
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) catchUp(); });
  addEventListener("beforeunload", (event) => { if (store.queue.length) event.preventDefault(); });
  for (const button of document.querySelectorAll("nav [data-view]")) {
    button.addEventListener("click", () => turn(button.dataset.view));
  }
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => ACTIONS[button.dataset.do]());
  }
  byId("order").addEventListener("change", async (event) => {
    await reorder(event.target.value);
    await views[view].show(undefined);
  });
  byId("filter").addEventListener("change", async (event) => {
    const item = views[view].item();
    const name = event.target.value;
    if (name === "disputed") await loadDisputes().catch((error) => app.notice(error.message));
    pickFilter(name);
    views[view].show(item);
  });
  byId("jump").addEventListener("keydown", (event) => {
    if (event.code !== "Enter") return;
    event.preventDefault();
    const number = Number.parseInt(event.target.value, 10);
    event.target.value = "";
    views[view].show(views[view].item());
    if (Number.isFinite(number)) views[view].jump(number);
  });
}

// Shows what was undone or redone: where it was done, and the first face that changed.
async function onStep(items, where) {
  const name = where === "adjudicate" ? "board" : where;
  const item = items[0];
  if (name !== view) await open(name, item);
  else if (!views[view].selected().includes(item) || view === "faces") await views[view].show(item);
  views[view].update(null);
  count();
  app.notice(items.length === 1 ? `Seed ${seedOf(item)} changed back or again.` : `${items.length} seeds changed back or again.`);
}

start().catch((error) => {
  document.body.dataset.failed = "1";
  byId("saved").textContent = error.message;
});
