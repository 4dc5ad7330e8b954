// Each number learns its column's name, so that a phone can show it without the table's head.
"use strict";
(function () {
  // Names by column, of heads with cells over several rows and columns.
  function names(rows) {
    const grid = rows.map(() => []);
    rows.forEach((row, line) => {
      let column = 0;
      for (const cell of row.cells) {
        while (grid[line][column] !== undefined) column++;
        for (let down = 0; down < cell.rowSpan && line + down < rows.length; down++) {
          for (let along = 0; along < cell.colSpan; along++) {
            grid[line + down][column + along] = down ? "" : cell.textContent.trim();
          }
        }
        column += cell.colSpan;
      }
    });
    return grid[0].map((_, column) => grid.map((line) => line[column]).filter(Boolean).join(", "));
  }

  for (const table of document.querySelectorAll(".scroll > table:not(.faces)")) {
    if (!table.tHead) continue;
    const heads = names([...table.tHead.rows]);
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, column) => { cell.dataset.name = heads[column]; });
    }
    table.classList.add("named");
  }
  // Paper cannot be unfolded.
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });
})();
