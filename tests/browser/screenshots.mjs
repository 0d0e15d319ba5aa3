// Makes the pictures of the README from a real session: pages in Chromium, and the terminal client in
// tmux (where that is installed), all talking to one server. pngquant, where that is installed, makes them small.
// Without a font for emoji (Debian: fonts-noto-color-emoji) they show boxes.
//
//   node tests/browser/screenshots.mjs --server build/brusiod --out doc/images [--lang it]

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Person, RawClient, root, sleep, startBrowser, startServer, until } from './harness.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const binary = resolve(option('server', join(root, 'build', 'brusiod')));
const out = resolve(option('out', join(root, 'doc', 'images')));
const italian = option('lang', 'en') === 'it';

const texts = italian
  ? {
      topic: 'Benvenuti! Qui si parla di tutto',
      morning: 'Buongiorno a tutti! ☀️',
      release: 'La **nuova versione** è pronta:\n- le note sono su https://example.org/0.2\n- per provarla: `make && ./build/brusiod`',
      building: 'La provo adesso. `make` dice:',
      photo: 'misura la pagina: pesa meno di una foto',
      look: "Giulia, dai un'occhiata anche tu?",
      here: 'Eccomi! Guardo subito :wave:',
      terminal: 'Dal terminale va benissimo',
    }
  : {
      topic: 'Welcome! Everything that fits nowhere else',
      morning: 'Good morning everybody! ☀️',
      release: 'The **new version** is ready:\n- the notes are at https://example.org/0.2\n- to try it: `make && ./build/brusiod`',
      building: 'Trying it right now. `make` says:',
      photo: 'weighs the page: less than a photograph',
      look: 'Giulia, would you have a look as well?',
      here: 'Here I am! Looking at it now :wave:',
      terminal: 'From the terminal it looks fine',
    };

const SECRET = 'a long secret';

async function talk(suite) {
  const anna = await RawClient.connect(suite, 'Anna');
  const leo = await RawClient.connect(suite, 'Leonardo');
  const say = (who, message, more = {}) => who.ask({ op: 'send', room: '#lobby', message, ...more });
  const giulia = await RawClient.connect(suite, 'Giulia');
  for (const who of [anna, leo, giulia]) await who.ask({ op: 'register', password: SECRET });
  giulia.close();
  await anna.ask({ op: 'profile', set: { display: 'Anna Rossi' } });
  for (const who of [anna, leo]) await who.ask({ op: 'join', room: '#lobby' });
  await anna.ask({ op: 'topic', room: '#lobby', topic: texts.topic });
  const morning = await say(anna, texts.morning);
  await say(anna, texts.release);
  const building = await say(leo, texts.building);
  await say(leo, '```sh\n$ make\n  CC  src/chat/rooms/room.c\n  LD  build/brusiod\n```');
  await say(leo, texts.photo, { action: true });
  for (const who of [anna, leo]) await who.ask({ op: 'react', room: '#lobby', target: morning.seq, emoji: '❤️', on: true });
  await anna.ask({ op: 'react', room: '#lobby', target: building.seq, emoji: '🎉', on: true });
  await say(anna, texts.look, { reply_to: building.seq });
  return { anna, leo };
}

async function pages(suite, { anna }) {
  const settings = { locale: italian ? 'it-IT' : 'en-GB', deviceScaleFactor: 2 };
  const giulia = await Person.arrive(suite, 'Giulia', { ...settings, viewport: { width: 1120, height: 720 }, enter: false });
  await giulia.page.getByRole('button', { name: /^(I have an account|Ho un account)$/ }).click();
  await giulia.page.locator('#password').fill(SECRET);
  await giulia.enter();
  await giulia.page.getByRole('button', { name: /^(Got it|Ho capito)$/ }).click();
  await giulia.joins('#cucina');
  await giulia.runs('/msg Anna :tada:');
  await giulia.page.locator('.room-link', { hasText: 'Anna' }).waitFor();
  await giulia.page.locator('.room-link', { hasText: 'lobby' }).click();
  await giulia.say(texts.here);
  await giulia.page.locator('.row-mine .delivery').first().waitFor();
  await anna.ask({ op: 'join', room: '#cucina' });
  await anna.ask({ op: 'send', room: '#cucina', message: 'torta!' });
  await giulia.page.locator('.badge').first().waitFor();
  await giulia.page.getByRole('button', { name: /(people|persone)$/ }).click();
  await giulia.page.locator('.person').first().waitFor();
  await giulia.page.mouse.move(4, 4);
  for (const colorScheme of ['light', 'dark']) {
    await giulia.page.emulateMedia({ colorScheme });
    await sleep(400); // Colours change over a quarter of a second.
    await giulia.page.screenshot({ path: join(out, `web-${colorScheme}.png`) });
  }
  const marta = await Person.arrive(suite, 'Marta', { ...settings, viewport: { width: 390, height: 800 } });
  await marta.sees(texts.look);
  await marta.page.getByRole('button', { name: /^(Got it|Ho capito)$/ }).click();
  await marta.page.mouse.move(4, 4);
  await marta.page.screenshot({ path: join(out, 'web-phone.png') });
}

