// SPDX-License-Identifier: Apache-2.0
// Size of the module, and time to decode files in it beside the native decoder on one thread. Medians of five.
//   node tests/web/bench.mjs build/release/wasm/bin/dew.wasm build/release/bin/dew FILE.dew...
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {performance} from 'node:perf_hooks';
import {brotliCompressSync, gzipSync} from 'node:zlib';
import {loadModule} from '../../viewer/web/page/module.mjs';

const [wasmPath, dewPath, ...files] = process.argv.slice(2);
const wasm = readFileSync(wasmPath);
console.log(`module: ${wasm.length} bytes, gzip -9 ${gzipSync(wasm, {level: 9}).length}, brotli -11 ${brotliCompressSync(wasm).length}`);

const REPEATS = 5;
function medianMs(run) {
  const times = [];
  for (let i = 0; i <= REPEATS; ++i) {
    const begin = performance.now();
    run();
    if (i > 0) times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[REPEATS >> 1];
}

// `dew verify` reads and decodes; of splats and meshes, which it decodes twice, `dew decode` writes what they hold to a pipe. A run on an empty cloud takes
// the start of the program off.
const dew = await loadModule(wasm);
const emptyCloud = new URL('../golden/v0/empty_cloud.dew', import.meta.url).pathname;
const SPLATS = 3, MESH = 4, KIND_AT = 4;
const words = (file, kind) => kind === SPLATS || kind === MESH ? ['decode', '--threads', '1', file, '-'] : ['verify', '--threads', '1', file];
const native = (file, kind) => execFileSync(dewPath, words(file, kind), {stdio: 'ignore'});
const startMs = medianMs(() => native(emptyCloud));
for (const file of files) {
  const bytes = readFileSync(file);
  const nativeMs = medianMs(() => native(file, bytes[KIND_AT])) - startMs;
  const wasmMs = medianMs(() => dew.decode(bytes));
  console.log(`${file}: native ${nativeMs.toFixed(1)} ms, wasm ${wasmMs.toFixed(1)} ms, ratio ${(wasmMs / nativeMs).toFixed(2)}`);
}
