// SPDX-License-Identifier: Apache-2.0
// The decoder as WebAssembly against the goldens: the same contents to the bit, the same refusals, and no trap on damaged files.
//   DEW_WASM=build/release/wasm/bin/dew.wasm|viewer/web/stored/dew.wasm.gz DEW_SOURCE_DIR=. node --test tests/web/decode_test.mjs
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {gunzipSync} from 'node:zlib';
import {DewError, loadModule} from '../../viewer/web/page/module.mjs';
import {readState, writeState} from '../../viewer/web/page/state.mjs';

const source = process.env.DEW_SOURCE_DIR;
const file = readFileSync(process.env.DEW_WASM);
const wasm = process.env.DEW_WASM.endsWith('.gz') ? gunzipSync(file) : file;
const GOLDEN_FOLDERS = ['tests/golden/v0', 'tests/golden/v0/splats', 'tests/golden/v0/sequences'];
const WITH_REJECTS = GOLDEN_FOLDERS.slice(0, 2);

function goldens(folder) {
  return readFileSync(join(source, folder, 'list.txt'), 'utf8').trim().split('\n').map((line) => {
    const [name, expected] = line.split(' ');
    return {name, expected, bytes: readFileSync(join(source, folder, `${name}.dew`))};
  });
}

test('the module has every call that its wrapper makes', async () => {
  const there = new Set(WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({name}) => name));
  const called = readFileSync(join(source, 'viewer/web/page/module.mjs'), 'utf8').match(/(?<=calls\.)dew_\w+/g);
  assert.ok(called.length > 20);
  for (const name of called) assert.ok(there.has(name), name);
});

for (const folder of GOLDEN_FOLDERS) {
  test(`${folder}: files decode to their contents`, async () => {
    const dew = await loadModule(wasm);
    const whole = goldens(folder).filter(({name}) => !name.startsWith('reject_'));
    assert.ok(whole.length >= 5);
    for (const {name, expected, bytes} of whole) {
      assert.equal(dew.decode(bytes), expected, name);
    }
  });

  if (WITH_REJECTS.includes(folder)) test(`${folder}: rejects are refused with their codes and a sentence`, async () => {
    const dew = await loadModule(wasm);
    const rejects = goldens(folder).filter(({name}) => name.startsWith('reject_'));
    assert.ok(rejects.length >= 3);
    for (const {name, expected, bytes} of rejects) {
      assert.throws(() => dew.open(0, name, bytes), (error) => error instanceof DewError && error.code === expected && error.message.length > 10, name);
    }
  });

  test(`${folder}: no flipped byte and no cut traps`, async () => {
    const dew = await loadModule(wasm);
    for (const {name, bytes} of goldens(folder)) {
      for (let i = 0; i < bytes.length; i += Math.ceil(bytes.length / 60)) {
        const flipped = Uint8Array.from(bytes);
        flipped[i] ^= 0x41;
        for (const damaged of [flipped, bytes.subarray(0, i)]) {
          assert.throws(() => dew.open(0, name, damaged), (error) => error instanceof DewError && error.code !== 'internal', `${name} at ${i}`);
        }
      }
    }
    // It still works.
    const {name, expected, bytes} = goldens(folder)[0];
    assert.equal(dew.decode(bytes), expected);
  });
}

test('meshes decode to the content whose SHA-256 they carry, and damaged ones are refused', async () => {
  const dew = await loadModule(wasm);
  const folder = join(source, 'tests/golden/v0/meshes');
  const names = readdirSync(folder).filter((name) => name.endsWith('.dew'));
  assert.ok(names.length >= 5);
  for (const name of names) {
    const bytes = readFileSync(join(folder, name));
    assert.match(dew.decode(bytes), /^[0-9a-f]{64}$/, name);
    for (let i = 0; i < bytes.length; i += Math.ceil(bytes.length / 40)) {
      const flipped = Uint8Array.from(bytes);
      flipped[i] ^= 0x41;
      for (const damaged of [flipped, bytes.subarray(0, i)]) {
        assert.throws(() => dew.open(0, name, damaged), (error) => error instanceof DewError && error.code !== 'internal', `${name} at ${i}`);
      }
    }
  }
});