const GROUND = '#1b1f1e';
const INK = '#e9e5dc';
const COLOURS = ['#6b7280', '#e5726a', '#86cdb9', '#ecc576', '#8ab4e8', '#c9a0dc', '#7fd0d8', INK];

// Of 256: 16 named ones, a cube of six steps a side, and greys.
function colourOf(number) {
  if (number < 16) return COLOURS[number % 8];
  const step = (n) => (n ? 55 + 40 * n : 0);
  const cube = number - 16;
  const grey = 8 + 10 * (number - 232);
  const [red, green, blue] =
    number < 232 ? [step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6)] : [grey, grey, grey];
  return `rgb(${red},${green},${blue})`;
}

// What the codes between ESC [ and m (ECMA-48, 8.3.117) make of a style.
function restyle(style, codes) {
  const numbers = (codes || '0').split(';').map(Number);
  let made = { ...style };
  while (numbers.length) {
    const code = numbers.shift();
    if (code === 0) made = {};
    else if (code === 1) made.weight = 'bold';
    else if (code === 2) made.opacity = 0.65;
    else if (code === 3) made.slant = 'italic';
    else if (code === 4) made.line = 'underline';
    else if (code === 7) made.isReversed = true;
    else if (code === 38 || code === 48) made[code === 38 ? 'ink' : 'ground'] = colourOf(numbers.splice(0, 2)[1]);
    else if (code === 39) delete made.ink;
    else if (code === 49) delete made.ground;
    else if (code % 60 >= 30 && code % 60 < 38) made.ink = COLOURS[code % 10];
  }
  return made;
}

function asCss({ weight, opacity, slant, line, isReversed, ink = INK, ground = GROUND }) {
  const [front, back] = isReversed ? [ground, ink] : [ink, ground];
  return `color:${front};background:${back};font-weight:${weight};opacity:${opacity};font-style:${slant};text-decoration:${line}`;
}

// Turns the coloured screen of tmux into a page that Chromium can take a picture of; {x, y} is where the cursor stands.
function asPage(screen, { x, y }) {
  const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  let style = {};
  const rows = screen.split('\n').map((row) => {
    const parts = row.split(/\x1b\[([\d;]*)m/);
    const shown = parts.map((part, n) => {
      if (n % 2) style = restyle(style, part);
      return n % 2 || !part ? '' : `<span style="${asCss(style)}">${escape(part)}</span>`;
    });
    return shown.join('');
  });
  return (
    `<style>body{margin:0;background:${GROUND}}main{padding:20px 24px;width:max-content}div{position:relative}` +
    `pre{margin:0;font:15px/1.5 "DejaVu Sans Mono",monospace}` +
    `i{position:absolute;left:${x}ch;top:${y * 1.5}em;width:1ch;height:1.5em;font:15px "DejaVu Sans Mono",monospace;background:${INK}}</style>` +
    `<main><div><pre>${rows.join('\n')}</pre><i></i></div></main>`
  );
}

async function terminal(suite) {
  const client = join(dirname(binary), 'brusio');
  const tmux = (...args) => execFileSync('tmux', ['-L', `brusio-${process.pid}`, ...args], { encoding: 'utf8' });
  try {
    tmux('-V');
  } catch {
    return console.log('no tmux: no picture of the terminal');
  }
  if (!existsSync(client)) return console.log(`no ${client}: no picture of the terminal`);
  const { port } = new URL(suite.server.url);
  const language = italian ? 'it_IT.UTF-8' : 'C.UTF-8';
  tmux('new-session', '-d', '-x', '90', '-y', '22', `env LANG=${language} LC_ALL=C.UTF-8 ${client} --plain Terenzio@127.0.0.1:${port}`);
  try {
    await until(() => tmux('capture-pane', '-p').includes('Giulia'), 'the terminal client shows the conversation');
    tmux('send-keys', '-l', texts.terminal);
    tmux('send-keys', 'Enter');
    await until(() => tmux('capture-pane', '-p').split(texts.terminal).length > 1, 'the terminal client shows what was typed');
    await sleep(500);
    const context = await suite.browser.newContext({ viewport: { width: 900, height: 540 }, deviceScaleFactor: 2 });
    const page = await context.newPage();
    const [x, y] = tmux('display-message', '-p', '#{cursor_x} #{cursor_y}').split(' ').map(Number);
    await page.setContent(asPage(tmux('capture-pane', '-e', '-N', '-p').trimEnd(), { x, y }));
    await page.locator('main').screenshot({ path: join(out, 'terminal.png') });
  } finally {
    tmux('kill-server');
  }
}

if (existsSync(binary)) process.env.BRUSIOD = binary;
mkdirSync(out, { recursive: true });
const server = await startServer();
const browser = await startBrowser();
const suite = { server, browser, contexts: [], clients: [], problems: [] };
await pages(suite, await talk(suite));
await terminal(suite);
await browser.close();
for (const client of suite.clients) client.close();
await server.stop();
try {
  const made = readdirSync(out).filter((name) => name.endsWith('.png'));
  execFileSync('pngquant', ['--force', '--ext', '.png', '--strip', ...made.map((name) => join(out, name))]);
} catch {
  console.log('no pngquant: the pictures are larger than they need be');
}
console.log(`pictures are in ${out}`);
