// A panel of plotting/chart.h: its styles as Chart.js' datasets.
function seriesDatasets(series, colours) {
  const colour = colours[series.colour];
  return series.lines.map(line => {
    const dataset = {label: series.name, data: line.map(point => ({x: point[0], y: point[1]})), showLine: series.style !== "marks", spanGaps: false,
                     borderColor: colour, backgroundColor: colour, pointRadius: 0, borderWidth: 2.5, pointHitRadius: 6};
    if (series.style === "faint_lines") Object.assign(dataset, {borderColor: faded(colour, 0.22), borderWidth: 1, quiet: true, order: 10});
    if (series.style === "dashed") Object.assign(dataset, {borderDash: [6, 4], borderWidth: 1.5, order: 8});
    if (series.style === "marks") Object.assign(dataset, {pointRadius: 3, order: -1});
    if (series.style === "intervals") Object.assign(dataset, {pointRadius: 4, borderWidth: 1.2, intervals: line.map(point => isNumber(point[2]) && isNumber(point[3]) ? [point[2], point[3]] : null)});
    return dataset;
  });
}

function panelKey(panel) {
  return element("ul", {class: "plot-key"}, panel.series.filter(series => series.name).map(series =>
    element("li", null, element("i", {class: series.style, style: "color:var(--" + series.colour + ")"}), series.name)));
}

function panelValues(panel) {
  const hasIntervals = panel.series.some(series => series.style === "intervals");
  const columns = [{title: "line"}, {title: panel.x_label || "x", numeric: true, places: 4}, {title: panel.y_label || "y", numeric: true}];
  const rows = panel.series.flatMap(series => series.lines.flatMap(line => line.map(([x, y, low, high]) =>
    [series.name, {value: x, text: String(x)}, {value: y, ci: hasIntervals && isNumber(low) ? [low, high] : null}])));
  return [columns, rows];
}

function panelFigure(panel, caption) {
  const configure = colours => ({
    type: "scatter",
    data: {datasets: panel.series.flatMap(series => seriesDatasets(series, colours))},
    options: chartOptions(colours, scaleOptions(colours, panel.x_label), scaleOptions(colours, panel.y_label),
      item => [item.dataset.label, panel.x_label + ": " + item.parsed.x, panel.y_label + ": " + decimals(item.parsed.y, 3)].filter(Boolean)),
    plugins: [whiskers]
  });
  return element("figure", null, element("h4", null, panel.title), plot(configure, panel.title + ". " + caption), panelKey(panel),
                 valuesOf(panel.title, () => panelValues(panel)));
}

function figuresSection(data) {
  if (data.figures.length + data.tables.length === 0) return null;
  const section = element("section", {id: "runs"}, element("h2", null, "Training and experiments"));
  for (const one of data.figures)
    section.append(element("h3", null, one.title), element("div", {class: "plots"}, one.panels.map(panel => panelFigure(panel, one.caption))),
                   element("p", {class: "note"}, one.caption));
  data.tables.forEach((table, index) => {
    const numeric = table.columns.map((_, i) => table.rows.some(row => row[i] !== null && typeof row[i] !== "string"));
    section.append(element("h3", null, table.title),
                   buildTable(table.columns.map((title, i) => ({title, numeric: numeric[i], whole: true})), table.rows, "table-" + index, table.caption));
  });
  return section;
}
