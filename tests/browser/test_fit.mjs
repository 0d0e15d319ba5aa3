// The page fits: phones, languages, themes, keyboards, screen readers, the policy, installing.

import assert from 'node:assert/strict';
import { Person, RawClient, assertAccessible, startBrowser, until, withAxe } from './harness.mjs';

async function conversation(suite, name) {
  const raw = await RawClient.connect(suite, name);
  await raw.ask({ op: 'join', room: '#lobby' });
  const first = await raw.ask({ op: 'send', room: '#lobby', message: 'Hello `code` https://example.org @Nobody #room 🎉' });
  await raw.ask({ op: 'send', room: '#lobby', message: '```c\n/* a */ int x = f("s", 12);\n```\n> quoted\n- item\n\n|a|b|\n|-|-|\n|1|2|' });
  await raw.ask({ op: 'send', room: '#lobby', message: 'an answer', reply_to: first.seq });
  await raw.ask({ op: 'react', room: '#lobby', target: first.seq, emoji: '👍', on: true });
  const gone = await raw.ask({ op: 'send', room: '#lobby', message: 'oops' });
  await raw.ask({ op: 'delete', room: '#lobby', target: gone.seq });
  return raw;
}

async function assertNoSidewaysScroll(person, where) {
  const [wide, inner] = await person.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= inner, `${where}: ${wide} pixels in ${inner}`);
}

function axeEverywhere(colorScheme, viewport) {
  return async (suite) => {
    const raw = await conversation(suite, `Axe_${colorScheme}_${viewport.width}`);
    const anna = await Person.arrive(suite, `Axl_${colorScheme}_${viewport.width}`, { colorScheme, viewport, enter: false });
    const isNarrow = viewport.width < 760;
    const { page } = anna;
    await withAxe(anna);
    await page.getByRole('main').waitFor();
    await assertAccessible(anna, 'sign-in');
    await page.getByRole('button', { name: 'Create an account' }).click();
    await assertAccessible(anna, 'register');
    await page.getByRole('button', { name: 'Enter as a guest' }).click();
    await anna.enter();
    await raw.ask({ op: 'send', room: '#lobby', message: `hey ${anna.name}` });
    await anna.say('mine');
    await anna.message('mine').locator('.delivery', { hasText: 'sent' }).waitFor();
    await anna.message('Hello').first().hover();
    await assertAccessible(anna, 'conversation');
    await anna.composer.fill('');
    await anna.composer.pressSequentially('/t');
    await page.locator('.completion').waitFor();
    await assertAccessible(anna, 'completion');
    await page.keyboard.press('Escape');
    await anna.composer.fill('');
    await page.getByRole('button', { name: 'Formatting' }).click();
    await page.locator('.format-bar').waitFor();
    await assertAccessible(anna, 'formatting');
    await page.getByRole('button', { name: 'Emoji', exact: true }).click();
    await page.locator('.picker .emoji-grid button').first().waitFor();
    await assertAccessible(anna, 'emoji');
    await page.keyboard.press('Escape');
    await anna.message('an answer').first().focus();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.locator('.menu').waitFor();
    await assertAccessible(anna, 'more actions');
    await page.getByRole('menuitem', { name: 'Open thread' }).click();
    await page.locator('.thread-message').nth(1).waitFor();
    await assertAccessible(anna, 'thread');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+M');
    await page.locator('.result').first().waitFor();
    await assertAccessible(anna, 'mentions');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.locator('#switch-to').waitFor();
    await assertAccessible(anna, 'going to a room');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /(person|people)$/ }).click();
    await page.locator('.person').first().waitFor();
    await assertAccessible(anna, 'people');
    await page.locator('.person', { hasText: /^(?!Axl)/ }).first().click();
    await page.locator('dialog[open]').waitFor();
    await assertAccessible(anna, 'somebody');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await anna.runs('/search hello');
    await page.locator('.result').first().waitFor();
    await assertAccessible(anna, 'search');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^More about/ }).click();
    await assertAccessible(anna, 'room');
    await page.keyboard.press('Escape');
    // A room of its own, since a guest's session keeps what it owns.
    await anna.joins(`#owned_${colorScheme}_${viewport.width}`);
    await page.locator('.room-head h1', { hasText: 'owned' }).waitFor();
    await page.getByRole('button', { name: /^More about/ }).click();
    await page.locator('#retention').waitFor();
    await assertAccessible(anna, 'a room of mine');
    await page.getByRole('dialog').getByRole('button', { name: 'Invite others' }).click();
    await page.locator('.qr').waitFor();
    await assertAccessible(anna, 'inviting');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    for (const [command, what] of [['/help', 'help'], ['/rooms', 'rooms'], ['/register', 'account']]) {
      await anna.runs(command);
      await page.locator('dialog[open]').waitFor();
      await assertAccessible(anna, what);
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    }
    if (isNarrow) {
      await page.locator('.menu-button button').click();
      await page.locator('.sidebar').waitFor();
      await assertAccessible(anna, 'list of rooms');
    }
    await page.locator('.me').click();
    await assertAccessible(anna, 'settings');
  };
}

