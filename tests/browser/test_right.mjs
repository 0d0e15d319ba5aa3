// What must be right before anything else: words for on and off, messages that the server refuses, links, times, order.

import assert from 'node:assert/strict';
import { Person, RawClient, assertAccessible, until, withAxe } from './harness.mjs';

// Every word that the other clients take, and none besides: what is not understood changes nothing.
async function wordsForOnAndOff(suite) {
  const anna = await Person.arrive(suite, 'Wanda');
  const raw = await RawClient.connect(suite, 'Walter');
  const { page } = anna;
  const lock = page.locator('.room-head .room-lock');
  const rooms = async () => (await raw.ask({ op: 'rooms' })).rooms.map(({ room }) => room);
  const pairs = [
    ['yes', 'no'],
    ['YES', 'off'],
    ['true', 'false'],
    ['sì', '0'],
  ];
  for (const [at, [on, off]] of pairs.entries()) {
    const room = `#words-${at}`;
    await anna.joins(room);
    assert.ok((await rooms()).includes(room));
    await anna.runs(`/private ${on}`);
    await lock.waitFor();
    assert.ok(!(await rooms()).includes(room), on);
    // A room that becomes public shows what was said in it: its dialog asks first.
    await anna.runs(`/private ${off}`);
    const box = page.getByLabel('Only invited people can enter');
    await box.waitFor();
    assert.equal(await box.isChecked(), true, off);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  }
  for (const neither of ['perhaps', 'onn', '2', 'yes please']) {
    await anna.runs(`/private ${neither}`);
    await page.getByRole('alert').filter({ hasText: '/private' }).waitFor();
    await anna.typed(`/private ${neither}`);
    await anna.composer.fill('');
  }
  await lock.waitFor();
}

// The store refuses one message whenever it comes; the line is the real server's but for that.
async function refusedTwice(suite) {
  const anna = await Person.arrive(suite, 'Xenia', { enter: false });
  const { page } = anna;
  let tries = 0;
  let refuses = true;
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((text) => {
      const object = JSON.parse(String(text));
      if (object.op !== 'send' || object.message !== 'unlucky' || !refuses) return server.send(text);
      tries++;
      const message = 'The message could not be stored.';
      socket.send(JSON.stringify({ op: 'error', id: object.id, code: 'store_failed', from: { name: 'brusio', ip: '127.0.0.1' }, message }));
    });
  });
  await page.reload();
  await anna.enter();
  await anna.say('unlucky');
  await anna.say('and then');
  const failed = anna.message('unlucky').locator('.delivery-failed');
  await failed.filter({ hasText: 'The message could not be stored.' }).waitFor();
  await anna.message('and then').locator('.delivery', { hasText: 'sent' }).waitFor();
  assert.equal(tries, 2);
  assert.equal(await failed.getByRole('button').count(), 2);
  await withAxe(anna);
  await assertAccessible(anna, 'a message that was set aside');
  // It is still there after a reload, and goes when the server takes it; another one is thrown away.
  await page.reload();
  await failed.waitFor();
  refuses = false;
  await failed.getByRole('button', { name: 'Try again' }).click();
  await anna.message('unlucky').locator('.delivery', { hasText: 'sent' }).waitFor();
  refuses = true;
  await anna.say('unlucky');
  await failed.getByRole('button', { name: 'Discard' }).click();
  await failed.waitFor({ state: 'detached' });
  assert.equal(await anna.message('unlucky').count(), 1);
}

// Nothing that is shown says something else than what it is.
async function shownAsItIs(suite) {
  const raw = await RawClient.connect(suite, 'Yuri');
  const anna = await Person.arrive(suite, 'Yvonne');
  await raw.ask({ op: 'join', room: '#lobby' });
  await raw.ask({ op: 'send', room: '#lobby', message: 'see https://example.org/\u202egnp.exe now' });
  await raw.ask({ op: 'send', room: '#lobby', message: 'a row x:100: and :100: too' });
  await anna.sees('a row');
  const link = anna.message('see https').locator('a');
  assert.doesNotMatch(await link.textContent(), /[\u202a-\u202e\u2066-\u2069]/u);
  assert.match(await link.textContent(), /gnp\.exe/);
  // It ends on the screen as it ends: what stands rightmost is the end of the address.
  const [left, right] = await link.evaluate((element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const boxes = [];
    for (let node; (node = walker.nextNode()); ) {
      const range = document.createRange();
      for (const at of [0, node.length - 1]) {
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        boxes.push(range.getBoundingClientRect().left);
      }
    }
    return [boxes[0], boxes.at(-1)];
  });
  assert.ok(right > left);
  // The emoji come in a file of their own.
  const row = () => anna.message('a row').locator('.message-text').innerText();
  await until(async () => (await row()) === 'a row x:100: and 💯 too', 'the emoji');
}

async function asPeopleCount(suite) {
  const name = 'a-name-that-is-much-longer-than-any-list-is-wide';
  const raw = await RawClient.connect(suite, 'Zoran');
  await raw.ask({ op: 'join', room: '#lobby' });
  await raw.ask({ op: 'send', room: '#lobby', message: 'what time is it' });
  for (const [locale, clock] of [
    ['en-US', /^\d{1,2}:\d\d\s[AP]M$/],
    ['it-IT', /^\d\d:\d\d$/],
  ]) {
    const person = await Person.arrive(suite, `Z${locale.slice(0, 2)}`, { locale });
    await person.sees('what time is it');
    assert.match((await person.message('what time is it').locator('time').first().innerText()).trim(), clock, locale);
    if (locale !== 'en-US') continue;
    for (const room of ['#table-10', '#table-2', '#table-1', `#${name}`]) await person.joins(room);
    const titles = () => person.page.locator('.room-link').evaluateAll((links) => links.map((link) => link.title));
    await until(async () => (await titles()).length >= 5, 'all rooms');
    assert.deepEqual((await titles()).filter((title) => title.startsWith('#table')), ['#table-1', '#table-2', '#table-10']);
    // A name that is cut off is whole in its tooltip.
    const cut = person.page.locator('.room-link', { hasText: name.slice(0, 10) });
    assert.equal(await cut.getAttribute('title'), `#${name}`);
    const isCut = await cut.evaluate((link) => [link, ...link.querySelectorAll('*')].some((element) => element.scrollWidth > element.clientWidth + 1));
    assert.ok(isCut);
    assert.equal(await person.page.locator('.room-head h1').getAttribute('title'), `#${name}`);
  }
}

export const tests = {
  'every word for on and off means that, and no other does anything': { needs: 'real', run: wordsForOnAndOff },
  'a message that is refused twice is set aside, and the next one goes': { needs: 'real', run: refusedTwice },
  'links and codes are shown as they are': shownAsItIs,
  'times are the locale\'s, rooms stand in their order, what is cut off has a tooltip': asPeopleCount,
};
