// SPDX-License-Identifier: Apache-2.0
// A histogram as the module counts it (bins that grow evenly in the logarithm), drawn into an <svg>.

const WIDTH = 280, HEIGHT = 92;

/** Four digits or less, lengths in the unit that suits. */
export function lengthText(metres, unit) {
  if (!Number.isFinite(metres)) return 'infinite';  // null in JSON
  if (unit !== 'm') return `${Number(metres.toPrecision(4))}${unit ? ' ' + unit : ''}`;
  const [size, name] = metres < 0.5e-3 ? [1e-6, 'µm'] : metres < 0.1 ? [1e-3, 'mm'] : metres < 1 ? [1e-2, 'cm'] : [1, 'm'];
  return metres === 0 ? '0' : `${Number((metres / size).toPrecision(4))} ${name}`;
}

/** `limit`: where the colours end; a dashed line. */
export function drawHistogram(svg, ends, histogram, limit) {
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  const {counts, edges, unit} = histogram;
  svg.toggleAttribute('hidden', counts.length === 0);
  const most = Math.max(1, ...counts), step = WIDTH / Math.max(1, counts.length);
  const bars = counts.map((count, i) => {
    const height = count === 0 ? 0 : Math.max(1.5, (HEIGHT - 2) * count / most);
    const bar = element('rect', {x: i * step + 0.5, y: HEIGHT - height, width: Math.max(0.5, step - 1), height, rx: 1});
    bar.append(element('title', {}, `${lengthText(edges[i], unit)} to ${lengthText(edges[i + 1], unit)}: ${count}`));
    return bar;
  });
  const place = edges.length > 1 ? WIDTH * Math.log(limit / edges[0]) / Math.log(edges.at(-1) / edges[0]) : -1;
  if (place > 0 && place < WIDTH) bars.push(element('line', {x1: place, x2: place, y1: 0, y2: HEIGHT}));
  svg.replaceChildren(...bars);
  ends.replaceChildren(...(edges.length > 0 ? [edges[0], edges.at(-1)] : []).map((edge) => {
    const text = document.createElement('span');
    text.textContent = lengthText(edge, unit);
    return text;
  }));
}

function element(name, attributes, text = '') {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
