// SPDX-License-Identifier: Apache-2.0
// Where the page's bytes come from: elements of the page, files beside it, or files dropped onto it.
import {DewError} from './module.mjs';

export function bytesOfBase64(text) {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export async function moduleBytes() {
  if (!globalThis.DecompressionStream || !globalThis.WebAssembly) throw new DewError('unsupported_feature', 'This browser is too old for this page: it lacks WebAssembly or DecompressionStream (Chrome 91, Firefox 113, Safari 16.4 have both).');
  const packed = new Blob([bytesOfBase64(document.getElementById('module').textContent)]);
  return new Response(packed.stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

/** [{name, bytes}] of the files that the page was written with. */
export function filesOfPage(start) {
  return Promise.all(start.files.map(async ({name, location: from}, i) => {
    if (!from) return {name, bytes: bytesOfBase64(document.getElementById(`file-${i}`).textContent)};
    if (location.protocol === 'file:') throw new DewError('io', `This page fetches ${from}, which browsers allow from a web server alone: run "python3 -m http.server" in its folder and open it from there.`);
    const answer = await fetch(from);
    if (!answer.ok) throw new DewError('io', `${from} was not there: ${answer.status} ${answer.statusText}`);
    return {name, bytes: new Uint8Array(await answer.arrayBuffer())};
  }));
}

/** Calls `open` with one or two .dew files that are dropped onto the page. */
export function acceptDrops(open) {
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', async (event) => {
    event.preventDefault();
    const files = Array.from(event.dataTransfer.files).slice(0, 2);
    if (files.length === 0) return;
    open(await Promise.all(files.map(async (file) => ({name: file.name, bytes: new Uint8Array(await file.arrayBuffer())}))));
  });
}
