const kTitles = {ranking: "Ranking", agreement: "Agreement", parts: "Parts", runs: "Training", clips: "Clips", cards: "Data and model", method: "Method"};

function build() {
  const data = JSON.parse(document.getElementById("qamro-data").textContent);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  glance(data);
  const sections = [rankingSection(data), data.results ? agreementSection(data) : null, partsSection(data), figuresSection(data),
                    clipsSection(data), cardsSection(data), methodSection(data)].filter(Boolean);
  document.getElementById("report").append(...sections);
  document.getElementById("contents").append(...sections.map(section => element("a", {href: "#" + section.id}, kTitles[section.id])));
  drawAll();
  followTheme();
  document.documentElement.dataset.ready = "yes";
}

addEventListener("DOMContentLoaded", build);
