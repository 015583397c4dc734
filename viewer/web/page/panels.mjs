// SPDX-License-Identifier: Apache-2.0
// What stands beside the drawing: facts of the files, errors, what was picked, legend, help. Texts go in as text, never as markup.
import {drawHistogram, lengthText} from './histogram.mjs';

export const byId = (id) => document.getElementById(id);

export function make(name, text = '', children = [], attributes = {}) {
  const made = document.createElement(name);
  if (text !== '') made.textContent = text;
  made.append(...children);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function tableOf(rows, heading = null) {
  const row = (cells, kind) => make('tr', '', cells.map((cell) => make(kind, cell)));
  return make('table', '', [...(heading ? [row(heading, 'th')] : []), ...rows.map((cells) => row(cells, 'td'))]);
}

const grouped = (count) => count.toLocaleString('en-US').replaceAll(',', '\u202f');

export function showFiles(about) {
  const words = about.sides.length === 2 ? ['original', 'decoded'] : [''];
  byId('files').replaceChildren(make('h2', about.sides.length === 2 ? 'Files' : 'File'), ...about.sides.flatMap((side, i) => [
    make('h3', side.name, [make('small', `${words[i]}${words[i] ? ', ' : ''}${side.kind === 'mesh' ? `${grouped(side.count)} vertices, ${grouped(side.triangles)} triangles` : `${grouped(side.count)} ${side.kind}`}${about.frames > 1 ? ' in this frame' : ''}`)]),
    tableOf(side.info.map(({name, value}) => [name, value])),
    ...side.warnings.map((warning) => make('p', warning, [], {class: 'warning'})),
  ]));
}

/** `differenceDb`: of splats' pictures; null where none was drawn. */
export function showErrors(about, histogram, limit, differenceDb) {
  byId('error-section').hidden = !about.errors;
  if (!about.errors) return;
  const {matching, max, rms} = about.errors;
  const splats = about.sides[0].kind === 'splats', unit = splats ? '' : 'm';
  const rows = [[splats ? 'largest shift' : 'largest error', lengthText(max, unit)], ['root mean square', lengthText(rms, unit)]];
  if (histogram) rows.push(['median', lengthText(histogram.median, unit)], ['99 %', lengthText(histogram.p99, unit)]);
  if (differenceDb !== null) rows.push(['this picture', Number.isFinite(differenceDb) ? `${differenceDb.toFixed(2)} dB` : 'equal']);
  rows.push(['partners', matching === 'order' ? 'same order' : about.sides[0].kind === 'mesh' ? 'surfaces' : `nearest ${splats ? 'centres' : 'points'}`]);
  byId('error-facts').replaceChildren(tableOf(rows));
  if (histogram) drawHistogram(byId('histogram'), byId('histogram-ends'), histogram, limit);
}

/** `bits`: null before `measure` was called. */
export function showBits(bits, measure) {
  const section = byId('bits-section'), open = new Set([...section.querySelectorAll('details[open]')].map(({id}) => id));
  if (!bits) {
    const button = make('button', 'Measure coded bits', [], {id: 'measure-bits', title: 'takes as long as decoding (b)'});
    button.addEventListener('click', measure);
    return section.replaceChildren(make('h2', 'Where the bytes go'), button);
  }
  const tables = [['by part', bits.byPart], ['by slice', bits.bySlice], ['by laser', bits.byRing], ['by region', bits.byRegion]];
  section.replaceChildren(make('h2', 'Where the bytes go'), ...tables.filter(([, rows]) => rows.length > 0).map(([name, rows], i) => {
    const most = Math.max(1, ...rows.map(({bytes}) => bytes));
    const details = make('details', '', [make('summary', name), make('table', '', rows.map(({name, bytes, points}) => make('tr', '', [
      make('td', name), make('td', grouped(Math.round(bytes)), [], {style: `--share: ${(100 * Math.max(0, bytes) / most).toFixed(1)}%`, class: 'share'}),
      make('td', points > 0 ? `${(8 * bytes / points).toFixed(2)} bits` : ''),
    ])))], {id: `bits-${i}`});
    details.open = i === 0 || open.has(details.id);
    return details;
  }));
}

export function showPick(pick) {
  byId('pick-section').hidden = !pick;
  if (!pick) return;
  const decoded = new Map(pick.decoded.map(({name, value}) => [name, value]));
  const withUnit = ({value, unit}) => unit ? `${value} ${unit}` : value;
  const rows = pick.original.map((fact) => decoded.size > 0 ? [fact.name, fact.value, decoded.get(fact.name) ?? ''] : [fact.name, withUnit(fact)]);
  byId('pick').replaceChildren(
      ...(pick.errors.length > 0 ? [tableOf(pick.errors.map((fact) => [fact.name, withUnit(fact)]))] : []),
      tableOf(rows, decoded.size > 0 ? ['', 'original', 'decoded'] : null));
}

/** `rgb`: 256 colours, three floats each. Hidden where nothing is coloured by numbers. */
export function showLegend(colouring, rgb) {
  const shown = colouring && colouring.attribute !== '' && !colouring.ownColours;
  byId('legend').hidden = !shown;
  if (!shown) return;
  const {title, ticks} = colouring.legend;
  byId('legend-title').textContent = title;
  const context = byId('legend-bar').getContext('2d'), pixels = context.createImageData(256, 1);
  for (let i = 0; i < 256; ++i) pixels.data.set([...rgb.subarray(3 * i, 3 * i + 3)].map((part) => 255 * part).concat(255), 4 * i);
  context.putImageData(pixels, 0, 0);
  byId('legend-ticks').replaceChildren(...ticks.map(({place, text}) => make('span', text, [], {style: `left: ${(100 * place).toFixed(2)}%`})));
}

export function showLabels(panes, texts, scale) {
  byId('labels').replaceChildren(...panes.map(({shows, clip}) => {
    const width = clip.width / scale - 24;
    return make('span', texts[shows], [], {style: width < 60 ? 'display: none' : `left: ${clip.x / scale + 13}px; max-width: ${width}px`});
  }));
}

const KEYS = [
  ['drag, one finger', 'orbit'],
  ['right drag, shift drag, two fingers', 'move sideways'],
  ['wheel, pinch', 'nearer and farther'],
  ['click, tap', 'fields, error and coded bits of a point, splat or vertex'],
  ['1 … 7', 'original, decoded, side, split, blink, difference, three'],
  ['Tab', 'the other file (blink)'],
  ['c', 'next colour'],
  ['b', 'where the bytes go'],
  ['w a s d q e', 'fly'],
  ['r, t, o', 'first view, from above, from outside'],
  ['space, ← →', 'play, frame by frame'],
  ['i', 'panel'],
  ['?', 'this help'],
];

export function showHelp() {
  const help = byId('help');
  if (help.childElementCount === 0) {
    const close = make('form', '', [make('button', 'Close')], {method: 'dialog'});
    help.append(make('h2', 'Mouse, fingers and keys'), tableOf(KEYS), make('p', 'Drop one or two .dew files here to look at them instead.'), close);
  }
  help.showModal();
}

/** A sentence in the middle of the page; an empty one takes it away. */
export function showNotice(title, text = '') {
  const notice = byId('notice');
  notice.classList.toggle('shown', title !== '');
  notice.replaceChildren(...(title ? [make('div', '', [make('h1', title), ...(text ? [make('p', text)] : [])])] : []));
}
