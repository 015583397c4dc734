// SPDX-License-Identifier: Apache-2.0
// Mouse, touch and keys become calls of `act`:
//   orbit(yaw, pitch)  pan(x, y, dx, dy)  zoom(factor)  fly(forward, right, up)  pick(x, y)  key(name)
// Places are pixels of CSS from the upper left corner.

const ORBIT_RAD_PER_PX = 0.006;
const CLICK_PX = 5;

export function listen(canvas, act) {
  const pointers = new Map();
  let travelled = 0;
  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    canvas.focus();
    if (pointers.size === 0) travelled = 0;
    pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
    canvas.classList.add('dragged');
  });
  canvas.addEventListener('pointermove', (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const dx = event.clientX - last.x, dy = event.clientY - last.y;
    travelled += Math.abs(dx) + Math.abs(dy);
    const before = spread(pointers);
    Object.assign(last, {x: event.clientX, y: event.clientY});
    if (pointers.size >= 2) {
      const after = spread(pointers);
      if (before > 0 && after > 0) act.zoom(before / after);
      act.pan(last.x, last.y, dx / pointers.size, dy / pointers.size);
    } else if (event.buttons & 6 || event.shiftKey) {
      act.pan(last.x, last.y, dx, dy);
    } else {
      act.orbit(-ORBIT_RAD_PER_PX * dx, ORBIT_RAD_PER_PX * dy);
    }
  });
  const lift = (event) => {
    const known = pointers.delete(event.pointerId);
    if (pointers.size === 0) canvas.classList.remove('dragged');
    if (known && event.type === 'pointerup' && pointers.size === 0 && travelled < CLICK_PX && event.button === 0) act.pick(event.clientX, event.clientY);
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    act.zoom(Math.exp(Math.min(1, Math.max(-1, event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)))));
  }, {passive: false});
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.('input, select, textarea') || document.querySelector('dialog[open]')) return;
    const flight = FLIGHT[event.key.toLowerCase()];
    if (flight) act.fly(...flight);
    else if (!act.key(event.key)) return;
    event.preventDefault();
  });
}

const FLIGHT = {w: [1, 0, 0], s: [-1, 0, 0], a: [0, -1, 0], d: [0, 1, 0], e: [0, 0, 1], q: [0, 0, -1]};

function spread(pointers) {
  const [a, b] = pointers.values();
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
}

/** A handle that is moved sideways: calls move(x). */
export function listenToSplit(handle, move) {
  handle.addEventListener('pointerdown', (event) => {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  handle.addEventListener('pointermove', (event) => {
    if (handle.hasPointerCapture(event.pointerId)) move(event.clientX);
  });
}
