// A busy room: 50 messages a second arrive while somebody types.

import assert from 'node:assert/strict';
import { Person, RawClient, sleep, until } from './harness.mjs';

const PER_SECOND = 50;
const SECONDS = 6;
const LONG_MS = 50;
const TEXT = 'the quick brown fox jumps over the lazy dog and nobody is hurried ';

function median(list) {
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}

// Sends at a steady rate until it is told to stop; gives how many it sent.
function torrent(raw) {
  const start = Date.now();
  let sent = 0;
  let going = true;
  const done = (async () => {
    while (going) {
      const due = Math.floor(((Date.now() - start) / 1000) * PER_SECOND);
      for (; sent < due; sent++) {
        const message = `drop ${sent}: \`x\` https://example.org ${'word '.repeat(sent % 30)}`;
        raw.socket.send(JSON.stringify({ op: 'send', id: `t${sent}`, room: '#lobby', message }));
      }
      await sleep(10);
    }
    return sent;
  })();
  return () => {
    going = false;
    return done;
  };
}

async function typeFor(person, seconds) {
  const start = Date.now();
  let typed = '';
  for (let at = 0; Date.now() - start < seconds * 1000; at++) {
    const key = TEXT[at % TEXT.length];
    await person.page.keyboard.type(key);
    typed += key;
    await sleep(35);
  }
  return typed;
}

// The longest task of the page's main thread in each second, in milliseconds of processor time: how
// long it took by the clock also tells what else the machine was doing.
async function longestTasks(suite, person, work) {
  const categories = ['disabled-by-default-devtools.timeline', '__metadata'];
  await suite.browser.startTracing(person.page, { categories });
  await work();
  const { traceEvents } = JSON.parse((await suite.browser.stopTracing()).toString());
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const tasks = traceEvents.filter(({ name, tdur, tid, pid }) => name === 'RunTask' && tdur && mains.some((main) => main.tid === tid && main.pid === pid));
  assert.ok(tasks.length > 100, 'the tasks were traced');
  const first = Math.min(...tasks.map(({ ts }) => ts));
  const longest = Array(SECONDS).fill(0);
  for (const { ts, tdur } of tasks) {
    const second = Math.floor((ts - first) / 1e6);
    if (second < SECONDS) longest[second] = Math.max(longest[second], tdur / 1000);
  }
  return longest;
}

export const tests = {
  async '50 messages a second while typing: no key is lost, no task is long'(suite) {
    const raw = await RawClient.connect(suite, 'Torrent');
    await raw.fill('#lobby', Array.from({ length: 400 }, (_, n) => `before ${n}`), 20);
    const anna = await Person.arrive(suite, 'Tessa');
    await anna.sees('before 399');
    await anna.composer.click();
    await anna.page.evaluate(() => {
      window.delays = [];
      document.getElementById('composer-text').addEventListener('input', (event) => window.delays.push(performance.now() - event.timeStamp));
    });
    let typed = '';
    let sent = 0;
    const longest = await longestTasks(suite, anna, async () => {
      const stop = torrent(raw);
      typed = await typeFor(anna, SECONDS);
      sent = await stop();
    });
    const wait = median(await anna.page.evaluate(() => window.delays));
    console.log(`        ${sent} messages, ${typed.length} keys; longest task of each second: ${longest.map((ms) => `${ms.toFixed(0)} ms`)}; a key waits ${wait.toFixed(1)} ms`);
    await anna.typed(typed);
    assert.ok(sent >= PER_SECOND * SECONDS * 0.9, `${sent} were sent`);
    assert.ok(median(longest) <= LONG_MS, `the longest task of the median second takes ${median(longest)} ms`);
    assert.ok(wait <= LONG_MS, `a key waits ${wait} ms`);
    await anna.sees(`drop ${sent - 1}:`);
    const rows = await anna.page.locator('.row').count();
    assert.ok(rows <= 400, `${rows} rows`);
    await anna.composer.press('Enter');
    await anna.typed('');
  },
};
