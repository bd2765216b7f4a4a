// Chart.js draws no intervals: a line from low to high through each point of datasets with "intervals".
const whiskers = {
  id: "whiskers",
  beforeDatasetDraw(chart, {index}) {
    const {intervals, horizontal, borderColor} = chart.data.datasets[index];
    if (!intervals && !horizontal) return;
    const {ctx, chartArea: area, scales: {x, y}} = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.width, area.height);
    ctx.clip();
    ctx.beginPath();
    ctx.strokeStyle = typeof borderColor === "string" ? borderColor : "#888";
    ctx.globalAlpha = chart.data.datasets[index].data.length > 200 ? 0.2 : 0.5;
    ctx.lineWidth = 1.5;
    chart.getDatasetMeta(index).data.forEach((point, i) => {
      if (intervals && intervals[i]) { ctx.moveTo(point.x, y.getPixelForValue(intervals[i][0])); ctx.lineTo(point.x, y.getPixelForValue(intervals[i][1])); }
      if (horizontal && horizontal[i]) { ctx.moveTo(x.getPixelForValue(horizontal[i][0]), point.y); ctx.lineTo(x.getPixelForValue(horizontal[i][1]), point.y); }
    });
    ctx.stroke();
    ctx.restore();
  }
};

function scaleOptions(colours, title, extra) {
  return Object.assign({
    type: "linear",
    title: {display: true, text: title, color: colours.quiet},
    grid: {color: colours.rule, drawTicks: false},
    border: {color: colours.rule},
    ticks: {color: colours.quiet, padding: 6, maxTicksLimit: 8, includeBounds: false}
  }, extra);
}

// lines(item) → the tooltip's lines for a point.
function chartOptions(colours, x, y, lines) {
  return {
    responsive: true, maintainAspectRatio: false, animation: false, normalized: true,
    interaction: {mode: "nearest", intersect: true},
    scales: {x: x, y: y},
    plugins: {
      legend: {display: false},
      tooltip: {
        filter: item => !item.dataset.quiet, displayColors: false, backgroundColor: colours.ink, bodyColor: colours.ground,
        callbacks: {title: () => "", label: item => lines(item)}
      }
    }
  };
}

function guideLine(points, colour, name) {
  return {label: name, data: points, showLine: true, pointRadius: 0, pointHitRadius: 0, borderColor: colour, borderWidth: 1.5,
          borderDash: [6, 4], quiet: true, order: 10};
}

function withMargin(low, high) {
  const margin = high > low ? 0.05 * (high - low) : Math.max(0.5, 0.05 * Math.abs(high));
  return {min: low - margin, max: high + margin};
}
