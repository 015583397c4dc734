// SPDX-License-Identifier: Apache-2.0
// The page: opens its files, draws on demand, and keeps the address in step with what is shown.
import {acceptDrops, filesOfPage, moduleBytes} from './files.mjs';
import {listen, listenToSplit} from './input.mjs';
import {loadModule} from './module.mjs';
import {byId, make, showBits, showErrors, showFiles, showHelp, showLabels, showLegend, showNotice, showPick} from './panels.mjs';
import {DECODED, DIFFERENCE, ORIGINAL, Renderer} from './renderer.mjs';
import {MODES, readState, writeState} from './state.mjs';

const BACKGROUND = [0.055, 0.063, 0.082];
const POINT_BUDGET = 4e6;
const LARGEST_DIFFERENCE = 0.1;
const HISTOGRAM_BINS = 48;
const BLINK_MS = 600;

class Page {
  constructor(dew, start) {
    Object.assign(this, {dew, start, canvas: byId('canvas'), picked: null, blinkDecoded: false, playing: false});
    this.state = {mode: start.mode, colour: start.colour, split: 0.5, limit: start.errorLimit ?? undefined, size: start.pointPx, frame: start.frame,
      panel: innerWidth > 760, ui: true, ...readState(location.hash)};
    this.renderer = new Renderer(this.canvas, dew);
  }

  /** Decodes files and shows them. */
  open(files) {
    this.dew.close();
    files.forEach(({name, bytes}, side) => this.dew.open(side, name, bytes));
    this.showFrame(this.state.frame);
    document.title = this.about.sides.map(({name}) => name).join(' · ') + ' · dew';
    this.makeControls();
    showNotice('');
  }
  showFrame(frame) {
    this.about = this.dew.showFrame(frame);
    this.state.frame = this.about.frame;
    this.picked = null;
    this.renderer.setSides(this.about);
    this.choose();
    showFiles(this.about);
    showBits(this.about.bits, () => this.measureBits(true));
    showPick(null);
  }
  /** Decodes once more to see where the bytes go; `shown`: and colours by it. */
  measureBits(shown) {
    if (!this.about.bits) {
      try {
        this.about = this.dew.measureBits();
      } catch (error) {
        return showFailure(error);
      }
      this.renderer.setSides(this.about);
      showBits(this.about.bits, () => {});
      this.makeControls();
    }
    if (!shown) return this.choose();
    if (['original', 'split', 'difference'].includes(this.mode)) this.setMode('decoded');
    this.setColour('bits');
  }
  get isPair() { return this.about.sides.length === 2; }
  get isSplats() { return this.about.sides[0].kind === 'splats'; }
  get isMesh() { return this.about.sides[0].kind === 'mesh'; }
  get mode() { return this.isPair ? this.state.mode : 'original'; }

  /** Colours, histogram and the rest that follow from what was chosen. */
  choose() {
    const last = this.about.sides.length - 1;
    const names = this.about.sides[last].attributes.map(({name}) => name);
    const known = [...names, ...this.about.sides[0].attributes.map(({name}) => name), ...(this.isMesh ? ['normal'] : [])];
    if (this.state.colour && !known.includes(this.state.colour)) this.state.colour = '';
    const colour = this.state.colour || this.about.sides[0].firstAttribute;
    const isError = colour.startsWith('error'), isBits = colour.startsWith('bits');
    // Both sides by one scale, so that equal numbers are equal colours.
    const high = colour === 'error' ? this.state.limit : isBits ? this.dew.histogram(last, names.indexOf(colour), HISTOGRAM_BINS)?.p99 : undefined;
    const common = this.dew.colouring(isError || isBits ? last : 0, colour, high);
    this.errorIndex = names.indexOf('error');
    const difference = this.isSplats ? this.dew.pictureDifferenceColouring(LARGEST_DIFFERENCE) : this.dew.colouring(last, 'error', this.state.limit);
    // Bits are those of the decoded side alone.
    this.colourings = [isBits && this.isPair ? this.dew.colouring(0, this.about.sides[0].firstAttribute) : common, common, difference];
    this.histogram = this.errorIndex >= 0 ? this.dew.histogram(last, this.errorIndex, HISTOGRAM_BINS) : null;
    this.requestDraw();
  }

