// SPDX-License-Identifier: Apache-2.0
// Programs and textures of WebGL 2.
//
//   const program = new Program(gl, vertexText, fragmentText);
//   program.use();
//   gl.uniform1f(program.place('point_px'), 2);

export class Program {
  constructor(gl, vertexText, fragmentText) {
    this.gl = gl;
    this.name = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, vertexText], [gl.FRAGMENT_SHADER, fragmentText]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.name, shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) {
        throw new Error(`a shader does not compile here: ${gl.getShaderInfoLog(shader)}`);
      }
    }
    gl.linkProgram(this.name);
    if (!gl.getProgramParameter(this.name, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`a shader does not link here: ${gl.getProgramInfoLog(this.name)}`);
    }
    this.places = new Map();
  }
  use() {
    this.gl.useProgram(this.name);
  }
  place(uniform) {
    if (!this.places.has(uniform)) this.places.set(uniform, this.gl.getUniformLocation(this.name, uniform));
    return this.places.get(uniform);
  }
  /** Binds a texture to a unit and to a sampler of the program, which is in use. */
  bindTexture(uniform, texture, unit) {
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(this.place(uniform), unit);
  }
}

export function createTexture(gl, filter) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** Floats as texels in rows of `width`; `channels` of them are one texel. */
export function floatTexture(gl, values, channels, width, internalFormat) {
  const texels = Math.max(1, values.length / channels);
  const height = Math.ceil(texels / width);
  if (height > gl.getParameter(gl.MAX_TEXTURE_SIZE)) throw new Error('this scene is larger than the textures of this graphics card');
  const format = channels === 4 ? gl.RGBA : gl.RED;
  const texture = createTexture(gl, gl.NEAREST);
  gl.texStorage2D(gl.TEXTURE_2D, 1, internalFormat, width, height);
  const whole = Math.floor(texels / width);
  if (whole > 0) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, whole, format, gl.FLOAT, values, 0);
  const rest = values.length / channels - whole * width;
  if (rest > 0) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, whole, rest, 1, format, gl.FLOAT, values, whole * width * channels);
  return texture;
}

/** Textures that a framebuffer draws into, made anew when the size changes. */
export class Target {
  constructor(gl, internalFormat, textures = 1) {
    Object.assign(this, {gl, internalFormat, width: 0, height: 0});
    this.framebuffer = gl.createFramebuffer();
    this.textures = new Array(textures).fill(null);
  }
  resize(width, height) {
    if (width === this.width && height === this.height) return;
    const gl = this.gl;
    Object.assign(this, {width, height});
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.framebuffer);
    this.textures = this.textures.map((old, i) => {
      gl.deleteTexture(old);
      const texture = createTexture(gl, gl.NEAREST);
      gl.texStorage2D(gl.TEXTURE_2D, 1, this.internalFormat, width, height);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, texture, 0);
      return texture;
    });
    gl.drawBuffers(this.textures.map((_, i) => gl.COLOR_ATTACHMENT0 + i));
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE && !gl.isContextLost()) {
      throw new Error('this graphics card does not draw into textures of floats');
    }
  }
  remove() {
    this.textures.forEach((texture) => this.gl.deleteTexture(texture));
    this.gl.deleteFramebuffer(this.framebuffer);
  }
}

/** The colour maps as textures, and the uniforms of colour_of() in viewer/shaders/texts.h. */
export class ColourTables {
  constructor(gl, dew) {
    this.gl = gl;
    this.tables = [0, 1, 2, 3, 4].map((map) => {
      const rgb = dew.colourTable(map);
      const rgba = new Uint8Array(4 * 256);
      for (let i = 0; i < 256; ++i) rgba.set([0, 1, 2].map((channel) => Math.round(255 * rgb[3 * i + channel])).concat(255), 4 * i);
      const texture = createTexture(gl, gl.LINEAR);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
      return texture;
    });
  }
  set(program, colouring, hasValue) {
    const gl = this.gl;
    program.bindTexture('table', this.tables[colouring.map], 0);
    gl.uniform2fv(program.place('ends'), colouring.ends);
    gl.uniform1i(program.place('logarithmic'), colouring.logarithmic ? 1 : 0);
    gl.uniform1i(program.place('has_value'), hasValue ? 1 : 0);
    gl.uniform3fv(program.place('constant_colour'), colouring.constant);
    gl.uniform3fv(program.place('no_value_colour'), colouring.noValueColour);
  }
}
