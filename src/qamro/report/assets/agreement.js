const kMetrics = ["mse", "lcc", "srcc", "ktau"];
const kLevels = {system: "systems", utterance: "clips"};

function metricCells(metrics) {
  return kMetrics.map(name => ({value: metrics[name], ci: metrics[name + "_ci"], title: metrics.reason}));
}

// What a predictor that knows what infinitely many raters would say would reach.
function ceilingOf(results, axis, level) {
  const ceiling = results && results.ceilings && results.ceilings[axis] && results.ceilings[axis][level];
  if (!ceiling || !ceiling.ideal) return null;
  const metrics = {n: ceiling.n};
  for (const name of kMetrics) metrics[name] = ceiling.ideal[name] ? ceiling.ideal[name].mean : null;
  return metrics;
}

const kBaselines = {lookup: "look-up: the system's mean training label, no audio", constant: "constant: one number for all"};

// Who reaches what on an axis and level: [name, metrics, class].
function rivals(results, axis, level) {
  const list = [];
  const own = results[level] && results[level][axis];
  if (own) list.push(["predictions", own, ""]);
  for (const [name, baseline] of Object.entries(results.baselines || {})) {
    const metrics = baseline[level] && baseline[level][axis];
    if (metrics) list.push([kBaselines[name] || name, metrics, "ceiling"]);
  }
  const ceiling = ceilingOf(results, axis, level);
  if (ceiling) list.push(["ceiling: the best that listeners' noise allows", ceiling, "ceiling"]);
  return list;
}

function metricsTable(results, axes) {
  const rows = [];
  for (const axis of axes)
    for (const level of Object.keys(kLevels))
      for (const [who, metrics, kind] of rivals(results, axis, level))
        rows.push([axis, kLevels[level], {value: who, class: kind}, metrics.n, ...metricCells(metrics)]);
  const caption = "Predictions against listeners, per axis and level.";
  const several = rows.some(row => row[2].value !== "predictions");
  const columns = [{title: "axis"}, {title: "level"}, {title: "who"}, {title: "n", numeric: true, whole: true},
                   ...kMetrics.map(name => ({title: name.toUpperCase(), numeric: true}))];
  if (!several) return buildTable(columns.filter((_, i) => i !== 2), rows.map(row => row.filter((_, i) => i !== 2)), "metrics", caption);
  return buildTable(columns, rows, "metrics", caption);
}

function undefinedReasons(results, axes) {
  const reasons = new Set();
  for (const axis of axes)
    for (const level of Object.keys(kLevels)) {
      const own = results[level] && results[level][axis];
      if (own && own.reason) reasons.add(kNothing + " " + axis + ", " + kLevels[level] + ": " + own.reason);
    }
  return Array.from(reasons, reason => element("p", {class: "note"}, reason));
}

function agreementSection(data) {
  const results = data.results;
  const axes = data.axes.map(axis => axis.axis);
  const section = element("section", {id: "agreement"}, element("h2", null, "How well the predictions agree with listeners"));
  const drawn = results.bootstrap && results.bootstrap.drawn;
  section.append(metricsTable(results, axes), ...undefinedReasons(results, axes),
    element("p", {class: "note"}, "SRCC and KTAU compare the order, LCC says how close the points are to a line (1 is perfect), and MSE is the mean squared difference (0 is perfect)." +
      (data.axes.every(axis => axis.same_scale) ? "" : " If predictions and listeners use different scales, the MSE means nothing.") +
      (drawn ? " Brackets show the " + Math.round(100 * results.bootstrap.confidence) + " % interval over other " + drawn.system + " (systems) and " + drawn.utterance + " (clips)." : "")));
  data.axes.forEach((axis, index) => {
    if (!axis.points) return;
    if (axes.length > 1) section.append(element("h3", null, axis.axis));
    section.append(axisPlots(data, axis, index));
  });
  return section;
}

// One row a domain, axis and level.
function partsSection(data) {
  const parts = data.results && data.results.parts;
  if (!parts) return null;
  const rows = [];
  for (const [part, evaluation] of Object.entries(parts.values))
    for (const axis of data.axes.map(one => one.axis))
      for (const level of Object.keys(kLevels)) {
        const metrics = evaluation[level] && evaluation[level][axis];
        if (metrics) rows.push([part, axis, kLevels[level], metrics.n, ...metricCells(metrics)]);
      }
  const columns = [{title: parts.column}, {title: "axis"}, {title: "level"}, {title: "n", numeric: true, whole: true},
                   ...kMetrics.map(name => ({title: name.toUpperCase(), numeric: true}))];
  return element("section", {id: "parts"}, element("h2", null, "By " + parts.column), buildTable(columns, rows, "parts-table", "Predictions against listeners, per " + parts.column + "."),
                 element("p", {class: "note"}, "Each part is evaluated by itself. A total can look better than each of its parts if the parts differ in their means."));
}

function glance(data) {
  const box = document.getElementById("figures-at-a-glance");
  const add = (what, number, interval) => box.append(element("div", null, element("div", {class: "what"}, what),
    element("div", {class: "number"}, number), interval ? element("div", {class: "range"}, interval) : null));
  if (data.axes.length === 0) return;
  const first = data.axes[0];
  if (first.systems.length > 0) add("systems", first.systems.length.toLocaleString("en"));
  add("clips", first.clips.toLocaleString("en"));
  if (data.axes.length > 1) add("axes", String(data.axes.length));
  for (const level of Object.keys(kLevels)) {
    const metrics = data.results && data.results[level] && data.results[level][first.axis];
    if (metrics) add("SRCC of " + kLevels[level] + (data.axes.length > 1 ? ", " + first.axis : ""), decimals(metrics.srcc, 3), range(metrics.srcc_ci, 3));
  }
}
