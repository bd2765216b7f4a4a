// Colours as the style sheet has them now; charts are drawn again when they change, and for paper.
function theme() {
  const style = getComputedStyle(document.documentElement);
  const colours = {};
  for (const name of ["ground", "ink", "quiet", "rule", "blue", "vermilion", "green", "purple", "faint", "band"])
    colours[name] = style.getPropertyValue("--" + name).trim();
  return colours;
}

function faded(colour, share) {
  const [red, green, blue] = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
  return "rgba(" + red + "," + green + "," + blue + "," + share + ")";
}

const drawings = [];  // {canvas, configure, chart}

function draw(drawing) {
  if (drawing.chart) drawing.chart.destroy();
  const configuration = drawing.configure(theme());
  const onPaper = document.documentElement.dataset.theme === "light";
  configuration.options.devicePixelRatio = onPaper ? 3 : undefined;
  drawing.chart = new Chart(drawing.canvas, configuration);
}

// configure(colours) → a Chart.js configuration. The caption is what a reader without the drawing gets.
function plot(configure, caption) {
  const canvas = element("canvas", {role: "img", "aria-label": caption});
  drawings.push({canvas, configure, chart: null});
  return element("div", {class: "plot"}, canvas);
}

function drawAll() {
  drawings.forEach(draw);
}

function followTheme() {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  const paper = isPaper => {
    if (isPaper === (document.documentElement.dataset.theme === "light")) return;
    if (isPaper) document.documentElement.dataset.theme = "light";
    else delete document.documentElement.dataset.theme;
    drawAll();
  };
  matchMedia("print").addEventListener("change", event => paper(event.matches));
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
}