const run = (program, ...words) => execFileSync(join(process.env.DEW_BIN_DIR, program), words, {stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8'});

test('a pair of meshes: places as the native decoder writes them, surface distances, histogram, pick', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dew-mesh-'));
  try {
    const original = join(folder, 'a.ply'), exact = join(folder, 'a.dew'), coded = join(folder, 'b.dew'), native = join(folder, 'b.ply');
    run('dew', 'decode', join(source, 'tests/golden/v0/meshes/sphere_rms.dew'), original);
    run('dew', 'encode', '--lossless', original, exact);
    run('dew', 'encode', '--max-error', '0.02', original, coded);
    run('dew', 'decode', coded, native);
    const dew = await loadModule(wasm);
    dew.open(0, 'a', readFileSync(exact));
    dew.open(1, 'b', readFileSync(coded));
    const about = dew.showFrame(0);
    assert.equal(about.sides[1].kind, 'mesh');
    assert.ok(about.errors.max > 0 && about.errors.max <= 0.02);
    // The vertices of a binary PLY without other properties lie at its head's end.
    const ply = readFileSync(native);
    const head = ply.indexOf('end_header') + 'end_header\n'.length;
    const places = Buffer.from(dew.meshPositions(1).slice().buffer);
    assert.deepEqual(ply.subarray(head, head + places.length), places);
    assert.equal(dew.meshTriangles(1).length, 3 * about.sides[1].triangles);
    const error = about.sides[1].attributes.findIndex(({name}) => name === 'error');
    assert.ok(Math.abs(dew.histogram(1, error, 40).max - Math.max(...dew.attributeValues(1, error))) < 1e-9);
    assert.equal(dew.colouring(1, 'normal').attribute, 'normal');
    dew.standardView(0, 4 / 3);
    const [x, y] = dew.project(800, 600, ...dew.meshPositions(1).slice(0, 3));
    const picked = dew.pick(1, 800, 600, x, y);
    assert.ok(picked.decoded.some(({name}) => name === 'vertex') || picked.original.some(({name}) => name === 'vertex'));
    assert.ok(picked.errors.some(({name}) => name === 'error'));
    assert.throws(() => dew.open(1, 'points', readFileSync(join(source, 'tests/golden/v0/points_2cm.dew'))), /of one kind/);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});

test('frames of a sequence: forth, back and anywhere they are the same, and each is compared with that of the other side', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dew-sequence-'));
  try {
    const exact = join(source, 'tests/golden/v0/sequences/scans.dew'), coded = join(folder, 'coded.dew');
    run('dew', 'decode', exact, join(folder, 'frames'));
    const frames = readdirSync(join(folder, 'frames')).sort().map((name) => join(folder, 'frames', name));
    run('dew', 'encode', '--max-error', '5cm', ...frames, coded);
    const dew = await loadModule(wasm);
    dew.open(0, 'original', readFileSync(exact));
    dew.open(1, 'decoded', readFileSync(coded));
    const seen = [];
    for (const frame of [0, 1, 2, 0, 2, 1]) {
      const about = dew.showFrame(frame);
      assert.equal(about.frames, 3);
      assert.equal(about.frame, frame);
      assert.ok(about.errors.max > 0 && about.errors.max <= 0.05, `${frame}: ${about.errors.max}`);
      const xyz = Array.from(dew.pointPositions(1));
      seen[frame] ??= xyz;
      assert.deepEqual(xyz, seen[frame], `frame ${frame}`);
    }
    assert.notDeepEqual(seen[0], seen[1]);
    assert.equal(dew.showFrame(99).frame, 2);
    assert.match(dew.showFrame(0).sides[1].info.find(({name}) => name === 'kind').value, /sequence/);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});

test('seeds of the fuzzers are answered', async () => {
  const dew = await loadModule(wasm);
  const corpus = join(source, 'tests/fuzz/corpus');
  let files = 0;
  for (const fuzzer of readdirSync(corpus)) {
    for (const seed of readdirSync(join(corpus, fuzzer))) {
      try {
        dew.open(0, seed, readFileSync(join(corpus, fuzzer, seed)));
      } catch (error) {
        assert.ok(error instanceof DewError && error.code !== 'internal', `${fuzzer}/${seed}: ${error.message}`);
      }
      ++files;
    }
  }
  assert.ok(files > 100);
});

test('points and splats do not go together', async () => {
  const dew = await loadModule(wasm);
  dew.open(0, 'points', readFileSync(join(source, 'tests/golden/v0/points_2cm.dew')));
  assert.throws(() => dew.open(1, 'splats', readFileSync(join(source, 'tests/golden/v0/splats/lossless.dew'))), /of one kind/);
});

test('a pair of points: errors, colours, histogram, pick', async () => {
  const dew = await loadModule(wasm);
  dew.open(0, 'a', readFileSync(join(source, 'tests/golden/v0/points_lossless.dew')));
  dew.open(1, 'b', readFileSync(join(source, 'tests/golden/v0/points_2cm.dew')));
  const about = dew.showFrame(0);
  assert.equal(about.sides.length, 2);
  assert.equal(about.sides[0].kind, 'points');
  assert.ok(about.errors.max > 0 && about.errors.max <= 0.02);
  const error = about.sides[1].attributes.findIndex(({name}) => name === 'error');
  const histogram = dew.histogram(1, error, 40);
  assert.equal(histogram.counts.length, 40);
  assert.ok(Math.abs(histogram.max - about.errors.max) < 1e-6);
  const colouring = dew.colouring(1, 'error');
  assert.match(colouring.legend.ticks.at(-1).text, /mm|cm/);
  const values = dew.attributeValues(1, error);
  assert.equal(values.length, about.sides[1].count);
  dew.standardView(0, 4 / 3);
  const [first, count] = dew.pointRanges(0, 800, 600, 1e6);
  assert.equal(first, 0);
  assert.ok(count > 0);
  // The point drawn first is found where it falls.
  const origin = dew.pointPositions(0);
  assert.equal(origin.length, 3 * about.sides[0].count);
  let picked = null;
  for (let y = 0; y < 600 && !picked; y += 8) for (let x = 0; x < 800 && !picked; x += 8) picked = dew.pick(1, 800, 600, x, y);
  assert.ok(picked);
  assert.ok(picked.original.some(({name}) => name === 'x') && picked.decoded.some(({name}) => name === 'x'));
  const [x, y] = dew.project(800, 600, ...picked.position);
  assert.equal(dew.pick(1, 800, 600, x, y).index, picked.index);
});

test('where the bytes go: tables add up to the file, splats and vertices too, frames of sequences as they are shown', async () => {
  const dew = await loadModule(wasm);
  const golden = (name) => readFileSync(join(source, 'tests/golden/v0', `${name}.dew`));
  const sum = (numbers) => numbers.reduce((before, number) => before + number, 0);
  const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-3 * b + 1, `${what}: ${a} and ${b}`);
  for (const name of ['points_2cm', 'splats/lossless_quantised', 'meshes/sphere_rms', 'sequences/scans']) {
    const bytes = golden(name);
    dew.close();
    dew.open(0, name, bytes);
    assert.equal(dew.showFrame(0).bits, null);
    const about = dew.measureBits(), side = about.sides[0];
    for (const rows of [about.bits.byPart, about.bits.bySlice]) near(sum(rows.map((row) => row.bytes)), bytes.length, name);
    const index = side.attributes.findIndex((attribute) => attribute.name === 'bits');
    assert.ok(index >= 0, name);
    const told = sum(Array.from(dew.attributeValues(0, index))) / 8;
    if (side.kind !== 'points') near(told, bytes.length, name);
    assert.ok(told > 0 && told <= bytes.length * 1.001);
    if (about.frames > 1) assert.ok(dew.showFrame(1).bits.byRegion.length > 0, 'the next frame is measured as it is decoded');
    dew.standardView(0, 4 / 3);
    let picked = null;
    for (let y = 0; y < 600 && !picked; y += 8) for (let x = 0; x < 800 && !picked; x += 8) picked = dew.pick(0, 800, 600, x, y);
    assert.ok(picked.errors.some((fact) => fact.name === 'bits' && fact.unit === 'bit'), name);
    assert.deepEqual(dew.pickAgain(), picked);
  }
});

test('splats are ordered by depth', async () => {
  const dew = await loadModule(wasm);
  dew.open(0, 'a', readFileSync(join(source, 'tests/golden/v0/splats/lossless_quantised.dew')));
  const about = dew.showFrame(0);
  dew.standardView(0, 4 / 3);
  const order = Array.from(dew.splatOrder(0, 800, 600));
  assert.ok(order.length > 0 && order.length <= about.sides[0].count);
  const shapes = dew.splatShapes(0).slice();
  const depths = order.map((i) => dew.project(800, 600, ...shapes.subarray(16 * i, 16 * i + 3))[2]);
  for (let i = 1; i < depths.length; ++i) assert.ok(depths[i] >= depths[i - 1] - 1e-4);
});

test('a page of dew view holds what it needs: the module, the file itself, and a lossless one of another format', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dew-page-'));
  try {
    const scan = join(source, 'data/samples/vlp16_indoor.lrf'), coded = join(folder, 'scan.dew'), page = join(folder, 'page.html');
    run('dew', 'encode', '--max-error', '5cm', scan, coded);
    run('dew-view', scan, coded, '--html', page);
    const html = readFileSync(page, 'utf8');
    const element = (id) => Buffer.from(html.match(new RegExp(`id="${id}">([^<]*)</script>`))[1], 'base64');
    assert.deepEqual(element('file-1'), readFileSync(coded));
    const dew = await loadModule(gunzipSync(element('module')));
    dew.open(0, 'original', element('file-0'));
    dew.open(1, 'decoded', element('file-1'));
    const about = dew.showFrame(0);
    assert.equal(about.sides[0].info.find(({name}) => name === 'mode').value.split(',')[0], 'lossless');
    assert.ok(about.errors.max > 0 && about.errors.max <= 0.05);
    assert.doesNotMatch(html, /(src|href)="?(https?:)?\/\//, 'nothing from elsewhere');
    run('dew-view', scan, coded, '--html', page, '--html-fetch', '--force');
    assert.deepEqual(readFileSync(join(folder, 'page.decoded.dew')), readFileSync(coded));
    assert.throws(() => run('dew-view', scan, coded, '--html', page), 'an existing page is kept');
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});

test('addresses of views come back, and nonsense in them is left out', () => {
  const state = {mode: 'split', colour: 'error a & b', split: 0.25, limit: 0.01, size: 3, frame: 2, panel: true, ui: true, camera: Array.from({length: 23}, (_, i) => i / 7)};
  const back = readState(writeState(state));
  for (const key of ['mode', 'colour', 'split', 'limit', 'size', 'frame', 'panel']) assert.equal(back[key], state[key]);
  back.camera.forEach((number, i) => assert.ok(Math.abs(number - i / 7) < 1e-6));
  assert.deepEqual(readState('#mode=sideways&split=2&limit=-1&size=NaN&frame=x&camera=1,2&other=1'), {});
});
