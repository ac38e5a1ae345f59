"use strict";
// Points at what lies in the pictures: the seed below the pointer, the images next to a threshold,
// an image of the grid. Everything else of the page works without this script.
const facts = JSON.parse(document.getElementById("facts").textContent);
const byId = (id) => document.getElementById(id);

function make(tag, name, text = "") {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = text;
  return node;
}

// A face of a sprite: place is its column and row.
function makeFace(sprite, place, label) {
  const node = make("i", `face ${sprite}`);
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  node.style.setProperty("--c", place[0]);
  node.style.setProperty("--r", place[1]);
  return node;
}

// Calls move(+1 or -1, along the row or from row to row) for the arrow keys.
function onArrows(node, move) {
  const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  node.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    move(...steps[event.key]);
  });
}

function exploreMap(map) {
  const plot = byId("map-plot"), picture = plot.querySelector("img");
  const rings = map.panels.map(() => plot.appendChild(make("b", "ring")));
  const card = plot.appendChild(make("div", "card float"));
  card.setAttribute("role", "status");
  card.hidden = true;
  // The arrow keys go from left to right in the last panel.
  const last = map.panels.length - 1;
  const order = map.seeds.map((_, n) => n).sort((a, b) => map.panels[last][0][a] - map.panels[last][0][b]);
  let at = -1;

  function show(seed, panel) {
    at = order.indexOf(seed);
    rings.forEach((ring, n) => {
      ring.style.left = `${map.panels[n][0][seed] / 100}%`;
      ring.style.top = `${map.panels[n][1][seed] / 100}%`;
      ring.dataset.on = "";
    });
    const name = `seed ${map.seeds[seed]}`, face = map.faces[seed];
    card.replaceChildren(
      face ? makeFace("map", face, name) : make("span", "", "no picture in this page"),
      make("strong", "", name), make("span", "", map.words[map.labels[seed]]),
    );
    const x = map.panels[panel][0][seed] / 1e4, y = map.panels[panel][1][seed] / 1e4;
    card.style.left = `${x * 100}%`;
    card.style.top = `${y * 100}%`;
    card.style.translate = `${x < 0.5 ? "14px" : "calc(-100% - 14px)"} ${y < 0.5 ? "14px" : "calc(-100% - 14px)"}`;
    card.hidden = false;
  }

  function find(event) {
    const box = picture.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * 1e4, y = (event.clientY - box.top) / box.height * 1e4;
    let best = 18, found = null;
    map.panels.forEach(([xs, ys], panel) => xs.forEach((_, seed) => {
      const gap = Math.hypot((xs[seed] - x) * box.width, (ys[seed] - y) * box.height) / 1e4;
      if (gap < best) [best, found] = [gap, [seed, panel]];
    }));
    if (found) show(...found);
  }

  plot.addEventListener("pointermove", find);
  plot.addEventListener("pointerdown", find);
  onArrows(byId("map"), (x, y) => {
    const next = Math.min(Math.max(at + x + y, 0), order.length - 1);
    show(order[next], last);
  });
}

function exploreScores(scores) {
  const plot = byId("scores-plot"), choice = byId("metric"), slider = byId("limit");
  const line = plot.appendChild(make("b", "limit"));
  const starts = scores.metrics.map((metric) => metric.start);
  scores.metrics.forEach((metric, n) => choice.add(new Option(metric.title, n)));
  slider.max = scores.steps;

  function fill(id, numbers, values) {
    byId(id).replaceChildren(...numbers.map((n) => {
      const item = make("li", "");
      item.append(makeFace("images", scores.faces[n], scores.images[n]),
        make("span", "", scores.images[n]), make("span", "", values[n].toPrecision(3)));
      return item;
    }));
  }

  function show() {
    const metric = scores.metrics[choice.value], step = starts[choice.value] = Number(slider.value);
    const share = step / scores.steps, limit = metric.low + (metric.high - metric.low) * share;
    const [left, top, right, bottom] = metric.place;
    line.style.left = `${(left + (right - left) * share) / 100}%`;
    line.style.top = `${top / 100}%`;
    line.style.height = `${(bottom - top) / 100}%`;
    const kept = metric.kept[step], low = metric.better === "low";
    const percent = (part, whole) => `${(100 * part / Math.max(whole, 1)).toFixed(0)} %`;
    byId("told").textContent = `${metric.title} ${low ? "≤" : "≥"} ${limit.toPrecision(3)}: `
      + `${kept.toLocaleString("en")} of ${scores.total.toLocaleString("en")} synthetic images are kept `
      + `(${percent(kept, scores.total)}), ${(scores.total - kept).toLocaleString("en")} dropped; `
      + `of the originals ${percent(metric.originals[step], scores.total_originals)} would pass.`;
    slider.setAttribute("aria-valuetext", limit.toPrecision(3));
    const near = metric.values.map((_, n) => n).filter((n) => metric.values[n] !== null)
      .sort((a, b) => Math.abs(metric.values[a] - limit) - Math.abs(metric.values[b] - limit) || a - b);
    const passes = (n) => low ? metric.values[n] <= limit : metric.values[n] >= limit;
    fill("kept", near.filter(passes).slice(0, 12), metric.values);
    fill("dropped", near.filter((n) => !passes(n)).slice(0, 12), metric.values);
  }

  function pick(n) {
    choice.value = n;
    slider.value = starts[n];
    show();
  }

  // A press in a panel, or a drag, moves the threshold there.
  function drag(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = plot.querySelector("img").getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * 1e4, y = (event.clientY - box.top) / box.height * 1e4;
    const found = scores.metrics.findIndex(({ place: [left, top, right, bottom] }) =>
      x > left - 100 && x < right + 100 && y > top && y < bottom);
    if (found < 0) return;
    const [left, , right] = scores.metrics[found].place;
    starts[found] = Math.round(Math.min(Math.max((x - left) / (right - left), 0), 1) * scores.steps);
    pick(found);
  }

  choice.addEventListener("change", () => pick(choice.value));
  slider.addEventListener("input", show);
  plot.addEventListener("pointerdown", drag);
  plot.addEventListener("pointermove", drag);
  pick(scores.first);
}

function exploreGrid() {
  const table = byId("grid-table"), cells = [...table.querySelectorAll("td")];
  const wide = table.rows[1].cells.length - 1;
  let at = 0;

  function show(n) {
    cells[at].removeAttribute("data-on");
    at = n;
    const cell = cells[n], row = cell.parentElement, own = row.querySelector("td[data-own]");
    cell.dataset.on = "";
    const faces = (own && own !== cell ? [own, cell] : [cell]).map((from) => {
      const item = make("div", "");
      item.append(from.querySelector(".face").cloneNode(true), make("span", "", from === own ? "degree 0" : `degree ${from.dataset.degree}`));
      return item;
    });
    byId("grid-faces").replaceChildren(...faces);
    byId("grid-told").textContent = cell.dataset.told;
  }

  table.addEventListener("pointerover", (event) => {
    const cell = event.target.closest("td");
    if (cell) show(cells.indexOf(cell));
  });
  onArrows(byId("grid"), (x, y) => {
    const next = at + x + y * wide;
    if (next < 0 || next >= cells.length) return;
    show(next);
    cells[next].scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  show(0);
}

document.documentElement.classList.add("scripted");
if (facts.map) exploreMap(facts.map);
if (facts.scores) exploreScores(facts.scores);
if (byId("grid-table")) exploreGrid();
