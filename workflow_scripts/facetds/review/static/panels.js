// What can be laid over a view: the guide to the AUs, an enlarged face, the keys, publishing.
import { seedOf } from "./labels.js";
import { call, store } from "./store.js";
import { el, picture } from "./tiles.js";

const byId = (id) => document.getElementById(id);

export function showGuide() {
  const guide = byId("guide");
  if (!guide.childElementCount) {
    guide.append(el("h2", {}, "The Action Units"),
      el("p", {}, "Mark an AU where it is clearly there (FACS intensity B or more), not where it is only a trace."));
    store.aus.forEach((au, number) => {
      const text = store.guide[au];
      guide.append(el("h3", {}, `${au} ${store.names[number]}`),
        el("img", { src: picture("example", au.slice(2)), alt: `A drawn face without and with ${au}`, width: "256", height: "128" }),
        el("p", {}, text.does), el("p", {}, el("b", {}, "Look for: "), text.look),
        el("p", {}, el("b", {}, "Not to confuse: "), text.not));
    });
    guide.append(el("p", { class: "help" }, "The examples are drawn by the demo's renderer: at rest, and with the AU at intensity D."));
  }
  guide.hidden = !guide.hidden;
  return !guide.hidden;
}

export function zoom(item) {
  const box = byId("zoom");
  if (box.open || item === undefined) return box.close();
  const seed = seedOf(item);
  box.replaceChildren(el("img", { src: picture("face", seed), alt: `Face of seed ${seed}, enlarged` }),
    el("p", {}, `Seed ${seed}. Z or Esc closes.`));
  box.showModal();
}

export function showKeys(rows) {
  const box = byId("keys");
  if (box.open) return box.close();
  const list = el("dl");
  for (const [keys, what] of rows) list.append(el("dt", {}, el("kbd", {}, keys)), el("dd", {}, what));
  box.replaceChildren(el("h2", {}, "Keys"), list, el("p", {}, "F1 or Esc closes."));
  box.showModal();
}

export function askPublish() {
  const box = byId("publish");
  const words = el("p", { role: "status" },
    "Writes seed_labels.csv from all journals in this folder: by majority, or as adjudicated; disputed seeds are left out.");
  const yes = el("button", { type: "button" }, "Publish");
  const no = el("button", { type: "button" }, "Close");
  no.addEventListener("click", () => box.close());
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    words.textContent = await call("/api/publish", {}).then((answer) => answer.words, (error) => error.message);
    words.dataset.done = "1";
  });
  box.replaceChildren(el("h2", {}, "Publish the labels"), words, el("p", {}, yes, " ", no));
  box.showModal();
  yes.focus();
}
