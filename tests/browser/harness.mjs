// Shared by the browser tests: a server, a browser, people, and a raw connection to fill rooms.
//
// The server is one of
//   BRUSIO_URL        one that runs already (its kill and restart tests are left out)
//   BRUSIOD           the binary to start, on a port of its own and an empty data directory;
//                     `--server PATH` of run.mjs sets it
//   neither           the mock of mock_server.mjs

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(join(root, 'web', 'package.json'));
const driver = require('playwright-core');
const { chromium, firefox } = driver;
const WebSocket = require('ws');

const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const INSECURE_HOST = 'chat.test';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A name that is not localhost: to a browser, a page over plain http from another machine.
  `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
];

const STOP_MS = 20_000;

// --- the server ---

class ForeignServer {
  constructor(url) {
    this.url = url;
    this.canBeKilled = false;
  }

  async stop() {}
}

class RealServer {
  canBeKilled = true;
  takesFiles = true;

  constructor(binary) {
    this.binary = binary;
    this.terminal = join(dirname(binary), 'brusio');
    this.pushes = existsSync(join(dirname(binary), 'brusio-push'));
    this.data = mkdtempSync(join(tmpdir(), 'brusio-web-'));
    this.port = 0;
  }

  async start() {
    const extra = (process.env.BRUSIOD_ARGS ?? '').split(' ').filter(Boolean);
    const options = ['--listen', '127.0.0.1', '--port', String(this.port), '--data', this.data, '--log-level', 'warn'];
    // Tests do in a second what people do in an hour.
    for (const bound of ['send-rate', 'account-rate', 'told-per-second', 'rooms-made-per-hour', 'registrations-per-hour'])
      options.push(`--${bound}`, '0');
    options.push('--server-names', INSECURE_HOST, '--push', this.pushes ? 'yes' : 'no', ...extra);
    this.process = spawn(this.binary, options, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.gone = new Promise((resolve) => this.process.once('exit', resolve));
    const lines = createInterface({ input: this.process.stdout });
    this.port = await new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        const match = /listening on \S*?:(\d+)\s*$/.exec(line);
        if (match) resolve(Number(match[1]));
      });
      void this.gone.then((code) => reject(new Error(`${this.binary} ended with status ${code} before it listened`)));
    });
    this.url = `http://127.0.0.1:${this.port}`;
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.gone;
  }

  // A command of brusiod on the data of this server.
  command(...words) {
    execFileSync(this.binary, [...words, '--data', this.data], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  restart() {
    return this.start();
  }

  async stop() {
    this.process.kill('SIGTERM');
    const ended = await Promise.race([this.gone.then(() => true), sleep(STOP_MS).then(() => false)]);
    if (!ended) {
      await this.kill();
      throw new Error(`${this.binary} did not end ${STOP_MS / 1000} s after SIGTERM`);
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}

class Mock {
  canBeKilled = true;

  async start() {
    const { startMock } = await import('./mock_server.mjs');
    const { MockChat } = await import('./mock_chat.mjs');
    this.chat ??= new MockChat();
    this.server = await startMock({ port: this.port ?? 0, chat: this.chat });
    this.port = this.server.port;
    this.url = this.server.url;
  }

  async kill() {
    await this.server.stop();
  }

  restart() {
    return this.start();
  }

  async stop() {
    await this.server.stop();
  }
}

export async function startServer() {
  if (process.env.BRUSIO_URL) return new ForeignServer(process.env.BRUSIO_URL.replace(/\/$/, ''));
  const server = process.env.BRUSIOD ? new RealServer(process.env.BRUSIOD) : new Mock();
  await server.start();
  return server;
}

// --- the browser ---

// Without `hasBars`, no scroll bar takes room, as on phones and Macs.
export function startBrowser(hasBars = false) {
  return chromium.launch({ executablePath: BROWSER, args: ARGS, ignoreDefaultArgs: hasBars ? ['--hide-scrollbars'] : [] });
}

// Debian's Firefox ESR, by WebDriver BiDi. It does not know yet how colour schemes are set.
export async function startFirefox() {
  const browser = await firefox.launch({ channel: 'moz-firefox', executablePath: FIREFOX });
  const session = Object.getPrototypeOf(driver._connection.toImpl(browser)._browserSession);
  const { send } = session;
  session.send = function (method, ...rest) {
    return method === 'emulation.setMediaFeaturesOverride' ? Promise.resolve({}) : send.call(this, method, ...rest);
  };
  return browser;
}

// Collects what no page may have: script errors and breaches of the content security policy.
export function watchPage(page, problems) {
  page.on('pageerror', (error) => problems.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) problems.push(`policy: ${message.text()}`);
  });
  return page.addInitScript(() => {
    window.policyBreaches = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      window.policyBreaches.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
}

export class Person {
  static async arrive(suite, name, options = {}) {
    const { address: _address, enter: _enter, ...settings } = options;
    const context = await suite.browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...settings });
    suite.contexts.push(context);
    const person = new Person(suite, context, name);
    person.address = options.address;
    await person.open();
    if (options.enter !== false) await person.enter();
    return person;
  }

  constructor(suite, context, name) {
    Object.assign(this, { suite, context, name });
  }

  async open() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(15_000);
    await watchPage(this.page, this.suite.problems);
    await this.page.goto(this.address ?? this.suite.server.url);
    return this.page;
  }

  // A name and one key press.
  async enter() {
    await this.page.locator('#name').fill(this.name);
    await this.page.keyboard.press('Enter');
    await this.composer.waitFor();
    await this.page.locator('.log[aria-busy="false"]').waitFor();
  }

  get composer() {
    return this.page.locator('#composer-text');
  }

  async say(text) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  // Waits until exactly TEXT stands in the composer.
  async typed(text) {
    let found;
    const check = async () => (found = await this.composer.inputValue()) === text;
    await until(check, `"${text}" in the composer`).catch((error) => {
      throw new Error(`${error.message}; it has "${found}"`);
    });
  }

  message(text) {
    return this.page.locator('.row', { hasText: text });
  }

  sees(text) {
    return this.message(text).first().waitFor();
  }

  // Every message text in the page, oldest first.
  texts() {
    return this.page.locator('.row .message-text').allInnerTexts();
  }

  async joins(room) {
    await this.runs(`/join ${room}`);
    await this.page.locator('.room-head h1', { hasText: room.slice(1) }).waitFor();
    await this.page.locator('.log[aria-busy="false"]').waitFor();
  }

  async runs(command) {
    await this.composer.fill(command);
    await this.composer.press('Escape');
    await this.composer.press('Enter');
  }
}

