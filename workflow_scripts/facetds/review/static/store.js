// What the page knows, and how it talks with the server. Every action is painted at once, then sent
// in order; it counts as saved when the server has confirmed that it is on the disk.
export const store = {
  labels: new Map(), final: new Map(), disputed: new Set(), suggestions: {}, order: [],
  showSuggestions: true, queue: [], n: 0, saving: "saved",
};

const listeners = new Set();
export const onChange = (listener) => listeners.add(listener);
const tell = (...what) => listeners.forEach((listener) => listener(...what));

export class Refused extends Error {
  constructor(status, words) { super(words); this.status = status; }
}

export async function call(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  if (!answer.ok) throw new Refused(answer.status, await answer.text());
  return answer.json();
}

export async function load() {
  const key = location.hash.slice(1);
  if (key) {
    await call("/api/open", { key });
    history.replaceState(null, "", "/");
  }
  const state = await call("/api/state");
  Object.assign(store, state, { labels: toMap(state.labels) });
  store.order = await call(`/api/order/${store.order}`).then((items) => {
    store.orderName = state.order;
    return items;
  });
}

export async function reorder(name) {
  store.order = await call(`/api/order/${name}`);
  store.orderName = name;
}

export async function loadDisputes() {
  const found = await call("/api/disputes");
  store.disputes = found;
  store.final = toMap(found.final);
  store.disputed = new Set(found.seeds.filter((seed) => !store.final.has(seed)));
}

// Changes labels: [[item, new label], ...]. `view` is where; adjudicate has labels of its own.
export function change(view, pairs) {
  const labels = view === "adjudicate" ? store.final : store.labels;
  const changes = pairs
    .map(([item, label]) => [item, labels.get(item) ?? "", label])
    .filter(([, old, label]) => old !== label);
  if (!changes.length) return;
  put(labels, changes);
  send("/api/act", { view, changes, suggested: store.showSuggestions });
  tell("labels", changes.map(([item]) => item));
}

export const step = (kind, view) => send(`/api/${kind}`, { view });

export function savePlace(place) {
  clearTimeout(store.placing);
  store.placing = setTimeout(() => {
    call("/api/place", { ...place, order: store.orderName }).catch(() => {});
  }, 250);
}

function put(labels, changes) {
  for (const [item, , label] of changes) {
    if (label) labels.set(item, label);
    else labels.delete(item);
  }
}

function send(path, body) {
  store.queue.push([path, { id: crypto.randomUUID(), ...body }]);
  if (!store.pumping) pump();
}

async function pump() {
  store.pumping = true;
  while (store.queue.length) {
    const [path, body] = store.queue[0];
    report("saving");
    try {
      const answer = await call(path, body);
      store.queue.shift();
      accept(answer, body.view);
    } catch (error) {
      if (error instanceof Refused && error.status < 500 && error.status !== 401) {
        // What came after it was built upon it, so all is taken back to what the server has.
        store.queue.length = 0;
        tell("notice", error.message);
        await refresh().catch(() => {});
      } else {
        report("waiting", error instanceof Refused ? error.message : "the server does not answer");
        await new Promise((done) => setTimeout(done, 1000));
      }
    }
  }
  store.pumping = false;
  report("saved");
}

function accept(answer, view) {
  if (view !== "adjudicate") Object.assign(store, { n: answer.n, paces: answer.paces });
  if (!answer.changes) return;
  put(view === "adjudicate" ? store.final : store.labels, answer.changes);
  if (answer.changes.length) {
    tell("stepped", answer.changes.map(([item]) => item), answer.view);
  } else {
    tell("notice", "There is nothing more to undo or redo.");
  }
}

export async function refresh() {
  const state = await call("/api/labels");
  store.labels = toMap(state.labels);
  Object.assign(store, { n: state.n, paces: state.paces });
  if (store.disputes) await loadDisputes();
  tell("labels", null);
}

// Takes over what another tab has done in the meantime.
export async function catchUp() {
  if (store.queue.length) return;
  const state = await call("/api/labels").catch(() => null);
  if (state && state.n !== store.n) await refresh();
}

function report(saving, why = "") {
  store.saving = saving;
  tell("saving", why);
}

const toMap = (object) => new Map(Object.entries(object).map(([item, label]) => [Number(item), label]));
