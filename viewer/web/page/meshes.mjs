// SPDX-License-Identifier: Apache-2.0
// Meshes on the card, and how they are drawn: triangles lit from the eye, as viewer/gl/meshes.cpp draws them.
import {Program} from './gl.mjs';

const NUMBER_SHADE = 0.35, PLAIN_SHADE = 0.7;  // as viewer/shaders/texts.h has them

/** Vertices and triangles of one side, and the values of the attributes that were shown so far. */
export class MeshOnCard {
  constructor(gl, dew, side, about) {
    Object.assign(this, {gl, dew, side, about, values: new Map(), corners: 3 * about.triangles});
    gl.bindVertexArray(null);
    this.xyz = this.fill(gl.ARRAY_BUFFER, dew.meshPositions(side));
    this.triangles = this.fill(gl.ELEMENT_ARRAY_BUFFER, dew.meshTriangles(side));
    this.colours = about.ownColours ? this.fill(gl.ARRAY_BUFFER, dew.meshColours(side)) : null;
  }
  fill(kind, numbers) {
    const gl = this.gl, buffer = gl.createBuffer();
    gl.bindVertexArray(null);
    gl.bindBuffer(kind, buffer);
    gl.bufferData(kind, numbers, gl.STATIC_DRAW);
    return buffer;
  }
  /** Null where there is no such attribute. */
  valuesOf(attribute) {
    const index = this.about.attributes.findIndex(({name}) => name === attribute);
    if (index < 0) return null;
    if (!this.values.has(attribute)) this.values.set(attribute, this.fill(this.gl.ARRAY_BUFFER, this.dew.attributeValues(this.side, index)));
    return this.values.get(attribute);
  }
  remove() {
    for (const buffer of [this.xyz, this.triangles, this.colours, ...this.values.values()]) this.gl.deleteBuffer(buffer);
  }
}

export class MeshDrawer {
  constructor(gl, dew, shaders) {
    Object.assign(this, {gl, dew, program: new Program(gl, shaders.meshVertex, shaders.meshFragment), array: gl.createVertexArray()});
  }
  bind(place, buffer, numbers) {
    const gl = this.gl;
    if (!buffer) {
      gl.disableVertexAttribArray(place);
      gl.vertexAttrib4f(place, 0, 0, 0, 1);
      return;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, numbers, gl.FLOAT, false, 0, 0);
  }
  /** Into the bound framebuffer and viewport. */
  draw(mesh, {width, height, colouring, tables, pointPx}) {
    if (mesh.about.count === 0) return;
    const gl = this.gl, program = this.program;
    const values = mesh.valuesOf(colouring.attribute);
    const [x, y, z, parallel] = this.dew.meshLight(mesh.side);
    program.use();
    gl.uniformMatrix4fv(program.place('clip'), false, this.dew.clipMatrix(mesh.side, width, height));
    gl.uniform3f(program.place('eye'), x, y, z);
    gl.uniform1i(program.place('parallel'), parallel);
    gl.uniform1i(program.place('triangles'), mesh.corners > 0 ? 1 : 0);
    gl.uniform1i(program.place('normals'), colouring.attribute === 'normal' ? 1 : 0);
    gl.uniform1i(program.place('own_colours'), colouring.ownColours && mesh.colours ? 1 : 0);
    gl.uniform1f(program.place('point_px'), pointPx);
    gl.uniform1f(program.place('shade'), values ? NUMBER_SHADE : PLAIN_SHADE);
    tables.set(program, colouring, values !== null);
    gl.bindVertexArray(this.array);
    this.bind(0, mesh.xyz, 3);
    this.bind(1, values, 1);
    this.bind(2, mesh.colours, 3);
    gl.enable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    if (mesh.corners === 0) {
      gl.drawArrays(gl.POINTS, 0, mesh.about.count);
      return;
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles);
    gl.drawElements(gl.TRIANGLES, mesh.corners, gl.UNSIGNED_INT, 0);
  }
}