  requestDraw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }
  get pixelRatio() { return Math.min(2, devicePixelRatio || 1); }
  resize() {
    const width = Math.max(1, Math.round(this.canvas.clientWidth * this.pixelRatio)), height = Math.max(1, Math.round(this.canvas.clientHeight * this.pixelRatio));
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, {width, height});
  }
  draw() {
    this.resize();
    const {width, height} = this.canvas;
    this.panes = this.dew.panes(MODES.indexOf(this.mode), this.state.split, this.blinkDecoded, width, height);
    if (!this.placed) this.placeCamera();
    this.renderer.draw(this.panes, {colourings: this.colourings, pointPx: this.state.size * this.pixelRatio, pointBudget: POINT_BUDGET, background: BACKGROUND});
    if (this.state.ui) this.showSurroundings();
    document.body.dataset.drawn = String(Number(document.body.dataset.drawn ?? 0) + 1);
  }
  /** The view of the address, or that of the page, which keeps what it shows from left to right in narrower panes. */
  placeCamera() {
    const {width, height} = this.panes[0].viewport;
    this.dew.camera().set(this.state.camera ?? this.start.camera);
    if (!this.state.camera) this.dew.fit(this.start.aspect, width / height);
    this.placed = true;
  }
  showSurroundings() {
    const shown = this.panes.map(({shows}) => shows);
    const coloured = shown.includes(DIFFERENCE) ? this.colourings[DIFFERENCE] : this.colourings[shown[0]];
    showLegend(coloured, this.dew.colourTable(coloured.map).slice());
    showLabels(this.panes, [this.isPair ? `original: ${this.about.sides[0].name}` : this.about.sides[0].name, `decoded: ${this.about.sides.at(-1).name}`, this.isSplats ? 'difference of pictures' : this.isMesh ? 'distance to the surface of the original' : 'error of decoded points'], this.pixelRatio);
    const split = byId('split');
    split.style.display = this.mode === 'split' ? 'block' : 'none';
    split.style.left = `${this.canvas.clientWidth * this.state.split}px`;
    this.showMarks();
    const pane = this.panes[0].viewport;
    const db = this.isSplats && shown.includes(DIFFERENCE) ? this.renderer.differenceDb(pane.width, pane.height, BACKGROUND) : null;
    showErrors(this.about, this.histogram, this.colourings[DIFFERENCE].high, db);
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => history.replaceState(null, '', this.address()), 250);
  }
  address() { return writeState({...this.state, mode: this.isPair ? this.state.mode : undefined, colour: this.state.colour || undefined, camera: this.dew.camera()}); }
  showMarks() {
    const marks = [];
    for (const {viewport, clip} of this.picked ? this.panes : []) {
      const [x, y] = this.dew.project(viewport.width, viewport.height, ...this.picked.position);
      const inside = x >= clip.x - viewport.x && x < clip.x - viewport.x + clip.width && y >= 0 && y < clip.height;
      if (inside) marks.push(make('i', '', [], {style: `left: ${(viewport.x + x) / this.pixelRatio}px; top: ${(viewport.y + y) / this.pixelRatio}px`}));
    }
    byId('marks').replaceChildren(...marks);
  }

  paneAt(x, y) {
    const px = x * this.pixelRatio, py = y * this.pixelRatio;
    return this.panes.find(({clip}) => px >= clip.x && px < clip.x + clip.width && py >= clip.y && py < clip.y + clip.height);
  }
  pick(x, y) {
    const pane = this.paneAt(x, y);
    if (!pane) return;
    const {viewport, shows} = pane;
    const side = shows === ORIGINAL || !this.isPair ? 0 : 1;
    this.picked = this.dew.pick(side, viewport.width, viewport.height, x * this.pixelRatio - viewport.x, y * this.pixelRatio - viewport.y);
    showPick(this.picked);
    if (this.picked) this.setPanel(true);
    this.requestDraw();
    if (!this.picked || this.about.bits) return;
    // What is known at once is shown first.
    setTimeout(() => {
      this.measureBits(false);
      this.picked = this.dew.pickAgain();
      showPick(this.picked);
    }, 30);
  }
  setMode(mode) {
    if (!this.isPair) return;
    this.state.mode = mode;
    clearInterval(this.blinkTimer);
    if (mode === 'blink') this.blinkTimer = setInterval(() => this.blink(), BLINK_MS);
    for (const button of byId('modes').children) button.setAttribute('aria-checked', String(button.dataset.mode === mode));
    this.requestDraw();
  }
  blink() {
    this.blinkDecoded = !this.blinkDecoded;
    this.requestDraw();
  }
  setColour(colour) {
    this.state.colour = colour;
    byId('colour').value = colour;
    this.choose();
  }
  setPanel(shown) {
    this.state.panel = shown;
    document.body.classList.toggle('no-panel', !shown);
    this.requestDraw();
  }
  setPlaying(playing) {
    this.playing = playing;
    byId('play').textContent = playing ? '❚❚' : '▶';
    clearInterval(this.playTimer);
    if (playing) this.playTimer = setInterval(() => this.step(1), 1000 * Math.max(0.05, this.about.frameSeconds));
  }
  step(by) {
    if (this.about.frames < 2) return;
    this.setFrame((this.state.frame + by + this.about.frames) % this.about.frames);
  }
  setFrame(frame) {
    try {
      this.showFrame(frame);
    } catch (error) {
      this.setPlaying(false);
      showFailure(error);
      return;
    }
    byId('frame').value = this.state.frame;
    byId('frame-number').textContent = `${this.state.frame + 1} of ${this.about.frames}`;
  }

  makeControls() {
    document.body.classList.toggle('bare', !this.state.ui);
    byId('modes').hidden = !this.isPair;
    byId('modes').replaceChildren(...MODES.map((mode) => {
      const button = make('button', mode, [], {role: 'radio', 'data-mode': mode});
      button.addEventListener('click', () => this.setMode(mode));
      return button;
    }));
    const names = [...new Set(this.about.sides.flatMap(({attributes}) => attributes.map(({name}) => name)))];
    if (this.isMesh) names.push('normal');
    const first = this.isSplats || this.about.sides[0].ownColours ? 'own colours' : this.about.sides[0].firstAttribute || 'one colour';
    const rest = names.filter((name) => this.isSplats || name !== first);
    byId('colour').replaceChildren(make('option', first, [], {value: ''}), ...rest.map((name) => make('option', name, [], {value: name})));
    byId('colour').value = this.state.colour;
    byId('limit-choice').hidden = !this.isPair || this.isSplats || !this.histogram;
    byId('size-choice').hidden = this.isSplats || this.isMesh;
    byId('size').value = this.state.size;
    byId('frames').hidden = this.about.frames < 2;
    byId('frame').max = this.about.frames - 1;
    byId('frame').value = this.state.frame;
    byId('frame-number').textContent = `${this.state.frame + 1} of ${this.about.frames}`;
    this.setPanel(this.state.panel);
    if (this.isPair) this.setMode(this.state.mode);
  }
  /** Once a page. */
  listen() {
    const {dew} = this;
    const moved = (move) => (...given) => (move(...given), this.requestDraw());
    const reach = () => { const c = dew.camera(); return Math.hypot(c[17] - c[0], c[18] - c[1], c[19] - c[2]) * 0.04; };
    listen(this.canvas, {
      orbit: moved((yaw, pitch) => dew.orbit(yaw, pitch)),
      pan: moved((x, y, dx, dy) => {
        const {width, height} = (this.paneAt(x, y) ?? this.panes[0]).viewport;
        dew.pan(width, height, dx * this.pixelRatio, dy * this.pixelRatio);
      }),
      zoom: moved((factor) => dew.zoom(factor)),
      fly: moved((forward, right, up) => dew.fly(forward * reach(), right * reach(), up * reach())),
      pick: (x, y) => this.pick(x, y),
      key: (key) => this.key(key),
    });
    listenToSplit(byId('split'), (x) => {
      this.state.split = Math.min(1, Math.max(0, x / this.canvas.clientWidth));
      this.requestDraw();
    });
    byId('colour').addEventListener('change', (event) => this.setColour(event.target.value));
    byId('size').addEventListener('input', (event) => { this.state.size = Number(event.target.value); this.requestDraw(); });
    byId('limit').addEventListener('input', (event) => {
      // A thousandth of the largest error to all of it.
      const share = Number(event.target.value) / 100;
      this.state.limit = share === 1 ? undefined : this.about.errors.max * 10 ** (3 * (share - 1));
      this.choose();
    });
    byId('frame').addEventListener('input', (event) => this.setFrame(Number(event.target.value)));
    byId('play').addEventListener('click', () => this.setPlaying(!this.playing));
    byId('panel-button').addEventListener('click', () => this.setPanel(!this.state.panel));
    byId('pick-close').addEventListener('click', () => { this.picked = null; showPick(null); this.requestDraw(); });
    byId('help-button').addEventListener('click', showHelp);
    byId('link').addEventListener('click', async () => {
      history.replaceState(null, '', this.address());
      await navigator.clipboard?.writeText(location.href).catch(() => {});
      byId('link').textContent = 'Copied';
      setTimeout(() => { byId('link').textContent = 'Link'; }, 1200);
    });
    addEventListener('resize', () => this.requestDraw());
    addEventListener('hashchange', () => {
      Object.assign(this.state, {camera: undefined}, readState(location.hash));
      this.placed = false;
      if (this.state.frame !== this.about.frame) this.setFrame(this.state.frame);
      this.choose();
      this.makeControls();
    });
    this.canvas.addEventListener('webglcontextlost', () => showNotice('The graphics card was reset', 'Reload the page to go on.'));
    acceptDrops((files) => guarded(() => { this.state.frame = 0; this.openDropped(files); }));
  }
  openDropped(files) {
    this.open(files);
    this.dew.standardView(this.isSplats || this.isMesh ? 0 : 2, this.canvas.width / this.canvas.height);
    this.placed = true;
    this.requestDraw();
  }
  standardView(which) {
    const {width, height} = this.panes[0].viewport;
    this.dew.standardView(which, width / height);
    this.requestDraw();
  }
  /** True if the key means something. */
  key(key) {
    if (/^[1-7]$/.test(key)) return this.setMode(MODES[Number(key) - 1]), true;
    const names = [...byId('colour').options].map(({value}) => value);
    const meanings = {
      Tab: () => { if (this.isPair) { if (this.state.mode !== 'blink') this.setMode('blink'); clearInterval(this.blinkTimer); this.blink(); } },
      c: () => this.setColour(names[(names.indexOf(this.state.colour) + 1) % names.length]),
      b: () => this.measureBits(true),
      r: () => { this.state.camera = undefined; this.placed = false; this.requestDraw(); },
      t: () => this.standardView(1),
      o: () => this.standardView(0),
      i: () => this.setPanel(!this.state.panel),
      ' ': () => this.setPlaying(!this.playing && this.about.frames > 1),
      ArrowRight: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      '?': showHelp,
    };
    meanings[key]?.();
    return key in meanings;
  }
}

function showFailure(error) {
  document.body.classList.add('bare');
  document.body.dataset.failed = error.code ?? 'internal';
  showNotice('This cannot be shown', error.message);
}

/** Runs `work`; what goes wrong becomes a sentence on the page. */
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    showFailure(error);
  }
}

guarded(async () => {
  const start = JSON.parse(byId('start').textContent);
  showNotice('Decoding …', start.files.map(({name}) => name).join(' and '));
  const [module, files] = await Promise.all([moduleBytes(), filesOfPage(start)]);
  const page = new Page(await loadModule(module), start);
  // One picture of the sentence before the browser is busy.
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  page.open(files);
  page.listen();
  globalThis.dewPage = page;
});
