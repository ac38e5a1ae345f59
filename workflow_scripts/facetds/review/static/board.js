// How far the reviewers agree, and the final decision on the seeds on which they do not.
import { makeFaces, showVotes } from "./faces.js";
import { call, loadDisputes, store } from "./store.js";
import { el } from "./tiles.js";

const COLUMNS = [
  ["au", "AU"], ["n", "faces"], ["n_a", "first"], ["n_b", "second"], ["both", "both"],
  ["agreement", "agreement"], ["kappa", "kappa"], ["ac1", "AC1"], ["facs_index", "FACS index"],
  ["verdict", "verdict"],
];
const number = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

export function makeBoard(root, app) {
  const table = el("div", { class: "agreement" });
  const disputes = el("div", { class: "disputes" });
  root.append(disputes, table);
  const faces = makeFaces(disputes, app, {
    view: "adjudicate",
    labels: () => store.final,
    queue(wanted) {
      const seeds = store.disputes?.seeds ?? [];
      let at = seeds.indexOf(wanted);
      if (at < 0) at = seeds.findIndex((seed) => !store.final.has(seed));
      return [seeds, Math.max(at, 0)];
    },
    votes(seed) {
      const at = store.disputes.seeds.indexOf(seed);
      return [el("p", { class: "help" }, "The reviewers said; your keys set what is published:"),
        ...showVotes(store.disputes.reviewers, store.disputes.labels[at])];
    },
    empty: "There is no seed on which the reviewers disagree.",
  });

  function cell(row, key) {
    if (!(`${key}_low` in row)) return String(row[key] ?? "–");
    return `${number(row[key])} (${number(row[`${key}_low`])} to ${number(row[`${key}_high`])})`;
  }

  async function drawTable() {
    const rows = await call("/api/agreement");
    const pairs = [...new Set(rows.map((row) => row.reviewers))];
    table.replaceChildren(el("h2", {}, "Agreement"));
    if (!rows.length) table.append(el("p", {}, "It is measured once two reviewers have decided on the same seeds, or one has seen a hidden repeat."));
    for (const pair of pairs) {
      const body = el("tbody");
      for (const row of rows.filter((one) => one.reviewers === pair)) {
        const [head, ...rest] = COLUMNS;
        body.append(el("tr", {}, el("th", { scope: "row" }, row[head[0]]), ...rest.map(([key]) => el("td", {}, cell(row, key)))));
      }
      table.append(el("table", {}, el("caption", {}, pair),
        el("thead", {}, el("tr", {}, ...COLUMNS.map(([, name]) => el("th", { scope: "col" }, name)))), body));
    }
    table.append(el("p", { class: "help" }, "In brackets the 95 % bootstrap interval over seeds. Verdict by the FACS index: reliable from 0.80, not reliable under 0.70, open with fewer than 20 marks."));
  }

  return {
    ...faces,
    async show(wanted) {
      if (store.blind) {
        disputes.hidden = true;
        table.replaceChildren(el("p", {}, "A blind reviewer does not see what others decided."));
        return;
      }
      await loadDisputes();
      faces.show(wanted);
      await drawTable();
      root.dataset.painted = "1";
    },
  };
}
