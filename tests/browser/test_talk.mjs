// People who talk: coming in, messages, rooms, direct conversations, changes, commands.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { INSECURE_HOST, Person, RawClient, until } from './harness.mjs';

export const tests = {
  async 'a name and one key press, and two people talk'(suite) {
    const anna = await Person.arrive(suite, 'Anna');
    const leo = await Person.arrive(suite, 'Leo');
    assert.match(await anna.page.title(), /#lobby/);
    await anna.say('Good morning');
    await leo.sees('Good morning');
    await leo.say('Morning! How are you?');
    await anna.sees('How are you?');
    await anna.message('Good morning').locator('.delivery', { hasText: 'sent' }).waitFor();
    assert.deepEqual(await anna.texts(), ['Good morning', 'Morning! How are you?']);
    assert.deepEqual(await leo.texts(), ['Good morning', 'Morning! How are you?']);
    assert.equal(await leo.message('Good morning').locator('.row-author').innerText(), 'Anna');
  },

  'two people and a terminal client talk': {
    needs: 'terminal',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Amelia');
      const leo = await Person.arrive(suite, 'Livio');
      const { port } = new URL(suite.server.url);
      const terminal = spawn(suite.server.terminal, ['--plain', `Terminal@127.0.0.1:${port}`], { stdio: ['pipe', 'pipe', 'inherit'] });
      const ended = new Promise((resolve) => terminal.once('exit', resolve));
      let heard = '';
      terminal.stdout.on('data', (data) => (heard += data));
      terminal.stdin.write('hello from a terminal\n');
      await anna.sees('hello from a terminal');
      await leo.sees('hello from a terminal');
      await anna.say('hello from a page');
      await until(() => heard.includes('Amelia: hello from a page'), 'the terminal shows it');
      terminal.stdin.end();
      assert.equal(await ended, 0);
    },
  },

  async 'from another machine without encryption everything works but what browsers forbid'(suite) {
    const address = suite.server.url.replace('127.0.0.1', INSECURE_HOST);
    const anna = await Person.arrive(suite, 'Bruna', { address });
    assert.equal(await anna.page.evaluate(() => isSecureContext), false);
    await anna.say('no lock in the address bar');
    await anna.message('no lock').locator('.delivery', { hasText: 'sent' }).waitFor();
    await anna.page.reload();
    await anna.sees('no lock in the address bar');
    await anna.page.locator('.me').click();
    assert.equal(await anna.page.getByLabel('Notify me').isDisabled(), true);
  },

  async 'the address names the room: a reload stays there, a link leads there'(suite) {
    const anna = await Person.arrive(suite, 'Cosima');
    await anna.joins('#città');
    await anna.say('a room with an accent');
    await anna.message('a room with').locator('.delivery', { hasText: 'sent' }).waitFor();
    await anna.page.reload();
    await anna.page.locator('.room-head h1', { hasText: 'città' }).waitFor();
    await anna.sees('a room with an accent');
    const leo = await Person.arrive(suite, 'Dario', { address: anna.page.url() });
    await leo.page.locator('.room-head h1', { hasText: 'città' }).waitFor();
    await leo.sees('a room with an accent');
  },

  async 'a name that is taken is refused with a reason, and another one enters'(suite) {
    await Person.arrive(suite, 'Carla');
    const second = await Person.arrive(suite, 'Carla', { enter: false });
    await second.page.locator('#name').fill('Carla');
    await second.page.keyboard.press('Enter');
    await second.page.locator('.problem').waitFor();
    assert.ok((await second.page.locator('.problem').innerText()).length > 5);
    second.name = 'Carla_2';
    await second.enter();
  },

  async 'what is no name is refused before it is sent'(suite) {
    const person = await Person.arrive(suite, '', { enter: false });
    await person.page.locator('#name').fill('1 bad name');
    await person.page.keyboard.press('Enter');
    await person.page.locator('.problem').waitFor();
  },

  async 'an account: register, come back by the token, sign out, sign in by password'(suite) {
    const dora = await Person.arrive(suite, 'Dora', { enter: false });
    await dora.page.getByRole('button', { name: 'Create an account' }).click();
    await dora.page.locator('#name').fill('Dora');
    await dora.page.locator('#password').fill('a long secret');
    await dora.page.keyboard.press('Enter');
    await dora.composer.waitFor();
    await dora.page.locator('.me', { hasText: 'signed in' }).waitFor();
    await dora.joins('#workshop');
    await dora.page.reload();
    await dora.page.locator('.room-link', { hasText: 'workshop' }).waitFor();
    await dora.page.locator('.me', { hasText: 'signed in' }).waitFor();
    const kept = await dora.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!kept.includes('a long secret'), 'the password is nowhere kept');
    await dora.page.locator('.me').click();
    await dora.page.getByRole('button', { name: 'Sign out' }).click();
    await dora.page.getByRole('button', { name: 'I have an account' }).click();
    await dora.page.locator('#name').fill('Dora');
    await dora.page.locator('#password').fill('wrong');
    await dora.page.keyboard.press('Enter');
    await dora.page.locator('.problem').waitFor();
    await dora.page.locator('#password').fill('a long secret');
    await dora.page.keyboard.press('Enter');
    await dora.composer.waitFor();
    await dora.page.locator('.room-link', { hasText: 'workshop' }).waitFor();
  },

  async 'rooms: create, join from the list, unread counts and mentions'(suite) {
    const anna = await Person.arrive(suite, 'Emma');
    const leo = await Person.arrive(suite, 'Fabio');
    await anna.joins('#kitchen');
    await leo.page.getByRole('button', { name: 'Find or create a room' }).click();
    await leo.page.locator('.choices button', { hasText: '#kitchen' }).click();
    await leo.page.locator('.room-head h1', { hasText: 'kitchen' }).waitFor();
    await leo.page.locator('.room-link', { hasText: 'lobby' }).click();
    await anna.say('the cake is ready');
    await anna.say('fabio, come!');
    const link = leo.page.locator('.room-link', { hasText: 'kitchen' });
    await link.locator('.badge-called', { hasText: '2' }).waitFor();
    assert.match(await leo.page.title(), /^\(1\)/);
    assert.match(await leo.page.locator('link[rel=icon]').getAttribute('href'), /unread/);
    await link.click();
    await leo.page.locator('.unread-line').waitFor();
    await until(async () => (await leo.page.locator('.badge').count()) === 0, 'no badge is left');
    assert.match(await leo.page.title(), /^#kitchen/);
    assert.ok(await leo.message('fabio, come!').evaluate((row) => row.classList.contains('row-called')));
  },

  async 'a direct conversation opens on both sides'(suite) {
    const anna = await Person.arrive(suite, 'Gina');
    const leo = await Person.arrive(suite, 'Hugo');
    await anna.runs('/msg Hugo just between us');
    await anna.sees('just between us');
    const link = leo.page.locator('.room-link', { hasText: 'Gina' });
    await link.locator('.badge-called').waitFor();
    await link.click();
    await leo.sees('just between us');
    await leo.say('understood');
    await anna.sees('understood');
    assert.equal(await leo.page.locator('.room-head h1').innerText(), '@Gina');
  },

  'a conversation goes by the new name of the other one, with what is half written': {
    needs: 'real',
    async run(suite) {
      const luca = await RawClient.connect(suite, 'Ludovico');
      const anna = await Person.arrive(suite, 'Annarita');
      await luca.ask({ op: 'join', room: '#lobby' });
      await luca.ask({ op: 'send', room: '@Annarita', message: 'ciao' });
      await anna.page.locator('.room-link', { hasText: 'Ludovico' }).click();
      await anna.sees('ciao');
      await anna.composer.fill('half');
      await luca.ask({ op: 'nick', name: 'Federico' });
      await anna.page.locator('.room-head h1', { hasText: 'Federico' }).waitFor();
      await anna.page.locator('.log-notice', { hasText: 'Federico' }).waitFor();
      await anna.typed('half');
      await anna.composer.pressSequentially(' written');
      await anna.composer.press('Enter');
      await until(() => luca.pushed.some(({ message }) => message === 'half written'), 'it reaches the other one');
      await luca.ask({ op: 'send', room: '@Annarita', message: 'under my new name' });
      await anna.sees('under my new name');
      assert.deepEqual(await anna.texts(), ['ciao', 'half written', 'under my new name']);
      assert.equal(await anna.page.locator('.room-link', { hasText: 'Ludovico' }).count(), 0);
      await anna.page.reload();
      await anna.sees('under my new name');
      assert.equal(await anna.page.locator('.room-head h1').innerText(), '@Federico');
    },
  },

  'notes to oneself are where one finds people, and are nothing that waits to be read': {
    needs: 'real',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Annamaria');
      const { page } = anna;
      const link = page.locator('.room-link', { hasText: 'Notes to yourself' });
      await page.keyboard.press('Control+k');
      await page.keyboard.type('notes');
      await page.keyboard.press('Enter');
      await page.locator('.room-head h1', { hasText: 'Notes to yourself' }).waitFor();
      await anna.say('buy milk');
      await anna.message('buy milk').locator('.delivery', { hasText: 'sent' }).waitFor();
      await page.locator('.beginning', { hasText: 'Only you see' }).waitFor();
      assert.equal(await page.locator('.room-head .topic').count(), 0, 'nobody is here or away');
      await page.locator('.room-link', { hasText: 'lobby' }).click();
      await anna.runs('/msg Annamaria and bread');
      await link.click();
      await anna.sees('and bread');
      assert.equal(await link.locator('.badge').count(), 0);
      await anna.runs('/nick Annarella');
      await page.locator('.me', { hasText: 'Annarella' }).waitFor();
      await anna.say('and salt');
      await anna.message('and salt').locator('.delivery', { hasText: 'sent' }).waitFor();
      assert.deepEqual(await anna.texts(), ['buy milk', 'and bread', 'and salt']);
      assert.equal(await link.count(), 1);
    },
  },

  async 'edit, delete, react and reply reach the others'(suite) {
    const anna = await Person.arrive(suite, 'Irene');
    const leo = await Person.arrive(suite, 'Lino');
    await anna.joins('#desk');
    await leo.joins('#desk');
    await anna.say('teh first');
    await leo.sees('teh first');
    await anna.composer.press('ArrowUp');
    await anna.typed('teh first');
    await anna.say('the first');
    await leo.sees('the first');
    await leo.page.locator('.edited').waitFor();
    await leo.message('the first').hover();
    await leo.page.getByRole('button', { name: 'React with 👍' }).click();
    await anna.page.locator('.reaction', { hasText: '1' }).waitFor();
    await leo.message('the first').hover();
    await leo.page.getByRole('button', { name: 'Reply' }).click();
    await leo.say('an answer');
    await anna.message('an answer').locator('.quote', { hasText: 'the first' }).waitFor();
    await anna.page.locator('.reaction').click();
    await leo.page.locator('.reaction', { hasText: '2' }).waitFor();
    await anna.say('never mind');
    await leo.sees('never mind');
    await anna.message('never mind').hover();
    await anna.message('never mind').getByRole('button', { name: 'Delete' }).click();
    await anna.page.locator('dialog .danger').click();
    await until(async () => !(await leo.texts()).includes('never mind'), 'the text is gone');
    await leo.page.locator('.text-deleted').waitFor();
  },

  async 'text is shown as it was meant: code, links, emoji, lines, and never as HTML'(suite) {
    const anna = await Person.arrive(suite, 'Mara');
    const leo = await Person.arrive(suite, 'Nino');
    await anna.composer.click();
    await anna.page.keyboard.type('first line');
    await anna.page.keyboard.press('Shift+Enter');
    await anna.page.keyboard.type('second line');
    await anna.page.keyboard.press('Enter');
    await leo.sees('second line');
    assert.equal(await leo.message('second line').locator('.message-text').innerText(), 'first line\nsecond line');
    await anna.say('`<b>x</b>` and <img src=x onerror=alert(1)> :tada:');
    await leo.message('onerror').locator('code', { hasText: '<b>x</b>' }).waitFor();
    assert.equal(await leo.page.locator('.row img').count(), 0);
    assert.match(await leo.message('onerror').innerText(), /🎉/);
    await anna.say('see https://example.org/a?b=c.');
    const link = leo.page.locator('.row a');
    await link.waitFor();
    assert.equal(await link.getAttribute('href'), 'https://example.org/a?b=c');
    assert.match(await link.getAttribute('rel'), /noopener/);
    await anna.say('```\nint main(void);\n```');
    await leo.page.locator('.row pre', { hasText: 'int main(void);' }).waitFor();
    await anna.say('/me waves');
    await leo.page.locator('.text-action', { hasText: 'Mara waves' }).waitFor();
    await anna.say('//not a command');
    await leo.sees('/not a command');
  },

  async 'commands are completed, explained, and refused with a reason'(suite) {
    const anna = await Person.arrive(suite, 'Olga');
    await anna.composer.click();
    await anna.page.keyboard.type('/to');
    await anna.page.locator('.completion [role=option]', { hasText: '/topic' }).waitFor();
    await until(async () => (await anna.composer.getAttribute('aria-activedescendant')) === 'choice-0', 'the choice is marked');
    await anna.page.keyboard.press('Tab');
    await anna.typed('/topic ');
    await anna.page.keyboard.type('cakes and coffee');
    await anna.page.keyboard.press('Enter');
    await anna.page.locator('.room-head .topic', { hasText: 'cakes and coffee' }).waitFor();
    await anna.say('/nonsense');
    await anna.page.getByRole('alert').filter({ hasText: '/nonsense' }).waitFor();
    await anna.typed('/nonsense');
    await anna.composer.fill('');
    await anna.page.keyboard.type(':tad');
    await anna.page.locator('.completion', { hasText: 'tada' }).waitFor();
    await anna.page.keyboard.press('Enter');
    await anna.typed('🎉 ');
  },

  async 'typing, presence, names and away are seen'(suite) {
    const anna = await Person.arrive(suite, 'Piera');
    const leo = await Person.arrive(suite, 'Quinto');
    await anna.page.locator('.log-notice-enter', { hasText: 'Quinto' }).waitFor();
    await leo.composer.pressSequentially('hm');
    await anna.page.locator('.typing', { hasText: 'Quinto is typing' }).waitFor();
    await leo.composer.fill('');
    await until(async () => (await anna.page.locator('.typing').innerText()) === '', 'typing ends');
    await anna.page.getByRole('button', { name: /people$/ }).click();
    await anna.page.locator('.person', { hasText: 'Quinto' }).waitFor();
    await leo.runs('/away at lunch');
    await anna.page.locator('.person', { hasText: 'at lunch' }).waitFor();
    await leo.runs('/nick Quintino');
    await anna.page.locator('.person', { hasText: 'Quintino' }).waitFor();
    await leo.page.locator('.me', { hasText: 'Quintino' }).waitFor();
    await leo.page.close();
    await until(async () => (await anna.page.locator('.person-online', { hasText: 'Quintino' }).count()) === 0, 'who left is not here');
  },

  async 'moderators may remove, others may not even see how'(suite) {
    const owner = await Person.arrive(suite, 'Rita');
    const guest = await Person.arrive(suite, 'Sandro');
    await owner.joins('#garden');
    await guest.joins('#garden');
    await guest.say('weeds everywhere');
    await owner.sees('weeds everywhere');
    await guest.page.locator('.row .row-author', { hasText: 'Sandro' }).waitFor();
    await guest.page.getByRole('button', { name: /people$/ }).click();
    await guest.page.locator('.person', { hasText: 'Rita' }).click();
    await guest.page.getByRole('button', { name: 'Send a message' }).waitFor();
    assert.equal(await guest.page.locator('.moderation').count(), 0);
    await guest.page.keyboard.press('Escape');
    await owner.page.locator('.row .row-author', { hasText: 'Sandro' }).click();
    await owner.page.locator('.moderation #reason').fill('no weeds');
    await owner.page.locator('.moderation').getByRole('button', { name: 'Mute', exact: true }).click();
    await owner.page.locator('.toast', { hasText: 'Sandro' }).waitFor();
    await guest.say('but I like them');
    await guest.message('but I like them').locator('.delivery-failed').waitFor();
    await guest.message('but I like them').getByRole('button', { name: 'Discard' }).click();
    await until(async () => !(await guest.texts()).includes('but I like them'), 'a discarded message is gone');
    await owner.runs('/ban Sandro 1h enough');
    await guest.page.locator('.room-refusal').waitFor();
    await guest.page.getByRole('button', { name: 'Try again' }).click();
    await guest.page.locator('.toast-problem').waitFor();
  },

  async 'search finds, filters, marks, and leads to the message'(suite) {
    const raw = await RawClient.connect(suite, 'Tullio');
    const texts = Array.from({ length: 300 }, (_, n) => (n === 17 ? 'a perché of old' : `line ${n} of many`));
    await raw.fill('#archive', texts, 1);
    const anna = await Person.arrive(suite, 'Uta');
    await anna.joins('#archive');
    await anna.sees('line 299 of many');
    await until(async () => !(await raw.ask({ op: 'search', query: 'line' })).lag, 'the index');
    await anna.runs('/search perche');
    const found = anna.page.locator('.result');
    await found.first().waitFor();
    assert.equal(await found.count(), 1);
    await anna.page.locator('.result mark', { hasText: 'perché' }).waitFor();
    await found.click();
    await anna.message('a perché of old').waitFor();
    await until(() => anna.message('a perché of old').evaluate((row) => row.classList.contains('row-marked')), 'the found one is marked');
    const box = await anna.message('a perché of old').boundingBox();
    assert.ok(box.y > 60 && box.y < 700, 'it is on the screen');
    await anna.page.getByText('More options').click();
    await anna.page.locator('#search-from').fill('Nobody_here');
    await anna.page.locator('#search-text').fill('line');
    await anna.page.keyboard.press('Enter');
    await anna.page.locator('.panel .quiet').waitFor();
    await anna.page.locator('#search-from').fill('Tullio');
    await anna.page.keyboard.press('Enter');
    await until(async () => (await found.count()) === 30, 'a page of results');
    await anna.page.getByLabel('Only in').check();
    await anna.page.getByRole('button', { name: 'Search', exact: true }).last().click();
    await until(async () => (await found.count()) === 30, 'a page of results of this room');
    await anna.page.getByRole('button', { name: 'Show more' }).click();
    await until(async () => (await found.count()) === 60, 'another page of results');
  },

  async 'search leads to all that there is, in one room and in all'(suite) {
    const raw = await RawClient.connect(suite, 'Vasco');
    await raw.fill('#shelf', Array.from({ length: 75 }, (_, n) => `volume ${n}`), 1);
    const anna = await Person.arrive(suite, 'Wanda');
    await anna.joins('#shelf');
    await anna.sees('volume 74');
    await until(async () => !(await raw.ask({ op: 'search', query: 'volume' })).lag, 'the index');
    await anna.runs('/search volume');
    const found = anna.page.locator('.result');
    const more = anna.page.getByRole('button', { name: 'Show more' });
    for (const here of [false, true]) {
      if (here) {
        await anna.page.getByText('More options').click();
        await anna.page.getByLabel('Only in').check();
        await anna.page.getByRole('button', { name: 'Search', exact: true }).last().click();
      }
      for (const count of [30, 60, 75]) {
        await until(async () => (await found.count()) === count, `${count} results`);
        if (count < 75) await more.click();
      }
      await until(async () => (await more.count()) === 0, 'nothing more');
      const texts = new Set(await found.allInnerTexts());
      assert.equal(texts.size, 75, 'each of them once');
    }
  },
};
