// Navigation: Back, links, the keyboard, a phone's list of rooms; and things that people take for granted:
// formatting, settings, accounts.

import assert from 'node:assert/strict';
import { Person, RawClient, until } from './harness.mjs';

const heading = (person) => person.page.locator('.room-head h1').innerText();
const focused = (person) => person.page.evaluate(() => document.activeElement.className || document.activeElement.id);

async function withFacts(suite, facts, act) {
  const before = suite.server.chat.facts;
  suite.server.chat.facts = { ...before, ...facts };
  try {
    await act();
  } finally {
    suite.server.chat.facts = before;
  }
}

export const tests = {
  async 'Back closes a dialog, then the panel, then goes to the room before, and stays on the page'(suite) {
    const anna = await Person.arrive(suite, 'Bianca');
    const { page } = anna;
    await anna.joins('#attic');
    await page.getByRole('button', { name: /(person|people)$/ }).click();
    await page.locator('.panel').waitFor();
    await page.keyboard.press('Control+/');
    await page.locator('dialog[open]').waitFor();
    await page.goBack();
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.panel').count(), 1);
    await page.goBack();
    await page.locator('.panel').waitFor({ state: 'detached' });
    assert.match(await heading(anna), /attic/);
    await page.goBack();
    await page.locator('.room-head h1', { hasText: 'lobby' }).waitFor();
    await page.goForward();
    await page.locator('.room-head h1', { hasText: 'attic' }).waitFor();
  },

  async 'a link to a message leads to it, also from inside the page'(suite) {
    const raw = await RawClient.connect(suite, 'Linker');
    await raw.fill('#stacks', Array.from({ length: 150 }, (_, n) => `shelf ${n + 1}.`), 1);
    const anna = await Person.arrive(suite, 'Carina');
    await anna.joins('#stacks');
    await anna.sees('shelf 150.');
    await anna.message('shelf 150.').hover();
    await anna.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await anna.page.getByRole('button', { name: 'More actions' }).click();
    await anna.page.getByRole('menuitem', { name: 'Copy link' }).click();
    const link = await anna.page.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /#\/stacks\/150$/);
    const leo = await Person.arrive(suite, 'Dante', { address: link.replace('/150', '/12') });
    await until(() => leo.message('shelf 12.').evaluate((row) => row.classList.contains('row-marked')).catch(() => false), 'it is marked');
    await leo.page.locator('.room-link', { hasText: 'lobby' }).click();
    await leo.say(`see ${link.replace('/150', '/7')}`);
    await leo.page.locator('.row a').click();
    await leo.message('shelf 7.').waitFor();
    assert.match(await heading(leo), /stacks/);
    assert.equal(leo.context.pages().length, 1, 'no other tab');
  },

  async 'Ctrl+K has a marked choice that the arrows move, people too'(suite) {
    await Person.arrive(suite, 'Ezio');
    const anna = await Person.arrive(suite, 'Flavia');
    const { page } = anna;
    await anna.joins('#alpha');
    await anna.joins('#beta');
    await page.keyboard.press('Control+k');
    await page.locator('#switch-to').waitFor();
    const marked = () => page.locator('[role=option][aria-selected=true]').innerText();
    assert.match(await marked(), /alpha/, 'the room before is the first choice');
    await page.keyboard.press('ArrowDown');
    assert.match(await marked(), /lobby/);
    assert.equal(await page.locator('#switch-to').getAttribute('aria-activedescendant'), 'switch-1');
    await page.keyboard.press('Enter');
    await page.locator('.room-head h1', { hasText: 'lobby' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('ezi');
    await until(async () => /Ezio/.test(await marked()), 'the person is offered');
    await page.keyboard.press('Enter');
    await page.locator('.room-head h1', { hasText: 'Ezio' }).waitFor();
    // What is marked stays so when a room comes, and one that calls stands first.
    const raw = await RawClient.connect(suite, 'Ezechiele');
    await page.keyboard.press('Control+k');
    await page.keyboard.press('ArrowDown');
    const chosen = await marked();
    await raw.ask({ op: 'send', room: '@Flavia', message: 'are you there?' });
    await page.locator('[role=option]', { hasText: 'Ezechiele' }).waitFor();
    assert.equal((await marked()).split('\n')[0], chosen.split('\n')[0]);
    await page.keyboard.press('Enter');
    await page.locator('.room-head h1', { hasText: chosen.split('\n').at(-1).replace('#', '') }).waitFor();
  },

  async 'on a phone the open list of rooms has the focus, and Back closes it'(suite) {
    const anna = await Person.arrive(suite, 'Gemma', { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
    const { page } = anna;
    await page.locator('.menu-button button').tap();
    await until(async () => /room-link/.test(await focused(anna)), 'the list has the focus');
    assert.equal(await page.locator('main.room').evaluate((main) => main.inert), true);
    await page.goBack();
    await until(async () => !(await page.locator('.sidebar').isVisible()), 'the list is closed');
    assert.match(await focused(anna), /icon-button/);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('.icon-button, .composer-send')]
        .filter((button) => button.checkVisibility())
        .map((button) => button.getBoundingClientRect())
        .filter(({ width, height }) => width < 44 || height < 44).length,
    );
    assert.equal(small, 0, 'what is hit with a finger has 44 pixels');
  },

  async 'what is typed with marks is shown with them, and pasted tables survive'(suite) {
    const anna = await Person.arrive(suite, 'Ilaria');
    const leo = await Person.arrive(suite, 'Leandro');
    await anna.say('**strong** and _soft_ and ~~gone~~\n> quoted\n- one\n- two');
    const row = leo.message('strong');
    await row.locator('strong', { hasText: 'strong' }).waitFor();
    for (const [tag, text] of [['em', 'soft'], ['s', 'gone'], ['blockquote', 'quoted'], ['li', 'two']]) await row.locator(tag, { hasText: text }).first().waitFor();
    await anna.say('```python\ndef f(): # why\n    return 1\n```');
    await leo.page.locator('.hl-keyword', { hasText: 'def' }).waitFor();
    await anna.composer.fill('make me bold');
    await anna.composer.selectText();
    await anna.page.keyboard.press('Control+b');
    await anna.typed('**make me bold**');
    await anna.page.keyboard.press('Control+b');
    await anna.typed('make me bold');
    await anna.composer.fill('');
    await anna.page.evaluate(() => {
      const data = new DataTransfer();
      data.setData('text/html', '<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>');
      data.setData('text/plain', 'a b 1 2');
      document.getElementById('composer-text').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await until(async () => /\| a \| b \|/.test(await anna.composer.inputValue()), 'the table is there');
    await anna.composer.press('Enter');
    await leo.page.locator('.row td', { hasText: '2' }).waitFor();
  },

  async 'an edit under way and a refused command stay where they were written'(suite) {
    const anna = await Person.arrive(suite, 'Marina');
    await anna.joins('#forge');
    await anna.say('to be changed');
    await anna.message('to be changed').locator('.delivery', { hasText: 'sent' }).waitFor();
    await anna.composer.press('ArrowUp');
    await anna.typed('to be changed');
    await anna.composer.fill('half changed');
    await anna.page.locator('.room-link', { hasText: 'lobby' }).click();
    await anna.typed('');
    await anna.page.locator('.room-link', { hasText: 'forge' }).click();
    await anna.typed('half changed');
    await anna.composer.press('Enter');
    await anna.sees('half changed');
    await anna.runs('/private maybe');
    await anna.page.getByRole('alert').filter({ hasText: '/private' }).waitFor();
    await anna.typed('/private maybe');
  },

  async 'mark as unread, a thread, saved messages'(suite) {
    const anna = await Person.arrive(suite, 'Norma');
    const raw = await RawClient.connect(suite, 'Oracle');
    await anna.joins('#shrine');
    await raw.fill('#shrine', ['first word', 'second word', 'third word'], 1);
    await anna.sees('third word');
    const menu = async (text, item) => {
      await anna.message(text).hover();
      await anna.page.getByRole('button', { name: 'More actions' }).click();
      await anna.page.getByRole('menuitem', { name: item }).click();
    };
    await menu('second word', 'Mark as unread from here');
    await anna.page.locator('.room-link', { hasText: 'shrine' }).locator('.badge', { hasText: '2' }).waitFor();
    await anna.page.locator('.unread-line').waitFor();
    await menu('first word', 'Save for later');
    await anna.page.getByRole('button', { name: 'Saved', exact: true }).click();
    await anna.page.locator('.result', { hasText: 'first word' }).waitFor();
    await menu('first word', 'Open thread');
    await anna.page.getByLabel('Answer', { exact: true }).fill('an answer from the thread');
    await anna.page.keyboard.press('Enter');
    await anna.page.locator('.thread-message', { hasText: 'an answer from the thread' }).waitFor();
    await anna.page.locator('.answers', { hasText: '1 answer' }).waitFor();
  },

  async 'settings are applied at once and stay'(suite) {
    const anna = await Person.arrive(suite, 'Pia');
    const { page } = anna;
    await page.locator('.me').click();
    await page.getByLabel('Theme').selectOption('dark');
    await page.getByLabel('Text size').selectOption('huge');
    await page.getByLabel('The Enter key').selectOption('newline');
    await page.keyboard.press('Escape');
    const look = () => page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).fontSize]);
    assert.deepEqual(await look(), ['dark', '20px']);
    await anna.composer.click();
    await page.keyboard.type('- one');
    await page.keyboard.press('Enter');
    await page.keyboard.type('two');
    await anna.typed('- one\n- two');
    await page.keyboard.press('Control+Enter');
    await page.locator('.row-mine li', { hasText: 'two' }).last().waitFor();
    await page.reload();
    await anna.composer.waitFor();
    assert.deepEqual(await look(), ['dark', '20px']);
    await page.locator('.me').click();
    await page.getByLabel('Language').selectOption('it');
    await page.locator('.me').click();
    await page.getByRole('heading', { name: 'Impostazioni' }).waitFor();
  },

  'where passwords are not taken, the forms say so before, and lead to where they are': {
    needs: 'mock',
    async run(suite) {
      await withFacts(suite, { secure: false, tls: true, fingerprint: 'AA:BB:CC' }, async () => {
        const anna = await Person.arrive(suite, 'Rosina', { enter: false });
        const { page } = anna;
        await page.getByRole('button', { name: 'Create an account' }).click();
        const link = page.getByRole('link', { name: 'Go to the encrypted page' });
        assert.equal(await link.getAttribute('href'), `${suite.server.url.replace('http', 'https')}/`);
        assert.equal(await page.locator('.fingerprint').innerText(), 'AA:BB:CC');
        assert.equal(await page.locator('#password').count(), 0);
        await page.getByRole('button', { name: 'Enter as a guest' }).click();
        await anna.enter();
        await anna.runs('/register');
        await page.locator('dialog .fingerprint', { hasText: 'AA:BB:CC' }).waitFor();
      });
    },
  },

  'what the server does not allow is not offered': {
    needs: 'mock',
    async run(suite) {
      await withFacts(suite, { guests: false, registration: 'closed' }, async () => {
        const anna = await Person.arrive(suite, 'Serena', { enter: false });
        await anna.page.locator('#password').waitFor();
        assert.equal(await anna.page.getByRole('button', { name: 'Create an account' }).count(), 0);
        assert.equal(await anna.page.getByRole('button', { name: 'Enter as a guest' }).count(), 0);
        assert.match(await anna.page.locator('.sign-in').innerText(), /invitation/);
      });
    },
  },

  'an invitation to somebody who was away waits, with a button': {
    needs: 'mock',
    async run(suite) {
      const raw = await RawClient.connect(suite, 'Host');
      await raw.ask({ op: 'join', room: '#feast' });
      await raw.ask({ op: 'set', room: '#feast', private: true });
      await raw.ask({ op: 'invite', room: '#feast', name: 'Tosca' });
      const anna = await Person.arrive(suite, 'Tosca');
      await anna.page.locator('.invitation', { hasText: '#feast' }).getByRole('button', { name: 'Join' }).click();
      await anna.page.locator('.room-head h1', { hasText: 'feast' }).waitFor();
      assert.equal(await anna.page.locator('.invitation').count(), 0);
    },
  },
};