// --- a native client, for filling rooms and for checking what the server has ---

const ENTRIES = new Set(['message', 'edit', 'delete', 'react', 'topic']);

export class RawClient {
  static async connect(suite, name, { url = suite.server.url, session, password } = {}) {
    const client = new RawClient();
    suite.clients.push(client);
    client.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`);
    client.waiting = new Map();
    client.prefix = `${randomBytes(4).toString('hex')}-`;
    client.next = 1;
    client.pushed = [];
    client.socket.on('message', (data) => {
      const object = JSON.parse(data.toString());
      // An own entry carries its id, too.
      const waiting = ENTRIES.has(object.op) ? undefined : client.waiting.get(object.id);
      if (!waiting) return client.pushed.push(object);
      client.waiting.delete(object.id);
      if (object.op === 'error') waiting.reject(Object.assign(new Error(object.message), { code: object.code }));
      else waiting.resolve(object);
    });
    await new Promise((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    client.welcome = await client.ask({ op: 'hello', name, session, password, device: 'raw' });
    return client;
  }

  ask(object) {
    const id = object.id ?? `${this.prefix}${this.next++}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ ...object, id }));
    });
  }

  // Sends all texts, with some of them on their way at a time.
  async fill(room, texts, outstanding = 48) {
    await this.ask({ op: 'join', room });
    let next = 0;
    const work = async () => {
      while (next < texts.length) await this.ask({ op: 'send', room, message: texts[next++] });
    };
    await Promise.all(Array.from({ length: outstanding }, work));
  }

  // Every entry of a room's log that is a message, oldest first.
  async all(room) {
    const list = [];
    for (let after = 0; ; ) {
      const page = await this.ask({ op: 'history', room, after, limit: 200 });
      list.push(...page.messages);
      if (!page.more) return list;
      after = page.messages.at(-1).seq;
    }
  }

  close() {
    this.socket.close();
  }
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Waits until `check` gives something true; what it gave last is in the error.
export async function until(check, what, limit_ms = 15_000) {
  const end = Date.now() + limit_ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await sleep(50);
  }
}

// --- what a page must be to everybody ---

const axeSource = readFileSync(join(root, 'web', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');

export async function assertAccessible(person, where) {
  // Colours are looked at when they have stopped changing.
  await person.page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
  const violations = await person.page.evaluate(async () => {
    const found = await window.axe.run(document, { resultTypes: ['violations'] });
    return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`);
  });
  assert.deepEqual(violations, [], where);
}

// axe is given to the page by the browser, not by the page: the policy stays in force.
export async function withAxe(person) {
  const session = await person.context.newCDPSession(person.page);
  await session.send('Runtime.evaluate', { expression: axeSource });
}
