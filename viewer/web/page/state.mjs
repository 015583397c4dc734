// SPDX-License-Identifier: Apache-2.0
// What a link to a view says: everything that a person chose, after the '#' of the address.
//
//   const state = readState(location.hash);           // {mode: 'split', camera: [...], ...}; only what is there and makes sense
//   history.replaceState(null, '', writeState(state));

export const MODES = ['original', 'decoded', 'side', 'split', 'blink', 'difference', 'three'];
const CAMERA_NUMBERS = 23;

const readers = {
  mode: (text) => MODES.includes(text) ? text : undefined,
  colour: (text) => text,
  split: (text) => within(Number(text), 0, 1),
  limit: (text) => Number(text) > 0 && Number.isFinite(Number(text)) ? Number(text) : undefined,
  size: (text) => within(Number(text), 1, 64),
  frame: (text) => /^\d+$/.test(text) ? Number(text) : undefined,
  panel: (text) => text === '1',
  ui: (text) => text !== '0',
  camera(text) {
    const numbers = text.split(',').map(Number);
    return numbers.length === CAMERA_NUMBERS && numbers.every(Number.isFinite) ? numbers : undefined;
  },
};

function within(value, low, high) {
  return value >= low && value <= high ? value : undefined;
}

export function readState(hash) {
  const state = {};
  for (const [key, text] of new URLSearchParams(hash.replace(/^#/, ''))) {
    const value = readers[key]?.(text);
    if (value !== undefined) state[key] = value;
  }
  return state;
}

export function writeState({mode, colour, split, limit, size, frame, panel, ui, camera}) {
  const parts = {mode, colour, split: mode === 'split' ? split.toFixed(3) : undefined, limit, size, frame: frame || undefined, panel: panel ? '1' : '0',
    ui: ui ? undefined : '0', camera: Array.from(camera, (number) => Number(number.toPrecision(7))).join()};
  const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== null);
  return '#' + given.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2C', ',')}`).join('&');
}
