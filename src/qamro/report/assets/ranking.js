// Where a value lies on a scale, in percent.
function along(scale, value) {
  return 100 * (value - scale.low) / (scale.high - scale.low);
}

function estimateText(estimate, places) {
  return decimals(estimate.mean, places) + (estimate.mean_ci ? ", interval " + range(estimate.mean_ci, places) : "");
}

function whisker(estimate, scale) {
  const row = element("span", {class: "row"});
  if (!estimate) return row;
  if (estimate.mean_ci) {
    const [low, high] = estimate.mean_ci.map(value => along(scale, value));
    row.append(element("i", {class: "whisker", style: "left:" + low + "%;width:" + Math.max(0, high - low) + "%"}));
  }
  row.append(element("i", {class: "dot", style: "left:" + along(scale, estimate.mean) + "%"}));
  return row;
}

function grid(scale) {
  return element("div", {class: "grid"}, scale.ticks.map(tick => element("i", {style: "left:" + along(scale, tick) + "%"})));
}

// A row's means and intervals, drawn and said as text.
function track(estimates, scales, places) {
  const said = estimates.map((estimate, i) => estimate ? (estimates.length > 1 ? ["predicted ", "listeners "][i] : "") + estimateText(estimate, places[i]) : null);
  return element("div", {class: estimates.length > 1 ? "track two" : "track", role: "img", "aria-label": said.filter(Boolean).join("; ")},
    estimates.map((estimate, i) => whisker(estimate, scales[i])));
}

function scaleTitle(scale) {
  return element("span", {class: "scale"}, scale.ticks.map(tick => element("i", {style: "left:" + along(scale, tick) + "%"}, decimals(tick, scale.places))));
}

function rankingCaption(axis, confidence) {
  const percent = Math.round(100 * confidence) + " %";
  const line = "the line through each mean is its " + percent + " interval";
  if (!axis.labelled) return ["Systems by predicted " + axis.axis + ", best first; " + line + "."];
  return ["Systems in the order of the predicted " + axis.axis + "; " + line + ". " +
    (axis.same_scale ? "Both are on one scale." : "Predictions and listeners use different scales, so each has its own."),
          element("span", {class: "key"}, "predictions"), element("span", {class: "key label"}, "listeners")];
}

function lettersNote(axis) {
  if (!axis.verdict.letters) return null;
  return element("p", {class: "note"}, axis.verdict.letters.replace(/\n/g, " ") + " A line marks neighbours that can be told apart.");
}

// The scales of predictions and of listeners. Without a stated one: round numbers around the values.
function rankingScales(axis) {
  const ends = side => axis.systems.flatMap(row => row[side] ? [row[side].mean, ...(row[side].mean_ci || [])] : []);
  if (!axis.labelled) return [scaleOf(axis.scale, ends("prediction"))];
  if (!axis.same_scale) return [scaleOf(axis.scale, ends("prediction")), scaleOf(null, ends("label"))];
  const shared = scaleOf(axis.scale, [...ends("prediction"), ...ends("label")]);
  return [shared, shared];
}

// Neighbours without a common letter are told apart; those that share one are not.
function markTies(table, systems) {
  table.querySelectorAll("tbody tr").forEach((line, i) => {
    if (i === 0) return;
    const above = systems[i - 1].prediction.groups;
    if (!systems[i].prediction.groups.some(group => above.includes(group))) line.classList.add("new-tie");
  });
}

// Room for names of up to 24 characters; longer ones are broken.
function widthOf(names) {
  return Math.min(24, greatest(names.map(name => Array.from(name).length))) * 1.1 + "ch";
}

// The systems of one axis, a row each: place, name, means and a drawing of their intervals.
function rankingTable(data, axis, index) {
  const sides = axis.labelled ? ["prediction", "label"] : ["prediction"];
  const scales = rankingScales(axis);
  const places = sides.map(side => placesFor(axis.systems.map(row => row[side] ? row[side].mean : null)));
  const columns = [{title: "#", numeric: true, whole: true, class: "rank"}, {title: "system", class: "name", width: widthOf(axis.systems.map(row => row.system))},
                   {title: "clips", numeric: true, whole: true},
                   {title: axis.labelled ? "predicted" : axis.axis, numeric: true, places: places[0]}];
  if (axis.labelled) columns.push({title: "listeners", numeric: true, places: places[1]}, {title: "their #", numeric: true, whole: true});
  const titles = element("div", null, scaleTitle(scales[0]));
  if (axis.labelled && !axis.same_scale) titles.append(scaleTitle(scales[1]));
  columns.push({title: "interval", class: "intervals", node: titles}, {title: "tie", class: "tie"});
  const rows = axis.systems.map(row => {
    const cells = [row.prediction.rank, row.system, row.clips, {value: row.prediction.mean, ci: row.prediction.mean_ci, class: "mean"}];
    if (axis.labelled) cells.push(row.label ? {value: row.label.mean, ci: row.label.mean_ci} : null, row.label ? row.label.rank : null);
    cells.push(element("div", null, grid(scales[0]), track(sides.map(side => row[side]), scales, places)), row.prediction.tie);
    return cells;
  });
  const table = buildTable(columns, rows, "ranking-" + index, rankingCaption(axis, data.confidence), "ranking");
  markTies(table, axis.systems);
  return table;
}

function rankingSection(data) {
  if (data.axes.every(axis => axis.systems.length === 0)) return null;
  const section = element("section", {id: "ranking"}, element("h2", null, "Ranking of the systems"));
  data.axes.forEach((axis, index) => {
    if (axis.systems.length === 0) return;
    if (data.axes.length > 1) section.append(element("h3", null, axis.axis));
    if (data.axes.length > 1 || axis.labelled) section.append(element("p", null, (axis.labelled ? "Predicted " : "") + axis.verdict.verdict + "."));
    if (axis.label_verdict) section.append(element("p", null, "Listeners' " + axis.label_verdict.verdict + "."));
    section.append(rankingTable(data, axis, index), lettersNote(axis) || "");
  });
  return section;
}