export const tests = {
  'axe finds nothing, light': axeEverywhere('light', { width: 1280, height: 800 }),
  'axe finds nothing, dark': axeEverywhere('dark', { width: 1280, height: 800 }),
  'axe finds nothing, on a phone': axeEverywhere('light', { width: 360, height: 640 }),

  async 'on a phone: everything is there and nothing scrolls sideways'(suite) {
    const raw = await conversation(suite, 'Phoebe_of_the_Long_Unbroken_Name');
    await raw.ask({ op: 'send', room: '#lobby', message: `an unbroken ${'w'.repeat(300)} word` });
    await raw.ask({ op: 'register', password: 'a long secret' });
    await raw.ask({ op: 'profile', set: { display: 'Phoebe Philippa Featherstonehaugh-Cholmondeley' } });
    for (const width of [320, 360]) {
      const name = `Phil_${width}`;
      const anna = await Person.arrive(suite, name, { viewport: { width, height: 640 }, hasTouch: true, isMobile: true });
      const said = `from a phone of ${width}`;
      const { page } = anna;
      await assertNoSidewaysScroll(anna, 'the conversation');
      const ends = await page.locator('.row-name time').evaluateAll((times) => times.map((time) => time.getBoundingClientRect().right));
      assert.ok(ends.length && ends.every((end) => end <= width), `a long name leaves the time on the screen: ${ends}`);
      const box = await anna.composer.boundingBox();
      assert.ok(box.y + box.height <= 640, 'the composer is on the screen');
      assert.equal(await page.locator('.sidebar').isVisible(), false);
      await raw.ask({ op: 'join', room: `#den_${width}` });
      await raw.ask({ op: 'invite', room: `#den_${width}`, name });
      await page.locator('.menu-button button').tap();
      await page.locator('.sidebar').waitFor();
      const join = await page.locator('.invitation .primary').boundingBox();
      assert.ok(join.height >= 44, `a finger takes ${join.height} pixels`);
      await page.locator('.sidebar').getByRole('button', { name: 'Find or create a room' }).tap();
      await page.locator('#room-name').fill('phones');
      await assertNoSidewaysScroll(anna, 'a dialog');
      await page.getByRole('button', { name: 'Create #phones' }).or(page.locator('.choices button', { hasText: '#phones' })).first().tap();
      await page.locator('.room-head h1', { hasText: 'phones' }).waitFor();
      await anna.say(said);
      await anna.sees(said);
      await anna.message(said).locator('.delivery', { hasText: 'sent' }).waitFor();
      await anna.message(said).tap();
      await anna.message(said).getByRole('button', { name: 'React with 👍' }).tap();
      await anna.message(said).locator('.reaction').waitFor();
      await page.getByRole('button', { name: 'Search', exact: true }).tap();
      await assertNoSidewaysScroll(anna, 'search');
      const targets = await page.evaluate(() =>
        [...document.querySelectorAll('button')]
          .filter((button) => button.checkVisibility() && !button.matches('.in-text, .link-button, .quote'))
          .map((button) => ({ label: button.ariaLabel ?? button.innerText, ...button.getBoundingClientRect().toJSON() }))
          .filter(({ width, height }) => width < 24 || height < 20),
      );
      assert.deepEqual(targets, [], 'everything can be hit with a finger');
    }
  },

  async 'a long name in a thread leaves its time inside the panel'(suite) {
    const raw = await RawClient.connect(suite, 'Bartolomea_dal_Nome_Molto_Lungo');
    await raw.ask({ op: 'join', room: '#lobby' });
    const first = await raw.ask({ op: 'send', room: '#lobby', message: 'who has a long name' });
    await raw.ask({ op: 'send', room: '#lobby', message: 'I have', reply_to: first.seq });
    const anna = await Person.arrive(suite, 'Breve', { viewport: { width: 320, height: 640 } });
    await anna.message('I have').first().hover();
    await anna.page.getByRole('button', { name: 'More actions' }).first().click();
    await anna.page.getByRole('menuitem', { name: 'Open thread' }).click();
    await anna.page.locator('.thread-message').nth(1).waitFor();
    const [time, panel] = await anna.page.evaluate(() =>
      ['.thread-message .link-button', '.panel'].map((selector) => document.querySelector(selector).getBoundingClientRect().right),
    );
    assert.ok(time <= panel, `the time ends at ${time}, the panel at ${panel}`);
  },

  async 'the interface speaks Italian to who reads Italian'(suite) {
    const anna = await Person.arrive(suite, 'Giulietta', { locale: 'it-IT' });
    const { page } = anna;
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'it');
    await page.getByRole('button', { name: 'Trova o crea una stanza' }).waitFor();
    assert.equal(await anna.composer.getAttribute('placeholder'), 'Scrivi a #lobby');
    await anna.say('buonasera');
    await page.locator('.log-day', { hasText: 'Oggi' }).waitFor();
    await anna.runs('/help');
    await page.getByRole('heading', { name: 'Tastiera' }).waitFor();
    const english = await page.locator('body').innerText();
    assert.doesNotMatch(english, /\b(Settings|Search|Rooms|Send|Keyboard|Commands)\b/);
  },

  async 'with a keyboard alone: in, among the messages, between rooms, and back'(suite) {
    await conversation(suite, 'Keyes');
    const anna = await Person.arrive(suite, 'Kay', { enter: false });
    const { page } = anna;
    await until(() => page.evaluate(() => document.activeElement.id === 'name'), 'the name has the focus');
    await page.keyboard.type('Kay');
    await page.keyboard.press('Enter');
    await page.locator('.log[aria-busy="false"]').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'composer-text', 'one can type at once');
    await page.keyboard.type('/join #keys');
    await page.keyboard.press('Enter');
    await page.locator('.room-head h1', { hasText: 'keys' }).waitFor();
    await page.keyboard.type('typed');
    await page.keyboard.press('Enter');
    await anna.message('typed').locator('.delivery', { hasText: 'sent' }).waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await page.locator('.room-head h1', { hasText: 'lobby' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('keys');
    await page.keyboard.press('Enter');
    await page.locator('.room-head h1', { hasText: 'keys' }).waitFor();
    await page.keyboard.press('Shift+F6');
    await page.keyboard.press('ArrowUp');
    assert.match(await page.evaluate(() => document.activeElement.innerText), /typed/);
    await page.keyboard.press('+');
    await page.keyboard.type('tada');
    await page.keyboard.press('Enter');
    await page.locator('.reaction', { hasText: '1' }).waitFor();
    assert.match(await page.evaluate(() => document.activeElement.innerText), /typed/, 'the focus comes back to the message');
    await page.keyboard.press('e');
    await anna.typed('typed');
    await page.keyboard.type(' better');
    await page.keyboard.press('Enter');
    await anna.sees('typed better');
    await page.keyboard.press('Control+Shift+F');
    await until(() => page.evaluate(() => document.activeElement.id === 'search-text'), 'search has the focus');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'composer-text');
    await page.keyboard.press('Control+/');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await until(() => page.evaluate(() => document.activeElement.id === 'composer-text'), 'the focus comes back');
  },

  async 'a screen reader hears news calmly, and history not at all'(suite) {
    const anna = await Person.arrive(suite, 'Rosa');
    const { page } = anna;
    const log = page.getByRole('log');
    assert.equal(await log.getAttribute('aria-live'), 'off');
    const heard = page.locator('[role=status].out-of-sight');
    const raw = await RawClient.connect(suite, 'Speaker');
    await raw.fill('#lobby', ['a single word'], 1);
    await until(async () => (await heard.innerText()) === 'Speaker: a single word', 'one message is read out');
    await raw.fill('#lobby', Array.from({ length: 20 }, (_, n) => `many ${n}`), 1);
    await until(async () => /^20 new messages/.test(await heard.innerText()), 'many are counted');
  },

  async 'motion is reduced for who asks for it'(suite) {
    const anna = await Person.arrive(suite, 'Still', { reducedMotion: 'reduce', viewport: { width: 360, height: 640 } });
    const moving = await anna.page.evaluate(
      () => [...document.querySelectorAll('*')].filter((element) => !['0s', ''].includes(getComputedStyle(element).transitionDuration)).length,
    );
    assert.equal(moving, 0);
  },

  async 'nothing is asked of other hosts, and inline code is refused'(suite) {
    const anna = await Person.arrive(suite, 'Policy', { enter: false });
    const asked = [];
    anna.page.on('request', (request) => asked.push(request.url()));
    await anna.page.reload();
    await anna.enter();
    await anna.say('hello :tada:');
    await anna.sees('hello');
    const { host } = new URL(suite.server.url);
    assert.deepEqual(asked.filter((url) => new URL(url).host !== host), []);
    const response = await anna.page.request.get(suite.server.url);
    const policy = response.headers()['content-security-policy'];
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-/);
    const ran = await anna.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.head.append(script);
      window.policyBreaches = [];
      return window.inlineRan === true;
    });
    assert.equal(ran, false);
    suite.problems.length = 0;
    await anna.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    await anna.page.evaluate(() => (window.policyBreaches = []));
    suite.problems.length = 0;
  },

  'it can be installed, and opens without the server': {
    needs: 'kill',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Ivo');
      const { page } = anna;
      await anna.say('kept for later');
      await anna.message('kept for later').locator('.delivery', { hasText: 'sent' }).waitFor();
      const manifest = await page.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json());
      assert.equal(manifest.display, 'standalone');
      for (const { src } of manifest.icons) assert.equal((await page.request.get(suite.server.url + src)).status(), 200, src);
      await page.evaluate(async () => void (await navigator.serviceWorker.ready));
      const cached = await page.evaluate(async () => {
        const names = await caches.keys();
        const list = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname)));
        return list.flat();
      });
      assert.ok(cached.includes('/') && cached.every((path) => path === '/' || /^\/(app|icon)-|^\/manifest/.test(path)), cached.join(' '));
      await page.reload();
      await anna.sees('kept for later');
      await page.waitForTimeout(1000);
      await suite.server.kill();
      await page.reload();
      await anna.sees('kept for later');
      await page.locator('.line-state').waitFor();
      await suite.server.restart();
      await page.locator('.line-state').waitFor({ state: 'detached', timeout: 40_000 });
    },
  },

  async 'notifications are asked for only when they are turned on'(suite) {
    const anna = await Person.arrive(suite, 'Nora', { permissions: [] });
    const { page } = anna;
    await page.evaluate(() => {
      window.asked = 0;
      window.shown = [];
      const real = Notification;
      window.Notification = class {
        static permission = 'default';
        static requestPermission = async () => {
          window.asked++;
          window.Notification.permission = 'granted';
          return 'granted';
        };
        constructor(title, options) {
          window.shown.push(`${title}: ${options.body}`);
        }
      };
      void real;
    });
    assert.equal(await page.evaluate(() => window.asked), 0);
    await page.locator('.me').click();
    await page.getByLabel('Notify me').check();
    assert.equal(await page.evaluate(() => window.asked), 1);
    await page.keyboard.press('Escape');
    await anna.joins('#elsewhere');
    const raw = await RawClient.connect(suite, 'Caller');
    await raw.fill('#lobby', ['nothing for anybody', 'nora, are you there?'], 1);
    await until(async () => (await page.evaluate(() => window.shown.length)) === 1, 'one notification');
    assert.deepEqual(await page.evaluate(() => window.shown), ['Caller in #lobby: nora, are you there?']);
  },
};

