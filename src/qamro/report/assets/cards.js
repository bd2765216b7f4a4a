// {"model": {"name": "x"}} → rows "model › name | x".
function flattened(value, path) {
  const isBranch = value !== null && typeof value === "object" && !(Array.isArray(value) && value.every(item => item === null || typeof item !== "object"));
  if (!isBranch) return [[path.join(" › "), Array.isArray(value) ? value.join(", ") : value === null ? kNothing : String(value)]];
  return Object.entries(value).flatMap(([name, inner]) => flattened(inner, path.concat(name)));
}

function cardsSection(data) {
  if (data.cards.length === 0) return null;
  const section = element("section", {id: "cards"}, element("h2", null, "Data and model"));
  for (const card of data.cards)
    section.append(element("details", {class: "card"}, element("summary", null, card.title),
      buildTable([{title: "what", sort: false}, {title: "value", sort: false}], flattened(card.document, []), null, card.title)));
  section.append(element("p", {class: "note paper-only"}, "The file that this was printed from holds " + data.cards.map(card => "“" + card.title + "”").join(", ") + "."));
  return section;
}

function methodSection(data) {
  const section = element("section", {id: "method"}, element("h2", null, "How it was computed"), data.method.map(text => element("p", null, text)));
  if (data.command) section.append(element("pre", null, data.command));
  section.append(element("p", {class: "note"}, "qamro " + data.version + ". The page's own data, the element with the id qamro-data, also holds every number on this page."));
  return section;
}
