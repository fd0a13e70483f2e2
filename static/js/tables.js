// Names each cell of a list by its column, for the phone view that shows rows as
// cards. Roles keep it a table for screen readers when CSS makes it blocks.
const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };

function nameCells(table) {
  const labels = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
  for (const part of [table, ...table.querySelectorAll("thead, tbody, tr, td, th")]) {
    const head = part.closest("thead") ? "columnheader" : "rowheader";
    part.role = roles[part.tagName] ?? head;
  }
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, index) => {
      if (labels[index]) cell.dataset.label = labels[index];
    });
  }
  table.classList.add("named");
}

for (const table of document.querySelectorAll("[data-table] > table")) {
  if (table.tHead && table.tBodies.length) nameCells(table);
}
