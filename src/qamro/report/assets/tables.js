// A cell is text, a number, null, an element, or {value, ci, text, class, places}; its value is what it is sorted by.
function tableCell(cell, column) {
  const given = cell !== null && typeof cell === "object" && !(cell instanceof Node) ? cell : {value: cell};
  const value = given.value;
  const numeric = column.numeric;
  const places = given.places !== undefined ? given.places : column.places === undefined ? 3 : column.places;
  const shown = given.node || (value instanceof Node ? value
    : isNumber(value) ? (Number.isInteger(value) && column.whole ? value.toLocaleString("en") : decimals(value, places))
    : value === null || value === undefined || value === "" ? (numeric ? kNothing : "") : String(value));
  const classes = [numeric ? "number" : "", column.class || "", given.class || ""].filter(Boolean).join(" ");
  const node = element("td", {class: classes || null, title: given.title, "data-title": column.title,
                              "data-value": value instanceof Node || value === null || value === undefined ? null : value},
                       shown);
  if (given.ci) node.append(element("span", {class: "range"}, range(given.ci, places)));
  return node;
}

function compareCells(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);  // what is nothing comes last
  const numbers = [Number(a), Number(b)];
  if (numbers.every(Number.isFinite)) return numbers[0] - numbers[1];
  return a.localeCompare(b, "en", {numeric: true});
}

function sortBy(table, index, header) {
  const body = table.tBodies[0];
  const ascending = header.getAttribute("aria-sort") !== "ascending";
  const value = row => row.cells[index].getAttribute("data-value");
  const rows = Array.from(body.rows);
  rows.sort((a, b) => {
    const nothing = value(a) === null || value(b) === null;
    return compareCells(value(a), value(b)) * (ascending || nothing ? 1 : -1);
  });
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  for (const row of rows) row.classList.remove("new-tie");
  body.append(...rows);
}

// columns: [{title, numeric, whole, places, class, width, sort: false, node}]; rows: [[cell]]. Titles sort where there is
// more than one row. caption: what the table shows. kind: a class that says how rows are laid on a phone.
function buildTable(columns, rows, name, caption, kind) {
  const table = element("table", {id: name, class: kind}, element("caption", null, caption));
  const head = element("tr");
  columns.forEach((column, index) => {
    const header = element("th", {scope: "col", class: [column.numeric ? "number" : "", column.class || ""].join(" ").trim() || null,
                                 style: column.width ? "min-width:" + column.width : null});
    if (column.node) header.append(column.node);
    else if (column.sort === false || rows.length < 2) header.append(column.title);
    else {
      const button = element("button", {type: "button", title: "Sort by " + column.title}, column.title);
      button.addEventListener("click", () => sortBy(table, index, header));
      header.append(button);
    }
    head.append(header);
  });
  table.append(element("thead", null, head),
               element("tbody", null, rows.map(row => element("tr", null, row.map((cell, i) => tableCell(cell, columns[i]))))));
  return element("div", {class: "scroll"}, table);
}
