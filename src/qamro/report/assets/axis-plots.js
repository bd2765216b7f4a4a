// values() → [columns, rows] of what is drawn.
function figure(title, configure, caption, values) {
  return element("figure", null, element("h4", null, title), plot(configure, title + ". " + caption), element("figcaption", null, caption),
                 valuesOf(title, values));
}

function systemValues(axis, systems, side) {
  const places = which => placesFor(systems.map(row => row[which].mean));
  const numeric = side === "rank" ? {numeric: true, whole: true} : {numeric: true};
  const cell = (row, which) => side === "rank" ? row[which].rank : {value: row[which].mean, ci: row[which].mean_ci};
  return [[{title: "system", class: "name"}, {...numeric, title: "listeners", places: places("label")}, {...numeric, title: "predicted", places: places("prediction")}],
          systems.map(row => [row.system, cell(row, "label"), cell(row, "prediction")])];
}

// errors: with the difference, which is what the residual plot draws.
function clipValues(axis, errors) {
  const {label, prediction, system, key} = axis.points;
  const columns = [{title: "clip"}, {title: "system", class: "name"}, {title: "listeners", numeric: true, places: placesFor(label)}, {title: "predicted", numeric: true, places: placesFor(prediction)}];
  if (errors) columns.push({title: "predicted − listeners", numeric: true, places: placesFor(label)});
  const names = clipNames(key);
  const known = system.some(number => number >= 0);
  const rows = label.map((value, i) => [names[i], system[i] >= 0 ? axis.systems[system[i]].system : "", value, prediction[i], ...(errors ? [prediction[i] - value] : [])]);
  return known ? [columns, rows] : [columns.filter((_, i) => i !== 1), rows.map(row => row.filter((_, i) => i !== 1))];
}

// The identity line and, where the listeners' noise is known, the band in which a perfect predictor's points would lie.
function identity(axis, low, high, ceiling, colours) {
  if (!axis.same_scale) return [];
  const line = guideLine([{x: low, y: low}, {x: high, y: high}], colours.faint, "identity");
  if (!ceiling || !isNumber(ceiling.mse)) return [line];
  const spread = Math.sqrt(ceiling.mse);
  const edge = (shift, fill) => ({label: "ceiling", data: [{x: low, y: low + shift}, {x: high, y: high + shift}], showLine: true, pointRadius: 0,
    pointHitRadius: 0, borderWidth: 0, borderColor: "transparent", backgroundColor: colours.band, fill: fill, quiet: true, order: 12});
  return [line, edge(-spread, false), edge(spread, "-1")];
}

function ceilingWords(axis, ceiling) {
  if (!ceiling || !isNumber(ceiling.srcc)) return "";
  return " Listeners' own noise allows an SRCC of " + decimals(ceiling.srcc, 3) + " at most (ceiling)" +
    (axis.same_scale && isNumber(ceiling.mse) ? "; the grey band is where two in three points of a perfect predictor would lie." : ".");
}

function identityWords(axis) {
  return axis.same_scale ? "On the dashed line, predictions equal what listeners said." : "Predictions and listeners use different scales, so only the order can be compared.";
}

// Limits of both directions, one and the same where the scales are.
function limits(axis, xs, ys) {
  if (axis.same_scale) {
    const both = withMargin(Math.min(smallest(xs), smallest(ys)), Math.max(greatest(xs), greatest(ys)));
    return [both, both];
  }
  return [withMargin(smallest(xs), greatest(xs)), withMargin(smallest(ys), greatest(ys))];
}

function systemRadius(systems) {
  return systems.length > 200 ? 2 : systems.length > 60 ? 3 : 5;
}

function systemScatter(data, axis) {
  const systems = axis.systems.filter(row => row.label);
  const ceiling = ceilingOf(data.results, axis.axis, "system");
  const ends = estimate => [estimate.mean, ...(estimate.mean_ci || [])];
  const [x, y] = limits(axis, systems.flatMap(row => ends(row.label)), systems.flatMap(row => ends(row.prediction)));
  const say = (who, estimate, places) => who + " " + decimals(estimate.mean, places) + " " + range(estimate.mean_ci, places);
  return figure("Systems: predictions against listeners", colours => ({
    type: "scatter",
    data: {datasets: [
      {label: "systems", data: systems.map(row => ({x: row.label.mean, y: row.prediction.mean})), names: systems.map(row => row.system), nameColour: colours.quiet, haloColour: colours.ground,
       intervals: systems.map(row => row.prediction.mean_ci), horizontal: systems.map(row => row.label.mean_ci), borderColor: colours.blue,
       backgroundColor: colours.blue, pointRadius: systemRadius(systems)},
      ...identity(axis, x.min, x.max, ceiling, colours)]},
    options: chartOptions(colours, scaleOptions(colours, "listeners' mean " + axis.axis, x), scaleOptions(colours, "predicted mean", y),
      item => { const row = systems[item.dataIndex]; return [row.system, say("listeners", row.label, placesFor([x.max])), say("predicted", row.prediction, placesFor([y.max])), count(row.clips, "clip", "clips")]; }),
    plugins: [whiskers, nameTags]
  }), "Each point is a system, with the intervals of its means. " + identityWords(axis) + ceilingWords(axis, ceiling), () => systemValues(axis, systems, "mean"));
}

