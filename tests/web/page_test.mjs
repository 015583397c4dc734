// SPDX-License-Identifier: Apache-2.0
// Pages that dew view --html writes, in headless Chromium: from disk and over HTTP, against pictures of dew view --shot, by mouse, broken.
//   DEW_BIN_DIR=build/release/bin DEW_SOURCE_DIR=. DEW_CHROMIUM=chromium node --test tests/web/page_test.mjs
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import test, {after, before} from 'node:test';
import {pathToFileURL} from 'node:url';
import {Browser} from './browser.mjs';
import {psnrDb, readPng} from './png.mjs';

const {DEW_BIN_DIR: bin, DEW_SOURCE_DIR: source} = process.env;
const SIZE = {width: 800, height: 600};
const LEAST_DB = 35;
const DRAWN = 'Number(document.body.dataset.drawn) > 0';
const folder = mkdtempSync(join(tmpdir(), 'dew-page-'));
const at = (name) => join(folder, name);
const dew = (...words) => execFileSync(join(bin, 'dew'), words, {stdio: ['ignore', 'ignore', 'pipe']});
const view = (...words) => execFileSync(join(bin, 'dew-view'), words, {stdio: ['ignore', 'ignore', 'pipe']});
const fileUrl = (name, hash = '') => pathToFileURL(at(name)).href + hash;

