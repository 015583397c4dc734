// SPDX-License-Identifier: Apache-2.0
// Layers of points on the card, and how they are drawn.
import {Program} from './gl.mjs';

/** Positions of one side and the values of the attributes that were shown so far, in the order of the level of detail. */
export class PointsOnCard {
  constructor(gl, dew, side, about) {
    Object.assign(this, {gl, dew, side, about, values: new Map()});
    this.xyz = this.fill(dew.pointPositions(side));
  }
  fill(floats) {
    const gl = this.gl, buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, floats, gl.STATIC_DRAW);
    return buffer;
  }
  /** Null where there is no such attribute. */
  valuesOf(attribute) {
    const index = this.about.attributes.findIndex(({name}) => name === attribute);
    if (index < 0) return null;
    if (!this.values.has(attribute)) this.values.set(attribute, this.fill(this.dew.attributeValues(this.side, index)));
    return this.values.get(attribute);
  }
  remove() {
    this.gl.deleteBuffer(this.xyz);
    for (const buffer of this.values.values()) this.gl.deleteBuffer(buffer);
  }
}

export class PointDrawer {
  constructor(gl, dew, shaders) {
    Object.assign(this, {gl, dew, program: new Program(gl, shaders.pointVertex, shaders.pointFragment), array: gl.createVertexArray()});
  }
  /** Into the bound framebuffer and viewport. */
  draw(points, {left, bottom, width, height, colouring, tables, pointPx, pointBudget}) {
    if (points.about.count === 0) return;
    const gl = this.gl, program = this.program;
    const values = points.valuesOf(colouring.attribute);
    program.use();
    gl.uniformMatrix4fv(program.place('clip'), false, this.dew.clipMatrix(points.side, width, height));
    gl.uniform1f(program.place('point_px'), Math.max(1, Math.round(pointPx)));
    gl.uniform4f(program.place('viewport_px'), left, bottom, width, height);
    tables.set(program, colouring, values !== null);
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, points.xyz);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    if (values) {
      gl.bindBuffer(gl.ARRAY_BUFFER, values);
      gl.enableVertexAttribArray(1);
      gl.vertexAttribPointer(1, 1, gl.FLOAT, false, 0, 0);
    } else {
      gl.disableVertexAttribArray(1);
      gl.vertexAttrib1f(1, 0);
    }
    gl.enable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    const ranges = this.dew.pointRanges(points.side, width, height, pointBudget);
    for (let i = 0; i < ranges.length; i += 2) gl.drawArrays(gl.POINTS, ranges[i], ranges[i + 1]);
  }
}