// Controls that a finger cannot hit are reported with their size. A control in running text is as high as its line.
tests['on a touch screen whatever can be pressed is at least 44 pixels high'] = async (suite) => {
  await conversation(suite, 'Toucher');
  const anna = await Person.arrive(suite, 'Tilde', { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, enter: false });
  await anna.page.getByRole('button', { name: 'Create an account' }).click();
  await anna.page.locator('#password').fill('a long secret');
  await anna.enter();
  await anna.sees('an answer');
  const small = () =>
    anna.page.evaluate(() =>
      [...document.querySelectorAll('button:not(.in-text), summary, select, input:not([type="checkbox"])')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 1)
        .map((element) => [element.className || element.id || element.textContent, Math.round(element.getBoundingClientRect().height)])
        .filter(([, height]) => height < 44)
        .map(([name, height]) => `${name}: ${height}`),
    );
  assert.deepEqual(await small(), [], 'the conversation');
  await anna.page.getByRole('button', { name: 'Search' }).first().click();
  await anna.page.locator('.panel summary').waitFor();
  assert.deepEqual(await small(), [], 'the search');
  await anna.page.keyboard.press('Escape');
  await anna.page.getByRole('button', { name: /(person|people)$/ }).click();
  await anna.page.locator('.person').first().waitFor();
  assert.deepEqual(await small(), [], 'the people');
  await anna.page.locator('.person').first().click();
  await anna.page.locator('dialog[open]').waitFor();
  assert.deepEqual(await small(), [], 'somebody');
  await anna.page.keyboard.press('Escape');
  await anna.page.locator('dialog[open]').waitFor({ state: 'detached' });
  await anna.page.keyboard.press('Escape');
  await anna.message('an answer').first().focus();
  await anna.page.getByRole('button', { name: 'More actions' }).click();
  await anna.page.locator('.menu').waitFor();
  assert.deepEqual(await small(), [], 'the menu of a message');
  await anna.page.keyboard.press('Escape');
  await anna.page.getByRole('button', { name: 'Emoji', exact: true }).click();
  await anna.page.locator('.picker .emoji-grid button').first().waitFor();
  assert.deepEqual(await small(), [], 'the emoji');
  await anna.page.keyboard.press('Escape');
  await anna.runs('/settings');
  await anna.page.locator('dialog[open]').waitFor();
  assert.deepEqual(await small(), [], 'the settings');
  // Labels of several lines do not lie over each other.
  const over = await anna.page.evaluate(() => {
    const boxes = [...document.querySelectorAll('dialog .check')].map((label) => label.getBoundingClientRect());
    const texts = [...document.querySelectorAll('dialog .check')].filter((label) => label.scrollHeight > label.clientHeight + 1);
    return [boxes.filter((box, at) => at > 0 && box.top < boxes[at - 1].bottom - 1).length, texts.length];
  });
  assert.deepEqual(over, [0, 0]);
};