let browser;
let server;
before(async () => {
  dew('encode', '--max-error', '2cm', join(source, 'data/samples/os1_128_street.lrf'), at('street.dew'));
  view(join(source, 'data/samples/os1_128_street.lrf'), at('street.dew'), '--html', at('points.html'), '--size', '800x600', '--mode', 'difference');
  dew('encode', '--quality', '32', '--effort', 'fast', join(source, 'data/samples/splat_object/scene.ply'), at('object.dew'));
  view(join(source, 'data/samples/splat_object/scene.ply'), at('object.dew'), '--html', at('splats.html'), '--size', '800x600', '--mode', 'original');
  dew('decode', join(source, 'tests/golden/v0/meshes/sphere_rms.dew'), at('sphere.ply'));
  dew('encode', '--max-error', '0.02', at('sphere.ply'), at('sphere.dew'));
  view(at('sphere.ply'), at('sphere.dew'), '--html', at('mesh.html'), '--size', '800x600', '--mode', 'original');
  const sequence = join(source, 'tests/golden/v0/sequences/scans.dew');
  dew('decode', sequence, at('frames'));
  dew('encode', '--max-error', '5cm', ...readdirSync(at('frames')).sort().map((name) => at(join('frames', name))), at('frames.dew'));
  view(sequence, at('frames.dew'), '--html', at('frames.html'), '--size', '800x600', '--mode', 'difference');
  server = createServer((request, response) => {
    try {
      const bytes = readFileSync(at(basename(request.url)));
      response.setHeader('Content-Type', request.url.endsWith('.html') ? 'text/html' : 'application/octet-stream');
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, {recursive: true, force: true});
});
const httpUrl = (name, hash = '') => `http://127.0.0.1:${server.address().port}/${name}${hash}`;

/** Opens a page, waits until it drew, gives it to `use`; afterwards it must not have complained. */
async function withPage(url, use, {size = SIZE, until = DRAWN, before: script = '', complaints = []} = {}) {
  const page = await browser.open(url, {...size, before: script});
  try {
    await page.until(until);
    await use(page);
    assert.deepEqual(page.complaints, complaints);
  } finally {
    await page.close();
  }
}

async function differsFromShot(input, decoded, mode, pageUrl) {
  view(input, decoded, '--shot', at('shot.png'), '--mode', mode, '--size', '800x600', '--plain', '--force');
  let db = 0;
  await withPage(pageUrl, async (page) => { db = psnrDb(readPng(await page.screenshot()), readPng(readFileSync(at('shot.png')))); });
  return db;
}

const street = join(source, 'data/samples/os1_128_street.lrf');
const object = join(source, 'data/samples/splat_object/scene.ply');
for (const mode of ['original', 'decoded', 'difference']) {
  test(`points, ${mode}: as dew view --shot draws them`, async () => {
    const db = await differsFromShot(street, at('street.dew'), mode, fileUrl('points.html', `#ui=0&mode=${mode}`));
    assert.ok(db >= LEAST_DB, `${db} dB`);
  });
  test(`splats, ${mode}: as dew view --shot draws them`, async () => {
    const db = await differsFromShot(object, at('object.dew'), mode, fileUrl('splats.html', `#ui=0&mode=${mode}`));
    assert.ok(db >= LEAST_DB, `${db} dB`);
  });
}

for (const mode of ['original', 'decoded', 'difference']) {
  test(`meshes, ${mode}: as dew view --shot draws them`, async () => {
    const db = await differsFromShot(at('sphere.ply'), at('sphere.dew'), mode, fileUrl('mesh.html', `#ui=0&mode=${mode}`));
    assert.ok(db >= LEAST_DB, `${db} dB`);
  });
}

test('a vertex of a mesh is picked; its normals are colours', async () => {
  await withPage(fileUrl('mesh.html', '#mode=decoded'), async (page) => {
    const {width, height} = await page.evaluate('dewPage.panes[0].viewport');
    const [x, y] = await page.evaluate(`dewPage.dew.project(${width}, ${height}, ...dewPage.dew.meshPositions(1).slice(0, 3))`);
    await page.click([Math.round(x), Math.round(y)]);
    await page.until('!document.getElementById("pick-section").hidden');
    assert.match(await page.evaluate('document.getElementById("pick").textContent'), /error.*vertex/s);
    await page.evaluate('dewPage.setColour("normal")');
    await page.until('dewPage.state.colour === "normal"');
  });
});

test('frames of a sequence are stepped, slid, played and linked to', async () => {
  await withPage(fileUrl('frames.html'), async (page) => {
    assert.equal(await page.evaluate('document.getElementById("frames").hidden'), false);
    assert.equal(await page.evaluate('document.getElementById("frame-number").textContent'), '1 of 3');
    await page.key('ArrowRight');
    await page.until('document.getElementById("frame-number").textContent === "2 of 3"');
    await page.evaluate('document.getElementById("frame").value = 2; document.getElementById("frame").dispatchEvent(new Event("input"))');
    await page.until('dewPage.about.frame === 2 && dewPage.about.errors.max > 0');
    await page.evaluate('document.getElementById("play").click()');
    await page.until('dewPage.about.frame === 1');
    await page.evaluate('document.getElementById("play").click()');
    await page.evaluate('dewPage.setFrame(2)');
    await page.until('location.hash.includes("frame=2")');
  });
  await withPage(fileUrl('frames.html', '#frame=1'), async (page) => assert.equal(await page.evaluate('dewPage.about.frame'), 1));
});

test('side by side and split are the pictures of both sides', async () => {
  for (const mode of ['side', 'split']) {
    view(street, at('street.dew'), '--html', at('pair.html'), '--size', '800x600', '--mode', mode, '--force');
    const db = await differsFromShot(street, at('street.dew'), mode, fileUrl('pair.html', '#ui=0'));
    assert.ok(db >= LEAST_DB, `${mode}: ${db} dB`);
  }
});

test('over HTTP, and nothing but the page is fetched', async () => {
  await withPage(httpUrl('points.html'), async (page) => {
    assert.deepEqual(page.requests.filter((url) => !url.startsWith('data:')), [httpUrl('points.html')]);
  });
});

test('files beside the page are fetched over HTTP; from disk a sentence says how', async () => {
  view(street, at('street.dew'), '--html', at('beside.html'), '--html-fetch');
  await withPage(httpUrl('beside.html'), async (page) => {
    assert.equal(await page.evaluate('dewPage.about.sides.length'), 2);
    assert.ok(page.requests.includes(httpUrl('beside.original.dew')) && page.requests.includes(httpUrl('beside.decoded.dew')));
  });
  await withPage(fileUrl('beside.html'), async (page) => {
    assert.match(await page.evaluate('document.getElementById("notice").textContent'), /web server/);
  }, {until: 'document.body.dataset.failed'});
});

test('the split line is dragged, the camera orbits, and the address follows', async () => {
  await withPage(fileUrl('points.html', '#mode=split'), async (page) => {
    const middle = await page.evaluate('document.getElementById("canvas").clientWidth / 2');
    await page.drag([middle, 300], [middle / 2, 300]);
    await page.until('Math.abs(dewPage.state.split - 0.25) < 0.02');
    const before = await page.evaluate('Array.from(dewPage.dew.camera())');
    await page.drag([100, 500], [180, 480]);
    await page.until('location.hash === dewPage.address()');
    const turned = await page.evaluate('Array.from(dewPage.dew.camera())');
    assert.notDeepEqual(turned, before);
    const link = await page.evaluate('location.href');
    assert.match(link, /split=0.2/);
    await withPage(link, async (other) => {
      const there = await other.evaluate('Array.from(dewPage.dew.camera())');
      there.forEach((number, i) => assert.ok(Math.abs(number - turned[i]) < 1e-4 * (1 + Math.abs(turned[i]))));
    });
  });
});

test('a click picks a point: its fields and error', async () => {
  await withPage(fileUrl('points.html', '#mode=decoded'), async (page) => {
    const place = await page.evaluate(`(() => {
      const {width, height} = dewPage.panes[0].viewport;
      for (let y = height >> 1; y < height; y += 3) for (let x = width >> 2; x < width; x += 3) if (dewPage.dew.pick(1, width, height, x, y)) return [x, y];
    })()`);
    await page.click(place);
    await page.until('!document.getElementById("pick-section").hidden');
    assert.match(await page.evaluate('document.getElementById("pick").textContent'), /error.*m.*original.*decoded.*range/s);
    await page.until('document.querySelectorAll("#marks i").length === 1');
    // The coded bits come when they are measured.
    await page.until('/bits.*bit/.test(document.getElementById("pick").textContent)');
  });
});

test('b shows where the bytes go: tables, and the decoded side in their colour', async () => {
  for (const name of ['points.html', 'splats.html']) {
    await withPage(fileUrl(name, '#mode=split'), async (page) => {
      assert.equal(await page.evaluate('document.querySelectorAll("#bits-section details").length'), 0);
      await page.key('b');
      await page.until('document.querySelectorAll("#bits-section details").length >= 3');
      await page.until('document.getElementById("legend-title").textContent === "bits"');
      assert.equal(await page.evaluate('dewPage.mode'), 'decoded');
      const shares = await page.evaluate('dewPage.about.bits.byPart.reduce((sum, {bytes}) => sum + bytes, 0) / dewPage.about.sides[1].bytes');
      assert.ok(Math.abs(shares - 1) < 1e-3, String(shares));
    });
  }
});

test('the numbers of the panel are those of dew compare', async () => {
  dew('decode', at('street.dew'), at('street.lrf'), '--force');
  const largest = JSON.parse(execFileSync(join(bin, 'dew'), ['compare', '--json', street, at('street.lrf')], {encoding: 'utf8'}));
  await withPage(fileUrl('points.html'), async (page) => {
    const shown = await page.evaluate('dewPage.about.errors.max');
    const stated = JSON.stringify(largest).match(/"max[^"]*":([0-9.e-]+)/)[1];
    assert.ok(Math.abs(shown - Number(stated)) <= 1e-6, `${shown} against ${stated}`);
    await page.until('document.querySelectorAll("#histogram rect").length > 10');
  });
});

test('keys and menu change mode and colour', async () => {
  await withPage(fileUrl('points.html'), async (page) => {
    await page.key('3');
    await page.until('dewPage.mode === "side"');
    await page.evaluate('dewPage.setColour("height")');
    await page.until('document.getElementById("legend-title").textContent === "height"');
    await page.key('?');
    await page.until('document.getElementById("help").open');
  });
});

test('blink shows one after the other', async () => {
  await withPage(fileUrl('splats.html', '#mode=blink'), async (page) => {
    await page.until('dewPage.panes[0].shows === 1');
    await page.until('dewPage.panes[0].shows === 0');
  });
});

test('a broken file is a sentence', async () => {
  const html = readFileSync(at('points.html'), 'utf8');
  writeFileSync(at('broken.html'), html.replace(/(id="file-1">.{2000})..../, '$1AAAA'));
  await withPage(fileUrl('broken.html'), async (page) => {
    const sentence = await page.evaluate('document.getElementById("notice").textContent');
    assert.match(sentence, /cannot be shown.*\w+ \w+ \w+/);
  }, {until: 'document.body.dataset.failed'});
  writeFileSync(at('cut.html'), html.replace(/(id="file-0">.{400})[^<]*/, '$1'));
  await withPage(fileUrl('cut.html'), async () => {}, {until: 'document.body.dataset.failed'});
});

test('dropped files take the place of those shown, of another kind, too', async () => {
  await withPage(fileUrl('points.html'), async (page) => {
    const dropped = readFileSync(at('object.dew')).toString('base64');
    await page.evaluate(`(() => {
      const files = new DataTransfer();
      files.items.add(new File([Uint8Array.from(atob('${dropped}'), (c) => c.charCodeAt(0))], 'dropped.dew'));
      dispatchEvent(new DragEvent('drop', {dataTransfer: files, cancelable: true}));
    })()`);
    await page.until('dewPage.about.sides.length === 1 && dewPage.about.sides[0].kind === "splats" && document.title.startsWith("dropped.dew")');
  });
});

test('a browser without WebGL 2 gets a sentence', async () => {
  const script = 'const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = function (kind, ...rest) { return kind === "webgl2" ? null : get.call(this, kind, ...rest); };';
  await withPage(fileUrl('points.html'), async (page) => {
    assert.match(await page.evaluate('document.getElementById("notice").textContent'), /WebGL 2/);
  }, {until: 'document.body.dataset.failed', before: script});
});

test('a browser that cannot unpack the module gets a sentence', async () => {
  await withPage(fileUrl('points.html'), async (page) => {
    assert.match(await page.evaluate('document.getElementById("notice").textContent'), /too old/);
  }, {until: 'document.body.dataset.failed', before: 'delete globalThis.DecompressionStream;'});
});

test('a splat is picked, and a telephone has room for bar and drawing', async () => {
  await withPage(fileUrl('splats.html', '#mode=decoded'), async (page) => {
    const [width, height] = await page.evaluate('[innerWidth, innerHeight]');
    assert.ok(await page.evaluate('document.getElementById("bar").getBoundingClientRect().right') <= width);
    assert.ok(await page.evaluate('document.getElementById("bar").getBoundingClientRect().bottom') < height / 4);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
    await page.evaluate(`dewPage.pick(${width / 2}, ${height * 0.6})`);
    assert.match(await page.evaluate('document.getElementById("pick").textContent'), /opacity/);
  }, {size: {width: 390, height: 800, mobile: true}});
});
