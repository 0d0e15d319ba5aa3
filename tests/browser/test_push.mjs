// Notifications while nobody looks at a page. Headless Chromium reaches no push service, so the page is given one that is played,
// and the service worker gets its pushes by the developer tools.

import assert from 'node:assert/strict';
import { Person, RawClient, assertAccessible, until, withAxe } from './harness.mjs';

const PASSWORD = 'correct horse';
const BOX = 'Notify me of mentions, replies';
const TEXTS = "Show the message's text";

// The subscription that pushManager gives, with keys that are some browser's (RFC 8291, section 5).
function playPushService() {
  let kept = null;
  PushManager.prototype.getSubscription = async () => kept;
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    const raw = Uint8Array.from(atob(applicationServerKey.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    if (!userVisibleOnly || raw.length !== 65) throw new Error('not a subscription that browsers give');
    const keys = {
      p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    };
    const endpoint = 'https://fcm.googleapis.com/fcm/send/a-browser-of-a-test';
    kept = {
      endpoint,
      options: { applicationServerKey: raw.buffer },
      toJSON: () => ({ endpoint, keys }),
      unsubscribe: async () => {
        kept = null;
        return true;
      },
    };
    return kept;
  };
}

async function arrive(suite, name) {
  const address = suite.server.url.replace('127.0.0.1', 'localhost');
  const person = await Person.arrive(suite, name, { enter: false, address });
  await person.context.grantPermissions(['notifications'], { origin: address });
  await person.context.addInitScript(playPushService);
  await person.page.reload();
  await person.page.getByRole('button', { name: 'Create an account' }).click();
  await person.page.locator('#name').fill(name);
  await person.page.locator('#password').fill(PASSWORD);
  await person.page.keyboard.press('Enter');
  await person.composer.waitFor();
  return person;
}

async function theSwitch(suite) {
  const ada = await arrive(suite, 'Ada');
  const raw = await RawClient.connect(suite, 'Ada', { password: PASSWORD });
  const told = async () => (await raw.ask({ op: 'push' })).push.map(({ host, texts }) => ({ host, texts }));
  await ada.page.locator('.me').click();
  const box = ada.page.getByLabel(BOX);
  const texts = ada.page.getByLabel(TEXTS);
  assert.equal(await texts.isDisabled(), true);
  await withAxe(ada);
  await assertAccessible(ada, 'the switch');
  await box.check();
  await until(() => texts.isEnabled(), 'the second switch');
  assert.deepEqual(await told(), [{ host: 'fcm.googleapis.com', texts: false }]);
  await texts.check();
  await until(async () => (await told())[0]?.texts, 'the choice of texts at the server');
  // A page that is opened again gives the browser's address anew, with what was chosen.
  await raw.ask({ op: 'push', endpoint: 'https://fcm.googleapis.com/fcm/send/a-browser-of-a-test', revoke: true });
  assert.deepEqual(await told(), []);
  await ada.page.reload();
  await ada.composer.waitFor();
  await until(async () => (await told())[0]?.texts, 'the subscription is given again');
  await ada.page.locator('.me').click();
  assert.equal(await texts.isChecked(), true);
  await box.uncheck();
  await until(async () => !(await told()).length, 'the subscription is ended');
  await box.check();
  await until(async () => (await told()).length, 'the subscription is there again');
  await ada.page.getByRole('button', { name: 'Sign out' }).click();
  await ada.page.locator('#name').waitFor();
  await until(async () => !(await told()).length, 'it ends with the token');
  assert.equal(await ada.page.evaluate(() => localStorage.getItem('brusio.push')), null);
}

async function theWorker(suite) {
  const bea = await arrive(suite, 'Bea');
  const { page, context } = bea;
  await bea.joins('#push');
  await bea.joins('#lobby');
  const origin = new URL(page.url()).origin;
  const devtools = await context.newCDPSession(page);
  const registered = new Promise((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId));
  });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await devtools.send('ServiceWorker.enable');
  const registrationId = await registered;
  const push = (fields) => devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(fields) });
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
    });
  await push({ room: '#push', seq: 1, title: 'mario in #push', body: 'mario mentioned or answered you in #push.' });
  await until(async () => (await shown()).length, 'a notification');
  await push({ room: '#push', seq: 2, title: 'luca in #push', body: 'luca mentioned or answered you in #push.' });
  await until(async () => (await shown())[0]?.title === 'luca in #push', 'the newer one');
  assert.deepEqual(await shown(), [{ title: 'luca in #push', body: 'luca mentioned or answered you in #push.', tag: '#push' }]);
  // A click leads into the room; nobody can click on the notification of a browser without a screen.
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  await worker.evaluate(async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  });
  await page.locator('.room-head h1', { hasText: 'push' }).waitFor();
  await until(async () => !(await shown()).length, 'the notification is gone');
  // A page that is opened shows what was told.
  await push({ room: '#lobby', seq: 1, title: 'mario in #lobby', body: 'again' });
  await until(async () => (await shown()).length, 'another notification');
  await page.reload();
  await bea.composer.waitFor();
  await until(async () => !(await shown()).length, 'the page has closed it');
  // While no page is open, the application's badge counts what was told.
  const badges = () => worker.evaluate(() => self.badges);
  await worker.evaluate(() => {
    self.badges = [];
    navigator.setAppBadge = async (count) => void self.badges.push(count);
  });
  for (const [room, seq] of [['#lobby', 2], ['#push', 3], ['#push', 4]]) {
    const { length } = await badges();
    await push({ room, seq, title: 'mario', body: 'more' });
    await until(async () => (await badges()).length > length, 'a badge');
  }
  assert.deepEqual(await badges(), [1, 2, 3]);
}

