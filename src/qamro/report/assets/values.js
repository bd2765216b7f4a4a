// What a drawing shows, as a table that is built when it is opened: thousands of rows would slow every page down.
function valuesOf(title, values) {
  const details = element("details", {class: "values"}, element("summary", null, "The values"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("table")) return;
    const [columns, rows] = values();
    details.append(buildTable(columns, rows, null, title));
  });
  return details;
}
