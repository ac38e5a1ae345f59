// One face at a time: the second pass, and (with the reviewers' labels beside it) adjudication.
import { has, isSure, seedOf, suggestedLabel, toggle } from "./labels.js";
import { change, savePlace, store } from "./store.js";
import { el, picture, ready, short } from "./tiles.js";

const OTHERS = [["neutral", "7", "N"], ["reject", "8", "X"], ["unsure", "9", "U"]];

// options: view (the name that the server knows), labels() (a Map), queue(item) (items to show and
// where to start), votes(item) (elements beside the face), empty (words for an empty queue).
export function makeFaces(root, app, options) {
  const image = el("img", { class: "big", alt: "", tabindex: "0" });
  const title = el("h2");
  const votes = el("div", { class: "votes" });
  const buttons = new Map();
  const box = el("div", { class: "aus", role: "group", "aria-label": "Labels of this face" });
  const strip = el("div", { class: "strip", role: "region", "aria-label": "The seed along the directions", hidden: true });
  const body = el("div", { class: "face" }, image, el("div", { class: "side" }, title, votes, box,
    el("p", { class: "help" }, "Enter: next. Backspace: back. A: take the suggestion. S: the seed along the directions. Z: enlarge.")));
  const nothing = el("p", { class: "nothing" }, options.empty);
  root.append(body, strip, nothing);
  let items = [], at = 0, striped = null;

  function makeButtons() {
    if (buttons.size) return;
    const rows = store.aus.map((au, number) => [au, String(number + 1), store.names[number]]);
    for (const [word, key, name] of [...rows, ...OTHERS.map(([word, key, letter]) => [word, `${key} ${letter}`, ""])]) {
      const hint = el("span", { class: "hint" });
      const button = el("button", { type: "button", "aria-pressed": "false" },
        el("kbd", {}, key), el("b", {}, word), el("span", { class: "name" }, name), hint);
      button.hint = hint;
      button.addEventListener("click", () => press(word));
      buttons.set(word, button);
      box.append(button);
    }
  }

  const item = () => items[at];
  const labelOf = (one) => options.labels().get(one) ?? "";

  function draw() {
    makeButtons();
    nothing.hidden = items.length > 0;
    body.hidden = !items.length;
    if (!items.length) { strip.hidden = true; return app.where(""); }
    const seed = seedOf(item());
    image.src = picture("face", seed);
    image.alt = `Face of seed ${seed}`;
    title.textContent = `Seed ${seed}`;
    votes.replaceChildren(...options.votes(item()));
    app.where(`${at + 1} of ${items.length.toLocaleString("en")}`);
    for (const next of [at + 1, at + 2]) if (next < items.length) ready(picture("face", seedOf(items[next])));
    update();
    if (striped !== null && striped !== seed) drawStrip();
  }

  function update() {
    if (!items.length) return;
    const label = labelOf(item());
    const chances = store.showSuggestions ? store.suggestions[seedOf(item())] : undefined;
    for (const [word, button] of buttons) {
      const on = word === "unsure" ? !isSure(label) : has(label, word);
      button.setAttribute("aria-pressed", String(on));
      const number = store.aus.indexOf(word);
      const chance = chances && number >= 0 ? chances[number] : null;
      button.hint.textContent = chance === null ? "" : `suggested ${chance} %`;
      button.classList.toggle("suggested", chance !== null && chance >= 50);
    }
    body.dataset.label = label;
  }

  function press(word) {
    if (!items.length) return;
    const empty = options.view === "faces" ? "marked" : "";
    change(options.view, [[item(), toggle(labelOf(item()), word, store.aus, empty)]]);
  }

  function go(to) {
    if (to < 0 || to >= items.length) {
      return app.notice(to < 0 ? "This is the first face." : "This was the last face.");
    }
    at = to;
    draw();
    if (options.view === "faces") savePlace({ view: "faces", item: item() });
  }

  async function drawStrip() {
    const seed = seedOf(item());
    striped = seed;
    strip.hidden = false;
    root.classList.add("striped");
    strip.replaceChildren(el("div", { class: "degrees" }, el("span", {}, "index"),
      ...store.degrees.map((degree) => el("span", {}, degree > 0 ? `+${degree}` : String(degree)))));
    for (const index of store.indexes) {
      const image = el("img", { alt: `Seed ${seed} along direction ${index}, degrees ${store.degrees.join(", ")}` });
      const row = el("div", { class: "row" }, el("span", {}, String(index)), image);
      strip.append(row);
      const url = picture("strip", seed, index);
      const answer = await fetch(url);
      if (striped !== seed) return;
      if (!answer.ok) {
        row.replaceChildren(el("p", { role: "alert" }, await answer.text()));
        return;
      }
      image.src = url;
    }
    strip.dataset.done = seed;
  }

  function closeStrip() {
    striped = null;
    strip.hidden = true;
    root.classList.remove("striped");
  }

  return {
    jumpName: "seed",
    show(wanted) {
      [items, at] = options.queue(wanted);
      draw();
      (items.length ? image : root).focus();
      if (items.length && options.view === "faces") savePlace({ view: "faces", item: item() });
    },
    draw,
    update,
    leave: closeStrip,
    item,
    selected: () => (items.length ? [item()] : []),
    jump(number) {
      const to = items.findIndex((one) => seedOf(one) === number);
      if (to < 0) app.notice(`Seed ${number} is not among these; choose another filter, or mark it first.`);
      else go(to);
    },
    strip() {
      if (!items.length) return;
      if (striped === null) drawStrip();
      else closeStrip();
    },
    press,
    accept() {
      const chances = store.suggestions[seedOf(item())];
      if (!store.showSuggestions || !chances) return app.notice("There is no suggestion to take.");
      change(options.view, [[item(), suggestedLabel(chances, store.aus)]]);
    },
    key(event) {
      const onButton = event.target.tagName === "BUTTON";
      if (["Enter", "Space"].includes(event.code) && onButton) return false;
      if (["Enter", "Space", "ArrowRight"].includes(event.code)) go(at + 1);
      else if (["Backspace", "ArrowLeft"].includes(event.code)) go(at - 1);
      else if (event.code === "Home") go(0);
      else if (event.code === "End") go(items.length - 1);
      else return false;
      return true;
    },
  };
}

export function secondPass(filter) {
  return (wanted) => {
    const items = store.order.filter(filter());
    let at = items.indexOf(wanted);
    if (at < 0) at = items.findIndex((item) => store.labels.get(item) === "marked");
    return [items, Math.max(at, 0)];
  };
}

export const showVotes = (names, labels) => names.map((name, number) =>
  el("p", {}, el("b", {}, name), ` ${short(labels[number]) || "not seen"}`));
