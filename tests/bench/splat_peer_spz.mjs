// SPDX-License-Identifier: Apache-2.0
// spz, by the module of its makers (npm package @adobe/spz), for `dew bench --peers`:
//   node splat_peer_spz.mjs encode IN.ply OUT.spz BITS_SH1 BITS_SH_REST [morton]
//   node splat_peer_spz.mjs decode IN.spz OUT.ply
// IN.ply: 3DGS, binary little endian, float properties in any order. `morton` sorts the splats first, which spz leaves to others.
// NODE_MODULES names the folder in which `make peers` has installed the package.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { default: createSpzModule } = await import(pathToFileURL(`${process.env.NODE_MODULES}/@adobe/spz/dist/spz.mjs`).href);
const spz = await createSpzModule();
const kCoefficients = [0, 3, 8, 15];

function readPly(path) {
  const file = readFileSync(path);
  const end = file.indexOf('end_header\n') + 11;
  const lines = file.subarray(0, end).toString('latin1').split('\n');
  const names = lines.filter((line) => line.startsWith('property ')).map((line) => line.split(' ')[2]);
  if (!lines.every((line) => !line.startsWith('property ') || line.startsWith('property float'))) throw new Error('only float properties');
  const count = Number(lines.find((line) => line.startsWith('element vertex')).split(' ')[2]);
  const bytes = file.buffer.slice(file.byteOffset + end, file.byteOffset + end + 4 * count * names.length);
  return { count, names, values: new Float32Array(bytes) };
}

/// Three times ten bits of the place in the box of all, interleaved.
function mortonOrder(ply) {
  const stride = ply.names.length;
  const keys = new Uint32Array(ply.count);
  ['x', 'y', 'z'].forEach((name, axis) => {
    const at = ply.names.indexOf(name);
    let low = Infinity, high = -Infinity;
    for (let i = 0; i < ply.count; ++i) {
      const value = ply.values[i * stride + at];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const scale = high > low ? 1023 / (high - low) : 0;
    for (let i = 0; i < ply.count; ++i) {
      const cell = Math.round((ply.values[i * stride + at] - low) * scale);
      for (let bit = 0; bit < 10; ++bit) keys[i] |= ((cell >> bit) & 1) << (3 * bit + axis);
    }
  });
  return Uint32Array.from({ length: ply.count }, (_, i) => i).sort((a, b) => keys[a] - keys[b] || a - b);
}

function cloudOf(ply, order) {
  const stride = ply.names.length;
  const rest = ply.names.filter((name) => name.startsWith('f_rest_')).length;
  const pick = (names) => {
    const places = names.map((name) => ply.names.indexOf(name));
    const out = new Float32Array(ply.count * places.length);
    for (let i = 0; i < ply.count; ++i)
      for (let k = 0; k < places.length; ++k) out[i * places.length + k] = ply.values[order[i] * stride + places[k]];
    return out;
  };
  const coefficients = rest / 3;
  const sh = [];  // red, green and blue of a coefficient stand together
  for (let c = 0; c < coefficients; ++c) for (let channel = 0; channel < 3; ++channel) sh.push(`f_rest_${channel * coefficients + c}`);
  return {
    numPoints: ply.count,
    shDegree: kCoefficients.indexOf(coefficients),
    antialiased: false,
    extensions: [],
    positions: pick(['x', 'y', 'z']),
    scales: pick(['scale_0', 'scale_1', 'scale_2']),
    rotations: pick(['rot_1', 'rot_2', 'rot_3', 'rot_0']),
    alphas: pick(['opacity']),
    colors: pick(['f_dc_0', 'f_dc_1', 'f_dc_2']),
    sh: pick(sh),
  };
}

function writePly(path, cloud) {
  const coefficients = kCoefficients[cloud.shDegree];
  const names = ['x', 'y', 'z', 'nx', 'ny', 'nz', 'f_dc_0', 'f_dc_1', 'f_dc_2'];
  for (let i = 0; i < 3 * coefficients; ++i) names.push(`f_rest_${i}`);
  names.push('opacity', 'scale_0', 'scale_1', 'scale_2', 'rot_0', 'rot_1', 'rot_2', 'rot_3');
  const values = new Float32Array(cloud.numPoints * names.length);
  const put = (from, width, places) => {
    for (let i = 0; i < cloud.numPoints; ++i)
      for (let k = 0; k < width; ++k) values[i * names.length + places[k]] = from[i * width + k];
  };
  const at = (name) => names.indexOf(name);
  put(cloud.positions, 3, [0, 1, 2]);
  put(cloud.colors, 3, [6, 7, 8]);
  put(cloud.alphas, 1, [at('opacity')]);
  put(cloud.scales, 3, [0, 1, 2].map((k) => at('scale_0') + k));
  put(cloud.rotations, 4, [1, 2, 3, 0].map((k) => at('rot_0') + k));
  const sh = [];
  for (let c = 0; c < coefficients; ++c) for (let channel = 0; channel < 3; ++channel) sh.push(9 + channel * coefficients + c);
  put(cloud.sh, 3 * coefficients, sh);
  const header = ['ply', 'format binary_little_endian 1.0', `element vertex ${cloud.numPoints}`, ...names.map((name) => `property float ${name}`),
    'end_header', ''].join('\n');
  writeFileSync(path, Buffer.concat([Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]));
}

const [task, from, to, sh1Bits, shRestBits, sorted] = process.argv.slice(2);
if (task === 'encode') {
  const ply = readPly(from);
  const order = sorted === 'morton' ? mortonOrder(ply) : Uint32Array.from({ length: ply.count }, (_, i) => i);
  const options = {
    version: spz.LATEST_SPZ_HEADER_VERSION, from: spz.CoordinateSystem.UNSPECIFIED, sh1Bits: Number(sh1Bits), shRestBits: Number(shRestBits),
  };
  writeFileSync(to, spz.saveSpzToBuffer(cloudOf(ply, order), options));
} else {
  writePly(to, spz.loadSpzFromBuffer(new Uint8Array(readFileSync(from)), { to: spz.CoordinateSystem.UNSPECIFIED }));
}
