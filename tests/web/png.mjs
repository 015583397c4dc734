// SPDX-License-Identifier: Apache-2.0
// Pictures of 8 bits a channel, RGB or RGBA, not interlaced: what Chromium and dew write.
//
//   const db = psnrDb(readPng(screenshot), readPng(shot));
import {inflateSync} from 'node:zlib';

export function readPng(bytes) {
  const width = bytes.readUInt32BE(16), height = bytes.readUInt32BE(20), channels = {2: 3, 6: 4}[bytes[25]];
  if (bytes[24] !== 8 || !channels || bytes[28] !== 0) throw new Error('a PNG of another kind');
  const parts = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  }
  const rows = inflateSync(Buffer.concat(parts)), stride = width * channels;
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; ++y) {
    const filter = rows[y * (stride + 1)];
    for (let i = 0; i < stride; ++i) {
      const left = i >= channels ? pixels[y * stride + i - channels] : 0;
      const above = y > 0 ? pixels[(y - 1) * stride + i] : 0;
      const corner = y > 0 && i >= channels ? pixels[(y - 1) * stride + i - channels] : 0;
      pixels[y * stride + i] = rows[y * (stride + 1) + 1 + i] + [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter];
    }
  }
  return {width, height, channels, pixels};
}

function paeth(left, above, corner) {
  const guess = left + above - corner;
  const [a, b, c] = [left, above, corner].map((value) => Math.abs(guess - value));
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

export function psnrDb(a, b) {
  if (a.width !== b.width || a.height !== b.height) throw new Error(`pictures of ${a.width}x${a.height} and ${b.width}x${b.height}`);
  let sum = 0;
  for (let i = 0; i < a.width * a.height; ++i) {
    for (let channel = 0; channel < 3; ++channel) sum += (a.pixels[i * a.channels + channel] - b.pixels[i * b.channels + channel]) ** 2;
  }
  return sum === 0 ? Infinity : 10 * Math.log10(255 ** 2 * 3 * a.width * a.height / sum);
}