// Without a page: the push service has another address for this browser, which the worker gives the server itself.
async function theAddressChanges(suite) {
  const dora = await arrive(suite, 'Dora');
  const raw = await RawClient.connect(suite, 'Dora', { password: PASSWORD });
  const hosts = async () => (await raw.ask({ op: 'push' })).push.map(({ host }) => host);
  await dora.page.locator('.me').click();
  await dora.page.getByLabel(BOX).check();
  await until(async () => (await hosts())[0] === 'fcm.googleapis.com', 'the first address');
  const isKept = () => dora.page.evaluate(async () => Boolean(await caches.match('/pushed', { cacheName: 'brusio-push' })));
  await until(isKept, 'what the worker comes in with');
  const worker = dora.context.serviceWorkers()[0] ?? (await dora.context.waitForEvent('serviceworker'));
  await worker.evaluate(() => {
    const keys = {
      p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    };
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      if (!applicationServerKey) throw new Error('without a key');
      return { toJSON: () => ({ endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/another', keys }) };
    };
    self.dispatchEvent(new ExtendableEvent('pushsubscriptionchange'));
  });
  await until(async () => (await hosts())[0] === 'updates.push.services.mozilla.com', 'the second address');
  assert.equal((await hosts()).length, 1);
  // Whatever the account is called, the worker comes in by its token; the switch stays on.
  await dora.page.keyboard.press('Escape');
  await dora.runs('/nick Doris');
  const names = () =>
    dora.page.evaluate(async () => {
      const pushed = await (await caches.match('/pushed', { cacheName: 'brusio-push' })).json();
      return [...Object.keys(pushed.hello), JSON.parse(localStorage.getItem('brusio.push')).user].join();
    });
  await until(async () => (await names()) === 'token,Doris', 'the new name');
  await raw.ask({ op: 'push', endpoint: 'https://fcm.googleapis.com/fcm/send/a-browser-of-a-test', revoke: true });
  assert.deepEqual(await hosts(), []);
  await dora.page.reload();
  await dora.composer.waitFor();
  await until(async () => (await hosts()).length, 'the subscription is given again');
  await dora.page.locator('.me').click();
  assert.equal(await dora.page.getByLabel(BOX).isChecked(), true);
  // Somebody who signed out leaves nothing by which the worker could come in.
  await dora.page.getByRole('button', { name: 'Sign out' }).click();
  await dora.page.locator('#name').waitFor();
  assert.equal(await dora.page.evaluate(() => caches.has('brusio-push')), false);
}

const turn = ({ page }, hidden) =>
  page.evaluate((isHidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden });
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: isHidden ? 'hidden' : 'visible' });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

// The server ends the session: the browser is told no more, and what the page tells by itself is told again.
async function theSessionEnds(suite) {
  const gil = await arrive(suite, 'Gil');
  const { page } = gil;
  const raw = await RawClient.connect(suite, 'Gil', { password: PASSWORD });
  const other = await RawClient.connect(suite, 'Hal');
  await other.ask({ op: 'join', room: '#lobby' });
  const name = 'Notify me of mentions and direct messages';
  await page.evaluate(() => {
    const titles = (globalThis.titles = []);
    globalThis.Notification = class {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(title, { body }) {
        titles.push(body);
      }
    };
  });
  const comeIn = async () => {
    await page.getByRole('button', { name: 'I have an account' }).click();
    await page.locator('#name').fill('Gil');
    await page.locator('#password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await gil.composer.waitFor();
  };
  const titles = () => page.evaluate(() => globalThis.titles);
  const calls = (text) => other.ask({ op: 'send', room: '#lobby', message: text });
  await page.locator('.me').click();
  await page.getByLabel(name, { exact: true }).check();
  await page.getByLabel(BOX).check();
  await until(async () => (await raw.ask({ op: 'push' })).push.length, 'the subscription');
  await page.keyboard.press('Escape');
  await turn(gil, true);
  await calls('Gil, one');
  await page.locator('.log', { hasText: 'Gil, one' }).waitFor();
  // Another tab turns it off.
  await page.evaluate(() => localStorage.removeItem('brusio.push'));
  await calls('Gil, two');
  await until(async () => (await titles()).length, 'what this page tells by itself');
  assert.deepEqual(await titles(), ['Gil, two']);
  await raw.ask({ op: 'sessions', end: 'others' });
  await page.locator('#name').waitFor();
  const isLeft = () =>
    page.evaluate(async () => {
      const worker = await navigator.serviceWorker.ready;
      return (await caches.has('brusio-push')) || (await worker.pushManager.getSubscription()) !== null;
    });
  await until(async () => !(await isLeft()), 'nothing is left that could tell');
  await comeIn();
  await calls('Gil, three');
  await until(async () => (await titles()).length > 1, 'what this page tells after that');
}

async function aHiddenPage(suite) {
  const eva = await arrive(suite, 'Eva');
  const sent = [];
  eva.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))));
  await eva.page.reload();
  await eva.composer.waitFor();
  const last = () => sent.filter((frame) => frame.includes('"visible"')).at(-1);
  await until(async () => {
    await turn(eva, true);
    return last() === '{"op":"visible","on":false}';
  }, 'the server knows that nobody looks');
  await turn(eva, false);
  await until(() => last() === '{"op":"visible","on":true}', 'the server knows that somebody looks');
}

export const tests = {
  'a page that nobody looks at says so': { needs: 'push', run: aHiddenPage },
  'a browser whose address at its push service changes is told there': { needs: 'push', run: theAddressChanges },
  'a browser whose session the server ends is told no more': { needs: 'push', run: theSessionEnds },
  'a browser is told while nobody looks at its page, where its person wants that': { needs: 'push', run: theSwitch },
  'a push is a notification that leads to its message': { needs: 'push', run: theWorker },
};