tests['on a tablet a panel leaves room for the conversation, and the rooms are a drawer'] = async (suite) => {
  await conversation(suite, 'Tabor');
  const anna = await Person.arrive(suite, 'Tabea', { viewport: { width: 768, height: 1024 } });
  await anna.sees('an answer');
  const { page } = anna;
  const width = () => page.evaluate(() => Math.round(document.querySelector('.room').getBoundingClientRect().width));
  assert.ok((await width()) > 500);
  await page.getByRole('button', { name: /(person|people)$/ }).click();
  await page.locator('.person').first().waitFor();
  assert.ok((await width()) > 450, `${await width()} pixels`);
  await page.locator('.menu-button button').click();
  await page.locator('.room-link', { hasText: 'lobby' }).click();
  await page.locator('.sidebar').waitFor({ state: 'hidden' });
  await page.keyboard.press('Escape');
  await page.locator('.sidebar').waitFor();
};

// Scroll bars that take room, as on Windows and Linux, move nothing out of line.
tests['the head, the talk and the composer stand in one line'] = async (suite) => {
  await conversation(suite, 'Liner');
  const browser = await startBrowser(true);
  try {
    for (const width of [1366, 1920]) {
      const anna = await Person.arrive({ ...suite, browser }, `Linea_${width}`, { viewport: { width, height: 600 } });
      await anna.sees('an answer');
      const [bar, ...sides] = await anna.page.evaluate(() => {
        const log = document.querySelector('.log');
        const box = (query) => document.querySelector(query).getBoundingClientRect();
        const [welcome, composer] = [box('.welcome'), box('.composer-box')];
        return [log.offsetWidth - log.clientWidth, box('.room-about').left, welcome.left, composer.left, welcome.right, composer.right].map(Math.round);
      });
      assert.ok(bar > 0, 'a scroll bar that takes room');
      const [head, left, composerLeft, right, composerRight] = sides;
      assert.deepEqual([composerLeft - left, composerRight - right], [0, 0], `${width}: ${sides}`);
      assert.ok(Math.abs(head - left) <= 8, `${width}: ${sides}`);
      await anna.context.close();
    }
  } finally {
    await browser.close();
  }
};

tests['the toolbar of a message covers nothing of it'] = async (suite) => {
  await conversation(suite, 'Hoverer');
  const anna = await Person.arrive(suite, 'Tecla', { viewport: { width: 768, height: 900 } });
  await anna.sees('an answer');
  for (const row of await anna.page.locator('.row[data-seq]').all()) {
    await row.hover({ position: { x: 150, y: 4 } });
    const covered = await row.evaluate((element) => {
      const bar = element.querySelector('.actions')?.getBoundingClientRect();
      const walker = document.createTreeWalker(element.querySelector('.row-body'), NodeFilter.SHOW_TEXT);
      const found = [];
      for (let node; bar && (node = walker.nextNode()); ) {
        const range = document.createRange();
        range.selectNodeContents(node);
        const isUnder = ({ left, right, top, bottom, width }) => width > 1 && right > bar.left && left < bar.right && bottom - 3 > bar.top && top + 3 < bar.bottom;
        if ([...range.getClientRects()].some(isUnder)) found.push(node.data);
      }
      return found;
    });
    assert.deepEqual(covered, []);
  }
};
