// SPDX-License-Identifier: Apache-2.0
// Draws what a session holds into the canvas, pane by pane.
import {ColourTables, Program, Target} from './gl.mjs';
import {MeshDrawer, MeshOnCard} from './meshes.mjs';
import {PointDrawer, PointsOnCard} from './points.mjs';
import {makeShaders} from './shaders.mjs';
import {SplatDrawer, SplatsOnCard} from './splats.mjs';

export const ORIGINAL = 0, DECODED = 1, DIFFERENCE = 2;
const GAP_COLOUR = [0, 0, 0];

export class Renderer {
  /** Throws an Error with a sentence where the browser cannot draw. */
  constructor(canvas, dew) {
    const gl = canvas.getContext('webgl2', {antialias: false, depth: true, preserveDrawingBuffer: true, powerPreference: 'high-performance'});
    if (!gl) throw new Error('This browser does not offer WebGL 2, which the page draws with. Any current browser with graphics acceleration switched on has it.');
    Object.assign(this, {gl, dew, canvas, layers: [], shaders: makeShaders(dew)});
    this.tables = new ColourTables(gl, dew);
    this.pointDrawer = new PointDrawer(gl, dew, this.shaders);
    this.show = new Program(gl, this.shaders.wholeVertex, this.shaders.showFragment);
    this.difference = new Program(gl, this.shaders.wholeVertex, this.shaders.differenceFragment);
    this.empty = gl.createVertexArray();
  }
  /** Uploads the layers of the frame that the session shows. */
  setSides(about) {
    this.layers.forEach((layer) => layer.remove());
    this.layers = about.sides.map((side, i) => {
      if (side.kind === 'points') return new PointsOnCard(this.gl, this.dew, i, side);
      if (side.kind === 'mesh') {
        this.meshDrawer ??= new MeshDrawer(this.gl, this.dew, this.shaders);
        return new MeshOnCard(this.gl, this.dew, i, side);
      }
      this.splatDrawer ??= new SplatDrawer(this.gl, this.dew, this.shaders);
      this.targets ??= [0, 1].map(() => new Target(this.gl, this.splatDrawer.format));
      return new SplatsOnCard(this.gl, this.dew, i, side);
    });
  }
  /** `panes` as Module.panes gives them, `colourings` of original, decoded and difference. */
  draw(panes, view) {
    const gl = this.gl;
    this.splatsDrawn = new Map();
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.SCISSOR_TEST);
    this.clear(GAP_COLOUR);
    for (const pane of panes) {
      if (pane.clip.width > 0 && pane.viewport.width > 0 && pane.viewport.height > 0) this.drawPane(pane, view);
    }
    gl.disable(gl.SCISSOR_TEST);
  }
  clear(colour) {
    this.gl.clearColor(...colour, 1);
    this.gl.clear(this.gl.COLOR_BUFFER_BIT | this.gl.DEPTH_BUFFER_BIT);
  }
  drawPane(pane, view) {
    const {width, height} = pane.viewport;
    const layer = this.layers[pane.shows === ORIGINAL ? 0 : 1] ?? this.layers[0];
    const about = {left: pane.viewport.x, bottom: this.canvas.height - pane.viewport.y - height, width, height, colouring: view.colourings[pane.shows], tables: this.tables, pointPx: view.pointPx, pointBudget: view.pointBudget};
    if (layer instanceof PointsOnCard) {
      this.openPane(pane, view.background);
      this.pointDrawer.draw(layer, about);
      return;
    }
    if (layer instanceof MeshOnCard) {
      this.openPane(pane, view.background);
      this.meshDrawer.draw(layer, about);
      return;
    }
    if (pane.shows === DIFFERENCE) {
      const pictures = [0, 1].map((side) => this.splatPicture(side, {...about, colouring: view.colourings[side]}));
      this.openPane(pane, view.background);
      this.compose(this.difference, pictures, view.background, about.colouring);
    } else {
      const picture = this.splatPicture(this.layers.indexOf(layer), about);
      this.openPane(pane, view.background);
      this.compose(this.show, [picture], view.background, null);
    }
  }
  /** The splats of one side, drawn once a picture for each size. */
  splatPicture(side, about) {
    const key = `${about.width} ${about.height}`;
    if (this.splatsDrawn.get(side) !== key) this.splatDrawer.draw(this.layers[side], this.targets[side], about);
    this.splatsDrawn.set(side, key);
    return this.targets[side].textures[0];
  }
  /** Everything that follows goes into the pane alone, which is cleared. */
  openPane({viewport, clip}, background) {
    const gl = this.gl, bottom = (box) => this.canvas.height - box.y - box.height;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(viewport.x, bottom(viewport), viewport.width, viewport.height);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(clip.x, bottom(clip), clip.width, clip.height);
    this.clear(background);
  }
  compose(program, pictures, background, colouring) {
    const gl = this.gl;
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    gl.bindVertexArray(this.empty);
    program.use();
    if (colouring) this.tables.set(program, colouring, true);
    ['picture', 'other'].slice(0, pictures.length).forEach((name, i) => program.bindTexture(name, pictures[i], 1 + i));
    gl.uniform3fv(program.place('background'), background);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
  /** PSNR of the decoded splats' picture against the original's, as drawn last; null for points. */
  differenceDb(width, height, background) {
    if (!this.targets || this.layers.length < 2 || this.targets.some((target) => target.width !== width || target.height !== height)) return null;
    const gl = this.gl;
    const [a, b] = this.targets.map((target) => {
      const rgba = new Float32Array(4 * width * height);
      gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, rgba);
      return rgba;
    });
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    const seen = (rgba, i, channel) => Math.min(1, Math.max(0, rgba[4 * i + channel] + (1 - rgba[4 * i + 3]) * background[channel]));
    let sum = 0;
    for (let i = 0; i < width * height; ++i) for (let c = 0; c < 3; ++c) sum += (seen(a, i, c) - seen(b, i, c)) ** 2;
    return -10 * Math.log10(sum / (3 * width * height));
  }
}
