// SPDX-License-Identifier: Apache-2.0
// Headless Chromium, driven over a pipe by the DevTools protocol: no packages of npm, no port.
//
//   const browser = await Browser.start();
//   const page = await browser.open('file:///tmp/page.html', {width: 800, height: 600});
//   await page.until('document.body.dataset.drawn > 0');
//   const png = await page.screenshot();
//   await browser.close();
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const FLAGS = ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--hide-scrollbars',
  '--no-first-run', '--disable-background-networking', '--remote-debugging-pipe'];
const POLL_MS = 50;

export class Browser {
  static async start(program = process.env.DEW_CHROMIUM ?? 'chromium', flags = []) {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), 'dew-chromium-'));
    browser.process = spawn(program, [...FLAGS, ...flags, `--user-data-dir=${browser.profile}`, 'about:blank'], {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
    browser.waiting = new Map();
    browser.listeners = new Set();
    browser.lastId = 0;
    let rest = '';
    browser.process.stdio[4].setEncoding('utf8').on('data', (chunk) => {
      const messages = (rest + chunk).split('\0');
      rest = messages.pop();
      messages.forEach((message) => browser.receive(JSON.parse(message)));
    });
    const ended = (why) => browser.waiting.forEach(({reject}) => reject(new Error(`chromium ended: ${why}`)));
    browser.process.on('error', ended).on('exit', ended);
    return browser;
  }
  receive(message) {
    const call = this.waiting.get(message.id);
    if (!call) return this.listeners.forEach((listener) => listener(message));
    this.waiting.delete(message.id);
    message.error ? call.reject(new Error(`${call.method}: ${message.error.message}`)) : call.resolve(message.result);
  }
  send(method, params = {}, sessionId = undefined) {
    const id = ++this.lastId;
    this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject, method}));
  }
  /** `complaints` of the page gathers what it logs as an error and what it throws. */
  async open(url, {width, height, mobile = false, before = ''}) {
    const {targetId} = await this.send('Target.createTarget', {url: 'about:blank'});
    const {sessionId} = await this.send('Target.attachToTarget', {targetId, flatten: true});
    const page = new Page(this, sessionId, targetId);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    await page.send('Emulation.setDeviceMetricsOverride', {width, height, deviceScaleFactor: mobile ? 2 : 1, mobile});
    if (before) await page.send('Page.addScriptToEvaluateOnNewDocument', {source: before});
    await page.send('Page.navigate', {url});
    return page;
  }
  async close() {
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.send('Browser.close').catch(() => {});
    await exited;
    rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
  }
}

class Page {
  constructor(browser, sessionId, targetId) {
    Object.assign(this, {browser, sessionId, targetId, complaints: [], requests: []});
    this.listener = (message) => message.sessionId === sessionId && this.note(message);
    browser.listeners.add(this.listener);
  }
  note({method, params}) {
    if (method === 'Runtime.exceptionThrown') this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type)) this.complaints.push(params.args.map(({value, description}) => value ?? description).join(' '));
    if (method === 'Log.entryAdded' && ['error', 'warning'].includes(params.entry.level)) this.complaints.push(params.entry.text);
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url);
  }
  send(method, params = {}) { return this.browser.send(method, params, this.sessionId); }
  async evaluate(expression) {
    const {result, exceptionDetails} = await this.send('Runtime.evaluate', {expression, returnByValue: true, awaitPromise: true});
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }
  /** Waits until an expression is true. */
  async until(expression, limitMs = 60000) {
    const end = Date.now() + limitMs;
    while (!(await this.evaluate(expression).catch(() => false))) {
      if (Date.now() > end) throw new Error(`never true: ${expression}; complaints: ${this.complaints.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  /** PNG bytes. */
  async screenshot() { return Buffer.from((await this.send('Page.captureScreenshot', {format: 'png'})).data, 'base64'); }
  async drag(from, to, steps = 6) {
    const mouse = (type, [x, y], more = {}) => this.send('Input.dispatchMouseEvent', {type, x, y, button: 'left', buttons: 1, clickCount: 1, ...more});
    await mouse('mousePressed', from);
    for (let i = 1; i <= steps; ++i) await mouse('mouseMoved', from.map((start, axis) => start + (to[axis] - start) * i / steps));
    await mouse('mouseReleased', to, {buttons: 0});
  }
  click(at) { return this.drag(at, at, 0); }
  async key(key) {
    await this.send('Input.dispatchKeyEvent', {type: 'keyDown', key});
    await this.send('Input.dispatchKeyEvent', {type: 'keyUp', key});
  }
  async close() {
    this.browser.listeners.delete(this.listener);
    await this.browser.send('Target.closeTarget', {targetId: this.targetId});
  }
}
