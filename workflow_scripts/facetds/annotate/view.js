"use strict";
const all = JSON.parse(document.getElementById("data").textContent);
const size = 60;
const filters = new Set();
const flags = document.querySelector("[data-filter=flagged]") !== null;
let page = 0;

function passes([, , , marks, flagged]) {
  for (const filter of filters) {
    if (filter === "neutral" ? marks.includes(1) : filter === "flagged" ? !flagged : !marks[filter]) {
      return false;
    }
  }
  return true;
}

function cell(row, tag, text, name) {
  const made = row.appendChild(document.createElement(tag));
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function draw() {
  const rows = all.filter(passes);
  const pages = Math.max(1, Math.ceil(rows.length / size));
  page = Math.min(Math.max(page, 0), pages - 1);
  const body = document.getElementById("rows");
  body.replaceChildren();
  for (const [number, image, link, marks, flagged] of rows.slice(page * size, (page + 1) * size)) {
    const row = body.appendChild(document.createElement("tr"));
    cell(row, "td", number, "number");
    const face = cell(row, "td", "");
    if (link) {
      const picture = face.appendChild(document.createElement("img"));
      picture.src = link;
      picture.alt = "";
      picture.width = picture.height = 64;
    }
    cell(row, "th", image).scope = "row";
    marks.forEach((mark) => cell(row, "td", mark, mark === 1 ? "mark one" : "mark"));
    if (flags) cell(row, "td", flagged);
  }
  const from = rows.length ? page * size + 1 : 0;
  const to = Math.min((page + 1) * size, rows.length);
  document.getElementById("place").value =
    `${from.toLocaleString("en")} to ${to.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
  document.getElementById("back").disabled = page === 0;
  document.getElementById("on").disabled = page === pages - 1;
}

for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    const filter = button.dataset.filter;
    if (!filters.delete(filter)) filters.add(filter);
    button.setAttribute("aria-pressed", String(filters.has(filter)));
    page = 0;
    draw();
  });
}
document.getElementById("back").addEventListener("click", () => { page -= 1; draw(); });
document.getElementById("on").addEventListener("click", () => { page += 1; draw(); });
draw();
