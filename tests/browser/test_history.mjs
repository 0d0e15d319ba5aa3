// A room with 100,000 messages: scrolled, jumped through, and never more than a few rows at once.

import assert from 'node:assert/strict';
import { Person, RawClient, until } from './harness.mjs';

const MESSAGES = 100_000;
const ROWS_MAX = 400;
const ROOM = '#history';

let filled = false;

async function enter(suite, name) {
  if (!filled) {
    const raw = await RawClient.connect(suite, 'Chronicler');
    const words = 'a chronicle of days that were long and of evenings that were longer still, told without haste'.split(' ');
    const texts = Array.from({ length: MESSAGES }, (_, n) => `line ${n + 1}: ${words.slice(0, 3 + (n * 7) % words.length).join(' ')}`);
    await raw.fill(ROOM, texts, 60);
    filled = true;
  }
  const person = await Person.arrive(suite, name);
  await person.joins(ROOM);
  await until(async () => (await person.page.locator('.row').count()) > 10, 'the room is shown');
  return person;
}

// The numbers of the lines in the page, in order.
function lines(person) {
  return person.page.evaluate(() => [...document.querySelectorAll('.row')].map((row) => Number(row.dataset.seq)));
}

function assertUnbroken(list) {
  for (let at = 1; at < list.length; at++) assert.equal(list[at], list[at - 1] + 1, `after ${list[at - 1]}`);
}

export const tests = {
  async 'scrolling back through the history: no jump, no hole, bounded rows'(suite) {
    const anna = await enter(suite, 'Vera');
    const log = anna.page.locator('.log');
    await log.hover();
    let lowest = MESSAGES;
    let most = 0;
    for (let step = 0; step < 60; step++) {
      // Records the place of a row on the screen just before and just after the pages around it changed.
      const moved = await anna.page.evaluate(async () => {
        const box = document.querySelector('.log');
        const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve()));
        box.scrollBy(0, -box.clientHeight * 0.8);
        await frame();
        const top = box.getBoundingClientRect().top;
        const row = [...box.querySelectorAll('.row')].find((other) => other.getBoundingClientRect().top >= top + 40);
        const { seq } = row.dataset;
        const place = row.getBoundingClientRect().top;
        let worst = 0;
        for (let n = 0; n < 6; n++) {
          await frame();
          const same = box.querySelector(`[data-seq="${seq}"]`);
          worst = Math.max(worst, same ? Math.abs(same.getBoundingClientRect().top - place) : Infinity);
        }
        return worst;
      });
      assert.ok(moved <= 2, `what one reads moved by ${moved} pixels at step ${step}`);
      const list = await lines(anna);
      assertUnbroken(list);
      most = Math.max(most, list.length);
      lowest = Math.min(lowest, list[0]);
    }
    assert.ok(lowest < MESSAGES - 400, `it went back to ${lowest}`);
    assert.ok(most <= ROWS_MAX, `${most} rows`);
    // And forward again, over what had left the page, to the end.
    await until(
      async () => {
        await anna.page.evaluate(() => document.querySelector('.log').scrollBy(0, 4000));
        assertUnbroken(await lines(anna));
        return (await lines(anna)).at(-1) === MESSAGES;
      },
      'the end is reached again',
      30_000,
    );
  },

  async 'the first message, the last message, and back'(suite) {
    const anna = await enter(suite, 'Wanda');
    await anna.page.locator('.log').focus();
    await anna.page.keyboard.press('Home');
    await until(async () => (await lines(anna))[0] === 1, 'the first line is there');
    await anna.page.locator('.beginning').waitFor();
    assert.ok((await lines(anna)).length <= ROWS_MAX);
    assertUnbroken(await lines(anna));
    await anna.page.getByRole('button', { name: 'Latest messages' }).click();
    await until(async () => (await lines(anna)).at(-1) === MESSAGES, 'the last line is there');
    await anna.say('one more line');
    await anna.message('one more line').locator('.delivery', { hasText: 'sent' }).waitFor();
  },

  async 'what arrives while one reads far back moves nothing and is counted'(suite) {
    const anna = await enter(suite, 'Xenia');
    const raw = await RawClient.connect(suite, 'Herald');
    await anna.page.locator('.log').focus();
    await anna.page.keyboard.press('Home');
    await until(async () => (await lines(anna))[0] === 1, 'the first line is there');
    const before = await lines(anna);
    await raw.fill(ROOM, ['news 1', 'news 2', 'news 3'], 1);
    await anna.page.locator('.pill-bottom', { hasText: '3 new messages' }).waitFor();
    assert.deepEqual(await lines(anna), before);
    await anna.page.locator('.pill-bottom').click();
    await anna.sees('news 3');
    await until(async () => (await anna.page.locator('.pill-bottom').count()) === 0, 'we are at the end');
  },

  async 'a jump to a day finds its first message'(suite) {
    const anna = await enter(suite, 'Ylenia');
    const today = await anna.page.evaluate(() => {
      const now = new Date();
      return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`;
    });
    await anna.runs(`/history ${today}`);
    await until(async () => (await lines(anna))[0] === 1, 'the first line of today is there');
  },

  async 'the first unread message is where the room opens, or one press away'(suite) {
    const anna = await enter(suite, 'Zita');
    await anna.page.locator('.room-link', { hasText: 'lobby' }).click();
    const raw = await RawClient.connect(suite, 'Courier');
    await raw.fill(ROOM, Array.from({ length: 150 }, (_, n) => `missed ${n}`), 1);
    await anna.page.locator('.room-link .badge', { hasText: '99+' }).waitFor();
    await anna.page.locator('.room-link', { hasText: 'history' }).click();
    const pill = anna.page.getByRole('button', { name: 'First unread message' });
    const line = anna.page.locator('.unread-line');
    await until(async () => (await pill.count()) + (await line.count()) > 0, 'the unread ones are marked');
    if (await pill.count()) await pill.click();
    await line.waitFor();
    const below = await anna.page.evaluate(() => document.querySelector('.unread-line').nextElementSibling.innerText);
    assert.match(below, /missed 0/);
    const box = await line.boundingBox();
    assert.ok(box.y > 50 && box.y < 400, `the line is at ${box.y}`);
  },
};
