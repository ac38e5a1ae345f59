// What a reviewer can say of a seed, as the server's labels.py has it.
export const UNDECIDED = ["", "passed", "marked"];

const words = (label) => label.split(" ").filter(Boolean);
const without = (list, word) => list.filter((other) => other !== word);

export const seedOf = (item) => (item >= 0 ? item : -1 - item);
export const isSure = (label) => !words(label).includes("unsure");
export const has = (label, word) => words(label).includes(word);
export const keeps = (label) => /^(AU|neutral)/.test(label) && isSure(label);

// Returns the label after the key of `word` ("AU1", "neutral", "reject", "unsure") was pressed.
// What is taken back entirely becomes `empty`.
export function toggle(label, word, aus, empty = "marked") {
  const set = UNDECIDED.includes(label) ? [] : words(label);
  if (word === "reject") return label === "reject" ? empty : "reject";
  if (word === "neutral") return set.includes("neutral") ? empty : "neutral";
  const rest = without(set, "reject");
  const unsure = rest.includes("unsure") !== (word === "unsure");
  const base = without(rest, "unsure");
  let guess = base;
  if (word !== "unsure") {
    const marks = without(base, "neutral");
    guess = marks.includes(word) ? without(marks, word) : aus.filter((au) => au === word || marks.includes(au));
  }
  return [...guess, ...(unsure ? ["unsure"] : [])].join(" ") || empty;
}

// Returns the label that the suggested probabilities (percent, in the order of `aus`) stand for.
export function suggestedLabel(chances, aus) {
  return aus.filter((_, number) => chances[number] >= 50).join(" ") || "neutral";
}

// The filters: name, words for the list, and which items they show.
export function makeFilters(aus, store) {
  const label = (item) => store.labels.get(item) ?? "";
  const chances = (item) => store.suggestions[seedOf(item)];
  const filters = [
    ["all", "all", () => true],
    ["review", "to label or labelled", (item) => !["", "passed"].includes(label(item))],
    ["unseen", "not seen yet", (item) => label(item) === ""],
    ["marked", "marked, not labelled", (item) => label(item) === "marked"],
    ["unsure", "unsure", (item) => !isSure(label(item))],
    ["kept", "kept", (item) => keeps(label(item))],
    ...aus.map((au) => [au, au, (item) => has(label(item), au)]),
    ["neutral", "neutral", (item) => has(label(item), "neutral")],
    ["reject", "rejected", (item) => label(item) === "reject"],
    ["passed", "passed in the grid", (item) => label(item) === "passed"],
  ];
  if (store.blind) return filters;
  filters.push(["disputed", "reviewers disagree", (item) => store.disputed.has(seedOf(item))]);
  for (const [number, au] of aus.entries()) {
    filters.push([`suggested ${au}`, `suggested ${au}`, (item) => chances(item)?.[number] >= 50]);
  }
  filters.push(["differs", "label differs from the suggestion", (item) =>
    keeps(label(item)) && chances(item) && label(item) !== suggestedLabel(chances(item), aus)]);
  return filters;
}
