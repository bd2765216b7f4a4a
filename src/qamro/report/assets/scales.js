// A scale: {low, high, ticks, places}. What a reader compares with is the model's own scale, not the data's range.
function scaleOf(given, values) {
  const [least, most] = [smallest(values), greatest(values)];
  const spread = most - least;
  const step = given ? evenStep(given[1] - given[0]) : roundStep(spread > 0 ? spread / 4 : Math.max(1, Math.abs(most)) / 4);
  let [low, high] = given || [Math.floor(least / step) * step, Math.ceil(most / step) * step];
  if (!given && high === low) [low, high] = [low - step, high + step];
  // A value outside a stated scale is still drawn where it is.
  if (least < low) low -= step * Math.ceil((low - least) / step);
  if (most > high) high += step * Math.ceil((most - high) / step);
  const count = Math.round((high - low) / step);
  const shown = Math.max(1, Math.ceil(count / 10));  // of a scale that far values widened, some ticks
  const ticks = [];
  for (let i = 0; i <= count; i += shown) ticks.push(low + i * step);
  return {low, high, ticks, places: Math.max(placesOf(step), placesOf(low))};
}

// Decimals that write a round number in full.
function placesOf(number) {
  for (let places = 0; places < 6; ++places)
    if (Math.abs(number * 10 ** places - Math.round(number * 10 ** places)) < 1e-6) return places;
  return 6;
}

// 1, 2 or 5 times a power of ten, at least as large as the number.
function roundStep(atLeast) {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= atLeast * (1 - 1e-9));
}

// The smallest round step that divides the range into five parts or fewer: 1 of 1 to 5, 3 of 1 to 10, 20 of 0 to 100.
function evenStep(range) {
  const power = 10 ** Math.floor(Math.log10(range) - 1);
  const steps = [1, 2, 3, 5, 10, 20, 25, 30, 50, 100].map(factor => factor * power);
  const divides = step => Math.abs(range / step - Math.round(range / step)) < 1e-9;
  return steps.find(step => range / step < 5 + 1e-9 && divides(step)) || range / 4;
}
