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

// Turns the coloured screen of tmux into a page that Chromium can take a picture of.
function asPage(screen) {
  const escaped = screen.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  let open = 0;
  const body = escaped.replace(/\x1b\[([\d;]*)m/g, (_, codes) => {
    const classes = (codes || '0').split(';').map((code) => `s${Number(code)}`);
    const close = '</span>'.repeat(open);
    open = classes.includes('s0') ? 0 : 1;
    return close + (open ? `<span class="${classes.join(' ')}">` : '');
  });
  const colours = ['#6b7280', '#e5726a', '#86cdb9', '#ecc576', '#8ab4e8', '#c9a0dc', '#7fd0d8', '#e9e5dc'];
  const rules = colours.map((colour, n) => `.s3${n},.s9${n}{color:${colour}}`).join('');
  return (
    `<style>body{margin:0;background:#1b1f1e;color:#e9e5dc}pre{margin:0;padding:20px 24px;font:15px/1.5 "DejaVu Sans Mono",monospace}` +
    `.s1{font-weight:bold}.s2{opacity:.65}.s3{font-style:italic}.s4{text-decoration:underline}.s7{background:#e9e5dc;color:#1b1f1e}${rules}</style>` +
    `<pre>${body}${'</span>'.repeat(open)}</pre>`
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
    await page.setContent(asPage(tmux('capture-pane', '-e', '-p').trimEnd()));
    await page.locator('pre').screenshot({ path: join(out, 'terminal.png') });
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
