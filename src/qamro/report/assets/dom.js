// element("td", {class: "number"}, "3.5", child, ...): text stays text, whatever it holds.
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  for (const child of children.flat())
    if (child !== null && child !== undefined) node.append(child);
  return node;
}

const kNothing = "–";

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// The text of a number halfway between two is the even one, as on the command line; toFixed() takes the greater.
function fixedText(value, places) {
  const text = value.toFixed(places);
  const isHalfway = Math.abs(value) < 1e15 && /^50*$/.test(value.toFixed(60).split(".")[1].slice(places));
  if (!isHalfway || Number(text.at(-1)) % 2 === 0) return text;
  return (value - Math.sign(value) * 10 ** -(places + 1)).toFixed(places);
}

// With a true minus sign; "–" where there is no number.
function decimals(value, places) {
  if (!isNumber(value)) return kNothing;
  const text = fixedText(value, places);
  return text.startsWith("-") ? (Number(text) === 0 ? text.slice(1) : "−" + text.slice(1)) : text;
}

function range(interval, places) {
  return interval ? "[" + decimals(interval[0], places) + ", " + decimals(interval[1], places) + "]" : "";
}

// As many decimals as numbers of this size need to be told apart: 3.85, 55.5, 0.972.
function placesFor(values) {
  const largest = Math.max(greatest(values), -smallest(values), 0);
  return largest >= 1000 ? 0 : largest >= 20 ? 1 : 2;
}

function count(number, one, many) {
  return number.toLocaleString("en") + " " + (number === 1 ? one : many);
}

function shortened(text, most) {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return characters.slice(0, most - 1 - half).join("") + "…" + characters.slice(-half).join("");
}

// Names of the clips' files without their folders; with the last folder where two would be the same.
function clipNames(keys) {
  const tails = parts => keys.map(key => key.split("/").slice(-parts).join("/"));
  const names = tails(1);
  return new Set(names).size === new Set(keys).size ? names : tails(2);
}

function smallest(values) {
  return values.reduce((low, value) => (isNumber(value) && value < low ? value : low), Infinity);
}

function greatest(values) {
  return values.reduce((high, value) => (isNumber(value) && value > high ? value : high), -Infinity);
}
