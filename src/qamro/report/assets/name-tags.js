// Where a point's name may stand: beside it, above, below, and further off, joined by a line.
const kTagPlaces = [8, 22, 38].flatMap(far => [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]].map(([dx, dy]) => ({dx, dy, far})));

function tagBox(point, width, place) {
  const x = point.x + place.dx * place.far, y = point.y + place.dy * Math.max(place.far, 13);
  const left = place.dx > 0 ? x : place.dx < 0 ? x - width : x - width / 2;
  return {left, top: y - 7, right: left + width, bottom: y + 7, place};
}

function overlap(a, b) {
  return a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom;
}

// The first place of each name that hits no point and no other name; none if there is no room.
function placeTags(points, widths, area) {
  const taken = points.map(point => ({left: point.x - 6, top: point.y - 6, right: point.x + 6, bottom: point.y + 6}));
  return points.map((point, i) => {
    const isFree = box => box.left > area.left && box.right < area.right && box.top > area.top && box.bottom < area.bottom && !taken.some(other => overlap(box, other));
    const box = kTagPlaces.map(place => tagBox(point, widths[i], place)).find(isFree);
    if (box) taken.push(box);
    return box || null;
  });
}

function drawTag(ctx, point, box, text) {
  const y = (box.top + box.bottom) / 2;
  if (box.place.far > 8) {
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle;
    ctx.lineWidth = 0.7;
    ctx.beginPath();
    ctx.moveTo(point.x, point.y);
    ctx.lineTo(Math.min(Math.max(point.x, box.left), box.right), Math.min(Math.max(point.y, box.top), box.bottom));
    ctx.stroke();
    ctx.restore();
  }
  ctx.strokeText(text, box.left, y);  // a halo, so that lines do not cross it
  ctx.fillText(text, box.left, y);
}

// Names beside the points of datasets with "names", as far as there is room for them; chart.tags holds their boxes.
const nameTags = {
  id: "nameTags",
  afterDatasetsDraw(chart) {
    const {ctx, chartArea: area} = chart;
    chart.data.datasets.forEach((dataset, index) => {
      if (!dataset.names) return;
      const points = chart.getDatasetMeta(index).data;
      const texts = dataset.names.map(name => shortened(name, 20));
      ctx.save();
      Object.assign(ctx, {font: "11px " + Chart.defaults.font.family, fillStyle: dataset.nameColour, strokeStyle: dataset.haloColour, lineWidth: 3, lineJoin: "round", textBaseline: "middle"});
      chart.tags = placeTags(points, texts.map(text => ctx.measureText(text).width), area);
      chart.tags.forEach((box, i) => { if (box) drawTag(ctx, points[i], box, texts[i]); });
      ctx.restore();
    });
  }
};
