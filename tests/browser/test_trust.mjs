// A typed message arrives exactly once, whatever breaks: lines, pages, the server.

import assert from 'node:assert/strict';
import { Person, RawClient, sleep, until } from './harness.mjs';

async function sentAll(person) {
  await until(async () => (await person.page.locator('.delivery-sending').count()) === 0, 'nothing is waiting to be sent');
}

async function storedTexts(suite, room, sender) {
  const raw = await RawClient.connect(suite, `Reader${Date.now() % 100000}`);
  await raw.ask({ op: 'join', room });
  const messages = await raw.all(room);
  return messages.filter((message) => !sender || message.from.name === sender).map((message) => message.message);
}

export const tests = {
  'who does something while the line is lost does not wait for the next try': {
    needs: 'kill',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Impaziente', { enter: false });
      const { page } = anna;
      await page.clock.install();
      await page.reload();
      await anna.enter();
      await page.clock.pauseAt(new Date(Date.now() + 60_000));
      await suite.server.kill();
      const lost = page.locator('.line-state');
      // The pauses grow, so that the last one is long enough for all that follows.
      await until(async () => {
        await page.clock.runFor(1000);
        return (await lost.count()) && Number(/in (\d+) seconds/.exec(await lost.innerText())?.[1]) >= 4;
      }, 'a long pause');
      await suite.server.restart();
      await page.keyboard.press('Shift');
      for (let n = 0; n < 30 && (await lost.count()); n++) {
        await page.clock.runFor(50);
        await sleep(50);
      }
      assert.equal(await lost.count(), 0);
    },
  },

  'the server dies in the middle of sending: everything is stored once and in order': {
    needs: 'kill',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Ada');
      const wanted = [];
      let restarting = null;
      for (let n = 0; n < 60; n++) {
        const text = `piece ${n}`;
        wanted.push(text);
        if (n === 15 || n === 40) {
          await restarting;
          await suite.server.kill();
          // Typing goes on while nobody answers.
          restarting = sleep(700).then(() => suite.server.restart());
        }
        await anna.say(text);
      }
      await restarting;
      await until(async () => (await anna.page.locator('.delivery-sending').count()) === 0, 'everything is sent', 40_000);
      assert.deepEqual(await storedTexts(suite, '#lobby', 'Ada'), wanted);
      assert.deepEqual(await anna.texts(), wanted);
    },
  },

  'messages of others from the time without a line arrive without a gap or a double': {
    needs: 'kill',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Bice');
      const raw = await RawClient.connect(suite, 'Teller');
      await raw.fill('#lobby', Array.from({ length: 10 }, (_, n) => `tale ${n}`), 1);
      await anna.sees('tale 9');
      await anna.context.setOffline(true);
      await anna.page.evaluate(() => 0);
      await suite.server.kill();
      await suite.server.restart();
      const again = await RawClient.connect(suite, 'Teller', { session: raw.welcome.session });
      await again.fill('#lobby', Array.from({ length: 30 }, (_, n) => `tale ${n + 10}`), 1);
      await anna.context.setOffline(false);
      await anna.sees('tale 39');
      const tales = (await anna.texts()).filter((text) => text.startsWith('tale'));
      assert.deepEqual(tales, Array.from({ length: 40 }, (_, n) => `tale ${n}`));
    },
  },

  'offline is shown; what is typed survives a closed tab and is sent once': {
    needs: 'kill',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Clio');
      await anna.say('before');
      await sentAll(anna);
      await suite.server.kill();
      await anna.page.locator('.line-state').waitFor();
      await anna.say('written without a line');
      await anna.say('and another');
      await anna.message('and another').locator('.delivery-sending').waitFor();
      await anna.composer.pressSequentially('half a thou');
      await anna.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active.state === 'activated');
      await anna.page.close();
      await anna.open();
      await anna.message('and another').locator('.delivery-sending').waitFor();
      await suite.server.restart();
      await sentAll(anna);
      await anna.typed('half a thou');
      assert.deepEqual(await storedTexts(suite, '#lobby', 'Clio'), ['before', 'written without a line', 'and another']);
      await until(async () => (await anna.texts()).filter((text) => text === 'and another').length === 1, 'it is shown once');
    },
  },

  'an ack that is lost does not make a second message': {
    needs: 'mock',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Dina');
      suite.server.chat.loseAcks = 1;
      await anna.say('only once, please');
      await sentAll(anna);
      await anna.message('only once').locator('.delivery', { hasText: 'sent' }).waitFor();
      assert.deepEqual(await storedTexts(suite, '#lobby', 'Dina'), ['only once, please']);
      assert.equal(await anna.message('only once').count(), 1);
    },
  },

  'a passing refusal is tried again by itself': {
    needs: 'mock',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Elsa');
      suite.server.chat.refuseSends = 'rate_limited';
      await anna.say('patience one');
      await anna.say('patience two');
      await sleep(500);
      suite.server.chat.refuseSends = '';
      await sentAll(anna);
      assert.deepEqual(await storedTexts(suite, '#lobby', 'Elsa'), ['patience one', 'patience two']);
    },
  },

  async 'a reload comes back to the same name, room and messages'(suite) {
    const anna = await Person.arrive(suite, 'Fede');
    await anna.joins('#study');
    for (let n = 0; n < 5; n++) await anna.say(`note ${n}`);
    await anna.sees('note 4');
    await sentAll(anna);
    await anna.page.reload();
    await anna.page.locator('.room-link', { hasText: 'study' }).click();
    await anna.sees('note 4');
    assert.equal(await anna.page.locator('.me b').innerText(), 'Fede');
    assert.deepEqual(await anna.texts(), Array.from({ length: 5 }, (_, n) => `note ${n}`));
    await anna.say('note 5');
    await anna.sees('note 5');
    await sentAll(anna);
    assert.deepEqual((await anna.texts()).at(-1), 'note 5');
  },

  async 'two tabs of one browser are one person, and both see everything once'(suite) {
    const anna = await Person.arrive(suite, 'Greta');
    const first = anna.page;
    const second = new Person(suite, anna.context, 'Greta');
    await second.open();
    await second.composer.waitFor();
    await second.page.locator('.log[aria-busy="false"]').waitFor();
    await anna.say('from the first tab');
    await second.sees('from the first tab');
    await second.say('from the second tab');
    await anna.sees('from the second tab');
    for (const tab of [anna, second]) {
      const texts = (await tab.texts()).filter((text) => text.startsWith('from the'));
      assert.deepEqual(texts, ['from the first tab', 'from the second tab']);
    }
    const devices = await Promise.all([first, second.page].map((page) => page.evaluate(() => sessionStorage.getItem('brusio.device'))));
    assert.notEqual(devices[0], devices[1]);
    assert.equal(await second.page.locator('.me b').innerText(), 'Greta');
  },

  async 'a duplicated tab takes a device of its own'(suite) {
    const anna = await Person.arrive(suite, 'Hilda');
    const copied = await anna.page.evaluate(() => sessionStorage.getItem('brusio.device'));
    const twin = new Person(suite, anna.context, 'Hilda');
    await anna.context.addInitScript((device) => {
      if (!sessionStorage.getItem('brusio.device')) sessionStorage.setItem('brusio.device', device);
    }, copied);
    await twin.open();
    await twin.composer.waitFor();
    await twin.say('am I a copy?');
    await anna.sees('am I a copy?');
    assert.notEqual(await twin.page.evaluate(() => sessionStorage.getItem('brusio.device')), copied);
    assert.equal(await anna.page.evaluate(() => sessionStorage.getItem('brusio.device')), copied);
  },

  'what a closed tab could not send is carried by a living one': {
    needs: 'kill',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Ines');
      const second = new Person(suite, anna.context, 'Ines');
      await second.open();
      await second.composer.waitFor();
      await second.page.locator('.log[aria-busy="false"]').waitFor();
      await suite.server.kill();
      await second.page.locator('.line-state').waitFor();
      await second.say('left behind');
      await second.message('left behind').locator('.delivery-sending').waitFor();
      await second.page.close();
      await suite.server.restart();
      await anna.sees('left behind');
      await sleep(500);
      assert.deepEqual(await storedTexts(suite, '#lobby', 'Ines'), ['left behind']);
      assert.equal(await anna.message('left behind').count(), 1);
    },
  },

  async 'signing out in one tab signs out the others'(suite) {
    const anna = await Person.arrive(suite, 'Jole');
    const second = new Person(suite, anna.context, 'Jole');
    await second.open();
    await second.composer.waitFor();
    await anna.runs('/quit');
    await anna.page.locator('#name').waitFor();
    await second.page.locator('#name').waitFor();
  },
};
