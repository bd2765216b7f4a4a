const kLists = {
  best: ["Best", "The clips with the highest predictions."],
  worst: ["Worst", "The clips with the lowest predictions."],
  surprising: ["Most surprising", null]
};

function player(clip, name) {
  if (!clip.audio) return null;
  return element("audio", {controls: true, preload: "none", src: clip.audio, "aria-label": name});
}

function clipTable(axis, clips, name, caption) {
  const systems = clips.some(clip => clip.system);
  // With the system beside it, a file's own name is enough.
  const names = systems ? clips.map(clip => clipNames([clip.key])[0]) : clipNames(clips.map(clip => clip.key));
  const heard = clips.some(clip => clip.audio);
  const columns = [{title: "clip", class: "clip"}];
  if (systems) columns.push({title: "system", class: "name"});
  columns.push({title: "predicted", numeric: true, places: placesFor(clips.map(clip => clip.prediction))});
  if (axis.labelled) columns.push({title: "listeners", numeric: true, places: placesFor(clips.map(clip => clip.label))});
  if (heard) columns.push({title: "listen", sort: false, class: "listen"});
  const rows = clips.map((clip, i) => {
    const cells = [{value: names[i], node: shortened(names[i], 48), title: clip.key}];
    if (systems) cells.push(clip.system);
    cells.push(clip.prediction);
    if (axis.labelled) cells.push(clip.label);
    if (heard) cells.push(player(clip, names[i]));
    return cells;
  });
  return buildTable(columns, rows, name, caption, "clips");
}

function surprisingWords(axis) {
  return axis.labelled ? "Where predictions and listeners disagree most about a clip's place among all clips."
                       : "Furthest from the mean of their own system: its best luck and its accidents.";
}

function clipsSection(data) {
  const axes = data.axes.filter(axis => axis.choice.best.length > 0);
  if (axes.length === 0) return null;
  const section = element("section", {id: "clips"}, element("h2", null, "Clips worth hearing"));
  const silent = axes.every(axis => Object.values(axis.choice).every(list => list.every(clip => !clip.audio)));
  if (silent) section.append(element("p", {class: "note"}, "The sound files were not found beside the predictions, so there are no players."));
  if (data.audio_too_large > 0) section.append(element("p", {class: "note"}, count(data.audio_too_large, "file was", "files were") + " too large to embed; the player opens the original file."));
  for (const axis of axes) {
    const lists = element("div", {class: "lists"});
    for (const [list, [title, words]] of Object.entries(kLists)) {
      if (axis.choice[list].length === 0) continue;
      lists.append(element("div", {class: "list"}, element("h3", null, (data.axes.length > 1 ? axis.axis + ": " : "") + title),
                             clipTable(axis, axis.choice[list], list + "-" + data.axes.indexOf(axis), words || surprisingWords(axis))));
    }
    section.append(lists);
  }
  return section;
}
