// Where a value lies on a scale, in percent.
function along(scale, value) {
  return scale.high > scale.low ? 100 * (value - scale.low) / (scale.high - scale.low) : 50;
}

function scaleOf(estimates) {
  const values = estimates.flatMap(estimate => estimate ? [estimate.mean, ...(estimate.mean_ci || [])] : []);
  return {low: smallest(values), high: greatest(values)};
}

function whisker(estimate, scale) {
  const row = element("span", {class: "row"});
  if (!estimate) return row;
  const inner = element("i", {style: "inset:0"});
  if (estimate.mean_ci) {
    const [low, high] = estimate.mean_ci.map(value => along(scale, value));
    inner.append(element("i", {class: "whisker", style: "left:" + low + "%;width:" + Math.max(0, high - low) + "%"}));
  }
  inner.append(element("i", {class: "dot", style: "left:" + along(scale, estimate.mean) + "%"}));
  row.style.position = "absolute";
  row.append(inner);
  return row;
}

function scaleTitle(scale, places) {
  return element("span", {class: "scale"}, element("span", null, decimals(scale.low, places)), element("span", null, decimals(scale.high, places)));
}

function rankingCaption(axis, confidence) {
  const percent = Math.round(100 * confidence) + " %";
  const tied = "Systems that share a letter cannot be told apart (" + percent + " bootstrap over clips); a line marks where a group begins.";
  if (!axis.labelled) return "Best first. The line through each mean is its " + percent + " interval. " + tied;
  return "In the order of the predictions; the line through each mean is its " + percent + " interval. " +
    (axis.same_scale ? "Both on one scale. " : "Predictions and listeners use different scales, so each has its own. ") + tied;
}

// The systems of one axis, a row each: place, name, means and a drawing of their intervals.
function rankingTable(axis, index) {
  const systems = axis.systems;
  const predicted = scaleOf(systems.map(row => row.prediction));
  const labelled = scaleOf(systems.map(row => row.label));
  const shared = {low: Math.min(predicted.low, labelled.low), high: Math.max(predicted.high, labelled.high)};
  const scales = axis.labelled && axis.same_scale ? [shared, shared] : [predicted, labelled];
  const places = placesFor([predicted.high, predicted.low]);
  const columns = [{title: "#", numeric: true, whole: true}, {title: "system", class: "name"},
                   {title: "clips", numeric: true, whole: true, class: "wide-only"},
                   {title: axis.labelled ? "predicted" : axis.axis, numeric: true, places: places}];
  if (axis.labelled) columns.push({title: "listeners", numeric: true, places: placesFor([labelled.high]), class: "wide-only"},
                                  {title: "their #", numeric: true, whole: true});
  const ends = element("div", null, scaleTitle(scales[0], places));
  if (axis.labelled && !axis.same_scale) ends.append(scaleTitle(scales[1], placesFor([labelled.high])));
  columns.push({title: "interval", class: "intervals", node: ends}, {title: "tie", class: "tie"});
  let group = "";
  const rows = systems.map(row => {
    const drawing = element("div", {class: axis.labelled ? "track two" : "track"}, whisker(row.prediction, scales[0]));
    if (axis.labelled) drawing.append(whisker(row.label, scales[1]));
    const cells = [row.prediction.rank, row.system, row.clips, {value: row.prediction.mean, ci: row.prediction.mean_ci, class: "mean"}];
    if (axis.labelled) cells.push(row.label ? {value: row.label.mean, ci: row.label.mean_ci} : null, row.label ? row.label.rank : null);
    cells.push(drawing, row.prediction.tie);
    return cells;
  });
  const table = buildTable(columns, rows, "ranking-" + index, "ranking");
  table.querySelectorAll("tbody tr").forEach((line, i) => {
    if (i > 0 && systems[i].prediction.tie[0] !== group) line.classList.add("new-tie");
    group = systems[i].prediction.tie[0];
  });
  return table;
}

function rankingSection(data) {
  const axes = data.axes.filter(axis => axis.systems.length > 0);
  if (axes.length === 0) return null;
  const section = element("section", {id: "ranking"}, element("h2", null, "Ranking of the systems"));
  data.axes.forEach((axis, index) => {
    if (axis.systems.length === 0) return;
    if (data.axes.length > 1) section.append(element("h3", null, axis.axis));
    if (axis.labelled) section.append(element("p", {class: "note"}, element("span", {class: "key"}, "predictions"), element("span", {class: "key label"}, "listeners")));
    section.append(rankingTable(axis, index), element("p", {class: "note"}, rankingCaption(axis, data.confidence)));
  });
  return section;
}
