// SPDX-License-Identifier: Apache-2.0
// The decoder and the viewer's core (viewer/web/exports.cpp) as an object of JavaScript. Works in browsers and in node.
//
//   const dew = await loadModule(wasmBytes);
//   dew.open(0, 'scan.dew', fileBytes);             // throws a DewError with a sentence
//   const about = dew.showFrame(0);
//   const xyz = dew.pointPositions(0);              // a view into the module's memory, good until the next call

/** A file that cannot be shown, and why: `code` as the library names it, `message` a sentence. */
export class DewError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const NO_SUCH_CALL = 52;  // of WASI: the module asks the system for nothing that it needs

export async function loadModule(wasmBytes) {
  let memory;
  const system = new Proxy({}, {
    get: (_, name) => (...args) => {
      if (name === 'proc_exit') throw new DewError('internal', `the decoder stopped (${args[0]})`);
      if (name === 'environ_sizes_get') new Uint32Array(memory.buffer).set([0], args[0] / 4), new Uint32Array(memory.buffer).set([0], args[1] / 4);
      return name.startsWith('environ') ? 0 : NO_SUCH_CALL;
    },
  });
  const {instance} = await WebAssembly.instantiate(wasmBytes, {wasi_snapshot_preview1: system});
  const calls = instance.exports;
  memory = calls.memory;
  calls._initialize?.();

  const sizes = () => [calls.dew_answer() >>> 0, calls.dew_answer_size() >>> 0];
  const text = () => {
    const [at, size] = sizes();
    return new TextDecoder().decode(new Uint8Array(memory.buffer, at, size));
  };
  const json = () => JSON.parse(text());
  const floats = () => new Float32Array(memory.buffer, ...sizes());
  const numbers = () => new Uint32Array(memory.buffer, ...sizes());
  const put = (bytes) => {
    const at = calls.dew_allocate(Math.max(1, bytes.length)) >>> 0;
    if (at === 0) throw new DewError('out_of_memory', `no memory for ${bytes.length} bytes`);
    new Uint8Array(memory.buffer).set(bytes, at);
    return at;
  };
  /** Calls `use(address, size)` with a text in the module's memory. */
  const withText = (value, use) => {
    const bytes = new TextEncoder().encode(value);
    const at = put(bytes);
    try {
      return use(at, bytes.length);
    } finally {
      calls.dew_release(at);
    }
  };
  /** A trap is a lack of memory or a mistake of ours; the module is of no use after it. */
  const guarded = (call) => {
    try {
      return call();
    } catch (error) {
      if (error instanceof DewError) throw error;
      throw new DewError('out_of_memory', 'the file needs more memory than a browser gives to one page');
    }
  };

  return {
    memoryBytes: () => memory.buffer.byteLength,
    open(side, name, bytes) {
      const opened = guarded(() => withText(name, (at, size) => calls.dew_open(side, at, size, put(bytes), bytes.length)));
      if (opened) return;
      const error = json();
      throw new DewError(error.code, error.message);
    },
    close: () => calls.dew_close(),
    showFrame(frame) {
      if (guarded(() => calls.dew_show_frame(frame))) return json();
      const error = json();
      throw new DewError(error.code, error.message);
    },
    /** Where the bytes of the decoded side go: as showFrame, with `bits`. */
    measureBits() {
      if (guarded(() => calls.dew_measure_bits())) return json();
      const error = json();
      throw new DewError(error.code, error.message);
    },
    /** Decodes and nothing more; the SHA-256 of the content in hex digits. */
    decode(bytes) {
      if (guarded(() => calls.dew_decode(put(bytes), bytes.length))) return text();
      const error = json();
      throw new DewError(error.code, error.message);
    },
    pointPositions: (side) => (calls.dew_point_positions(side), floats()),
    attributeValues: (side, index) => (calls.dew_attribute_values(side, index), floats()),
    colouring: (side, name, high = NaN) => withText(name, (at, size) => (calls.dew_colouring(side, at, size, high), json())),
    pictureDifferenceColouring: (high) => (calls.dew_picture_difference_colouring(high), json()),
    histogram: (side, index, bins) => (calls.dew_histogram(side, index, bins), json()),
    /** A part of a shader by its name in viewer/shaders/texts.h. */
    shaderText: (name) => withText(name, (at, size) => (calls.dew_shader_text(at, size), text())),
    colourTable: (map) => (calls.dew_colour_table(map), floats()),
    /** 23 numbers, to read and to write: see dew_camera in exports.cpp. */
    camera: () => new Float64Array(memory.buffer, calls.dew_camera() >>> 0, 23),
    orbit: (yaw, pitch) => calls.dew_orbit(yaw, pitch),
    lookAround: (yaw, pitch) => calls.dew_look_around(yaw, pitch),
    pan: (width, height, dx, dy) => calls.dew_pan(width, height, dx, dy),
    zoom: (factor) => calls.dew_zoom(factor),
    fly: (forward, right, up) => calls.dew_fly(forward, right, up),
    standardView: (which, aspect) => calls.dew_standard_view(which, aspect),
    fit: (whole, aspect) => calls.dew_fit(whole, aspect),
    clipMatrix: (side, width, height) => (calls.dew_clip_matrix(side, width, height), floats()),
    pointRanges: (side, width, height, budget) => (calls.dew_point_ranges(side, width, height, budget), numbers()),
    meshPositions: (side) => (calls.dew_mesh_positions(side), floats()),
    meshColours: (side) => (calls.dew_mesh_colours(side), floats()),
    meshTriangles: (side) => (calls.dew_mesh_triangles(side), numbers()),
    /** [x, y, z, parallel]: see dew_mesh_light in exports.cpp. */
    meshLight: (side) => (calls.dew_mesh_light(side), Array.from(floats())),
    splatShapes: (side) => (calls.dew_splat_shapes(side), floats()),
    splatCoefficients: (side) => (calls.dew_splat_coefficients(side), floats()),
    splatCamera: (width, height) => (calls.dew_splat_camera(width, height), floats()),
    splatOrder: (side, width, height) => (calls.dew_splat_order(side, width, height), numbers()),
    /** [{shows, viewport: {x, y, width, height}, clip: {...}}] of a mode, by its number in MODES. */
    panes(mode, split, blinkDecoded, width, height) {
      calls.dew_panes(mode, split, blinkDecoded ? 1 : 0, width, height);
      const all = Array.from(numbers()), box = ([x, y, across, down]) => ({x, y, width: across, height: down});
      const made = [];
      for (let i = 0; i < all.length; i += 9) made.push({shows: all[i], viewport: box(all.slice(i + 1)), clip: box(all.slice(i + 5))});
      return made;
    },
    pick: (side, width, height, x, y) => (calls.dew_pick(side, width, height, x, y), json()),
    /** The last pick anew, with what was measured since. */
    pickAgain: () => (calls.dew_pick_again(), json()),
    /** [x, y, depth], or an empty array for a point behind the eye. */
    project: (width, height, x, y, z) => (calls.dew_project(width, height, x, y, z), Array.from(floats())),
  };
}
