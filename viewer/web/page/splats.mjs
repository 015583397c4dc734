// SPDX-License-Identifier: Apache-2.0
// Layers of splats on the card, and how they are drawn: a pass over a texture with a pixel for each splat writes its ellipse and colour,
// a second one blends a quad around each ellipse, nearest first.
import {floatTexture, Program, Target} from './gl.mjs';
import {TEXTURE_WIDTH} from './shaders.mjs';

export class SplatsOnCard {
  constructor(gl, dew, side, about) {
    Object.assign(this, {gl, dew, side, about, values: new Map()});
    this.texelsAChannel = Math.ceil((about.shDegree + 1) ** 2 / 4);
    this.shapes = floatTexture(gl, dew.splatShapes(side), 4, TEXTURE_WIDTH, gl.RGBA32F);
    this.coefficients = floatTexture(gl, dew.splatCoefficients(side), 4, TEXTURE_WIDTH, gl.RGBA16F);
    this.projected = new Target(gl, gl.RGBA32F, 3);
    this.projected.resize(TEXTURE_WIDTH, Math.max(1, Math.ceil(about.count / TEXTURE_WIDTH)));
    this.order = gl.createBuffer();
    this.ordered = 0;
  }
  valuesOf(attribute) {
    const index = this.about.attributes.findIndex(({name}) => name === attribute);
    if (index < 0) return null;
    if (!this.values.has(attribute)) {
      this.values.set(attribute, floatTexture(this.gl, this.dew.attributeValues(this.side, index), 1, TEXTURE_WIDTH, this.gl.R32F));
    }
    return this.values.get(attribute);
  }
  /** Uploads the order of depth unless it was made for the same view. */
  sort(width, height) {
    const view = `${this.dew.camera().join()} ${width} ${height}`;
    if (view === this.sortedFor) return;
    this.sortedFor = view;
    const gl = this.gl, order = this.dew.splatOrder(this.side, width, height);
    this.ordered = order.length;
    gl.bindVertexArray(null);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.order);
    gl.bufferData(gl.ARRAY_BUFFER, order, gl.STREAM_DRAW);
  }
  remove() {
    const gl = this.gl;
    for (const texture of [this.shapes, this.coefficients, ...this.values.values()]) gl.deleteTexture(texture);
    gl.deleteBuffer(this.order);
    this.projected.remove();
  }
}

export class SplatDrawer {
  constructor(gl, dew, shaders) {
    if (!gl.getExtension('EXT_color_buffer_float')) throw new Error('splats need a graphics card that draws into textures of floats');
    Object.assign(this, {gl, dew, array: gl.createVertexArray(), empty: gl.createVertexArray()});
    this.project = new Program(gl, shaders.wholeVertex, shaders.projectFragment);
    this.blend = new Program(gl, shaders.blendVertex, shaders.blendFragment);
    // Sums of many faint splats need the digits; cards that do not blend 32-bit floats lose some.
    this.format = gl.getExtension('EXT_float_blend') ? gl.RGBA32F : gl.RGBA16F;
  }
  /** Colour times coverage, and coverage, into `target`. */
  draw(splats, target, {width, height, colouring, tables}) {
    const gl = this.gl;
    target.resize(width, height);
    this.projectAll(splats, width, height, colouring, tables);
    splats.sort(width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    gl.viewport(0, 0, width, height);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.blendAll(splats, width, height);
  }
  projectAll(splats, width, height, colouring, tables) {
    const gl = this.gl, program = this.project;
    const values = splats.valuesOf(colouring.attribute);
    const camera = this.dew.splatCamera(width, height).slice();
    program.use();
    ['row_x', 'row_y', 'row_z', 'centre'].forEach((name, i) => gl.uniform3fv(program.place(name), camera.subarray(3 * i, 3 * i + 3)));
    ['focal_px', 'principal_px', 'slope_limit'].forEach((name, i) => gl.uniform2fv(program.place(name), camera.subarray(12 + 2 * i, 14 + 2 * i)));
    gl.uniform1i(program.place('count'), splats.about.count);
    gl.uniform1i(program.place('texels'), splats.texelsAChannel);
    gl.uniform1i(program.place('own_colours'), colouring.ownColours ? 1 : 0);
    tables.set(program, colouring, values !== null);
    program.bindTexture('shapes', splats.shapes, 1);
    program.bindTexture('coefficients', splats.coefficients, 2);
    program.bindTexture('values', values ?? splats.shapes, 3);
    const {framebuffer, width: across, height: down} = splats.projected;
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.viewport(0, 0, across, down);
    gl.disable(gl.SCISSOR_TEST);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    gl.bindVertexArray(this.empty);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
  blendAll(splats, width, height) {
    if (splats.ordered === 0) return;
    const gl = this.gl, program = this.blend;
    program.use();
    gl.uniform2f(program.place('size_px'), width, height);
    ['ellipses', 'projected_shapes', 'shades'].forEach((name, i) => program.bindTexture(name, splats.projected.textures[i], 1 + i));
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, splats.order);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribIPointer(0, 1, gl.UNSIGNED_INT, 0, 0);
    gl.vertexAttribDivisor(0, 1);
    gl.disable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    // Nearest first: what comes later shows as much as is still transparent.
    gl.blendFunc(gl.ONE_MINUS_DST_ALPHA, gl.ONE);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, splats.ordered);
    gl.disable(gl.BLEND);
  }
}