function rankScatter(axis) {
  const systems = axis.systems.filter(row => row.label);
  const last = systems.length;
  const scale = (colours, title) => {
    const options = scaleOptions(colours, title, {reverse: true, min: 0.5, max: last + 0.5});
    options.afterBuildTicks = axis => { const step = Math.max(1, Math.ceil(last / 10)); axis.ticks = []; for (let place = 1; place <= last; place += step) axis.ticks.push({value: place}); };
    return options;
  };
  return figure("Places: predictions against listeners", colours => ({
    type: "scatter",
    data: {datasets: [
      {label: "places", data: systems.map(row => ({x: row.label.rank, y: row.prediction.rank})), names: systems.map(row => row.system), nameColour: colours.quiet, haloColour: colours.ground,
       borderColor: colours.green, backgroundColor: colours.green, pointRadius: systemRadius(systems)},
      guideLine([{x: 0.5, y: 0.5}, {x: last + 0.5, y: last + 0.5}], colours.faint, "same place")]},
    options: chartOptions(colours, scale(colours, "listeners' place"), scale(colours, "predicted place"),
      item => { const row = systems[item.dataIndex]; return [row.system, "listeners' place " + row.label.rank, "predicted place " + row.prediction.rank]; }),
    plugins: [nameTags]
  }), "The best systems are at the top right. The predictions flatter a system above the dashed line and sell a system below it short.", () => systemValues(axis, systems, "rank"));
}

function pointStyle(points, colours, colour) {
  const many = points.label.length;
  return {borderColor: "transparent", backgroundColor: faded(colours[colour], many > 2000 ? 0.25 : many > 300 ? 0.45 : 0.7), pointRadius: many > 2000 ? 1.8 : many > 300 ? 2.4 : 3.2, pointHoverRadius: 6};
}

function sampleWords(axis) {
  const shown = axis.points.label.length;
  return shown < axis.clips ? " The plot shows " + shown.toLocaleString("en") + " of the " + axis.clips.toLocaleString("en") + " clips, chosen at random; all numbers use all clips." : "";
}

function clipLines(axis) {
  const {label, prediction, system, key} = axis.points;
  const names = clipNames(key);
  const places = [placesFor(label), placesFor(prediction)];
  return item => {
    const i = item.dataIndex;
    const name = system[i] >= 0 ? axis.systems[system[i]].system : null;
    return [names[i] ? shortened(names[i], 60) : null, name, "listeners " + decimals(label[i], places[0]), "predicted " + decimals(prediction[i], places[1])].filter(Boolean);
  };
}

function clipScatter(data, axis) {
  const points = axis.points;
  const ceiling = ceilingOf(data.results, axis.axis, "utterance");
  const [x, y] = limits(axis, points.label, points.prediction);
  return figure("Clips: predictions against listeners", colours => ({
    type: "scatter",
    data: {datasets: [Object.assign({label: "clips", data: points.label.map((label, i) => ({x: label, y: points.prediction[i]}))}, pointStyle(points, colours, "blue")),
                      ...identity(axis, x.min, x.max, ceiling, colours)]},
    options: chartOptions(colours, scaleOptions(colours, "listeners' " + axis.axis, x), scaleOptions(colours, "predicted", y), clipLines(axis))
  }), "Each point is a clip. " + identityWords(axis) + ceilingWords(axis, ceiling) + sampleWords(axis), () => clipValues(axis, false));
}

function residualPlot(axis) {
  const points = axis.points;
  const residuals = points.label.map((label, i) => points.prediction[i] - label);
  const x = withMargin(smallest(points.prediction), greatest(points.prediction));
  const largest = Math.max(greatest(residuals), -smallest(residuals), 1e-9);
  return figure("Clips: what the predictions get wrong", colours => ({
    type: "scatter",
    data: {datasets: [Object.assign({label: "residuals", data: residuals.map((residual, i) => ({x: points.prediction[i], y: residual}))}, pointStyle(points, colours, "vermilion")),
                      guideLine([{x: x.min, y: 0}, {x: x.max, y: 0}], colours.faint, "no error")]},
    options: chartOptions(colours, scaleOptions(colours, "predicted " + axis.axis, x), scaleOptions(colours, "predicted − listeners", withMargin(-largest, largest)), clipLines(axis))
  }), "A clip above 0 is overrated. A slope means that the predictions are too timid or too bold, a cloud off the line that they are biased, and a funnel that some scores are more certain than others." + sampleWords(axis), () => clipValues(axis, true));
}

function axisPlots(data, axis) {
  const grid = element("div", {class: "plots"});
  if (axis.systems.some(row => row.label)) grid.append(systemScatter(data, axis), rankScatter(axis));
  grid.append(clipScatter(data, axis));
  if (axis.same_scale) grid.append(residualPlot(axis));
  return grid;
}
