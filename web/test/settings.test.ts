// Choices that go with an account: over devices, over broken lines, and not to the next person.

import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { changesBetween, keptOf, settingsOf, withChanges } from '../src/model/account-settings.ts';
import { success } from '../src/model/result.ts';
import { defaults, parseSettings } from '../src/model/settings.ts';
import { loadText } from '../src/text.ts';
import { FakeStorage, MockChat, closeDevices, enter, findLine, loseLine, openDevice, roomOf, settled, until } from './fake.ts';
import type { Device } from './fake.ts';

await loadText('en', ['en-GB']);

afterEach(closeDevices);
after(() => setTimeout(() => process.exit(), 200).unref());

const SECRET = 'a long secret';
const settings = ({ client }: Device) => client.state.settings.value;
const kept = (chat: MockChat, name = 'anna') => chat.accounts.get(name)?.settings ?? {};
const followed = ({ network }: Device) => network.heard.some(({ op, set }) => op === 'settings' && !set);

async function account(chat: MockChat, options = {}, name = 'Anna'): Promise<Device> {
  const device = await enter(chat, name, { password: SECRET, register: !chat.accounts.has(name.toLowerCase()), ...options });
  await until(() => followed(device), 'the account is asked for its settings');
  await settled();
  return device;
}

test('what is chosen survives the way to the account and back; what the device alone knows stays there', () => {
  const chosen = parseSettings(
    JSON.stringify({ theme: 'dark', language: 'it', size: 'large', density: 'dense', enter: 'newline', sound: true, doNotDisturb: true, notify: true, tone: 3, recent: ['👍', '🎉'], levels: { '#ops': 'all', '@leo': 'nothing' }, saved: { '#ops': '12 7' }, welcomed: true }),
  );
  const there = keptOf(chosen);
  assert.deepEqual(there, {
    theme: 'dark', language: 'it', size: 'large', density: 'dense', enter: 'newline', sound: 'on', quiet: 'on', welcomed: 'on', tone: '3', recent: '👍 🎉', 'notify.#ops': 'all', 'notify.@leo': 'nothing', 'saved.#ops': '12 7',
  });
  assert.deepEqual(settingsOf(there, { ...defaults, notify: true }), chosen);
  assert.deepEqual(keptOf(defaults), {});
  assert.deepEqual(settingsOf({ theme: 'plaid', tone: 'x', 'notify.#ops': 'loud', 'saved.#ops': '1;2', unknown: 'y' }, defaults), defaults);
  assert.deepEqual(changesBetween({ a: '1', b: '2' }, { b: '3', c: '4' }), { a: '', b: '3', c: '4' });
  assert.deepEqual(withChanges({ a: '1', b: '2' }, { a: '', b: '3' }), { b: '3' });
});

test('a choice on one device is one on the other', async () => {
  const chat = new MockChat();
  const desk = await account(chat);
  const phone = await account(chat);
  desk.client.preferences.set({ theme: 'dark' });
  desk.client.preferences.setLevel(roomOf(desk), 'all');
  await until(() => settings(phone).theme === 'dark', 'the phone is dark');
  assert.equal(phone.client.preferences.levelOf(roomOf(phone)), 'all');
  assert.deepEqual(kept(chat), { theme: 'dark', 'notify.#lobby': 'all' });
  phone.client.preferences.set({ theme: 'auto' });
  await until(() => settings(desk).theme === 'auto', 'the desk is as it was');
  assert.deepEqual(kept(chat), { 'notify.#lobby': 'all' });
});

test('who makes an account brings what they chose as a guest, and a new device begins with it', async () => {
  const chat = new MockChat();
  const guest = await enter(chat, 'Anna');
  guest.client.preferences.set({ size: 'huge' });
  assert.equal(followed(guest), false);
  assert.equal((await guest.client.session.register(SECRET, true)).ok, true);
  await (await guest.client.settings()).follow();
  assert.deepEqual(kept(chat), { size: 'huge' });
  const phone = await account(chat);
  await until(() => settings(phone).size === 'huge', 'the phone has it too');
});

test('what was chosen without a line is kept beside what came meanwhile', async () => {
  const chat = new MockChat();
  const desk = await account(chat);
  const phone = await account(chat);
  await loseLine(phone);
  phone.client.preferences.set({ size: 'large', theme: 'light' });
  desk.client.preferences.set({ theme: 'dark', density: 'dense' });
  await until(() => kept(chat).density === 'dense', 'the account has it');
  await findLine(phone);
  await until(() => settings(phone).density === 'dense' && settings(desk).size === 'large', 'both have both');
  assert.deepEqual([settings(phone).theme, settings(desk).theme], ['light', 'light']);
});

test('the next person at this browser begins without them', async () => {
  const chat = new MockChat();
  const local = new FakeStorage();
  const anna = await account(chat, { local });
  anna.client.preferences.set({ theme: 'dark' });
  await until(() => kept(chat).theme === 'dark', 'it is kept');
  await anna.client.session.signOut();
  const leo = await enter(chat, 'Leo', { local, password: SECRET, register: true });
  await until(() => followed(leo), 'leo is asked for');
  await settled();
  assert.equal(settings(leo).theme, 'auto');
  assert.deepEqual(kept(chat, 'leo'), {});
  assert.equal(kept(chat).theme, 'dark');
});

test('what others say of themselves, and what they have read, is known as it changes', async () => {
  const chat = new MockChat();
  const anna = await account(chat);
  const leo = await enter(chat, 'Leo', { password: SECRET, register: true });
  await until(() => leo.network.heard.some(({ op }) => op === 'profile'), 'leo follows profiles');
  await settled();
  await anna.client.line.request({ op: 'profile', set: { display: 'Anna Bianchi', picture: '/f/1/2/picture' } });
  await until(() => leo.client.state.met.value.anna?.display === 'Anna Bianchi', 'leo knows her display name');
  assert.equal(leo.client.state.met.value.anna!.picture, '/f/1/2/picture');
  const sent = await leo.client.commands.submit(roomOf(leo), 'read this', 0);
  assert.equal(sent.ok, true);
  await until(() => roomOf(anna).log.head > 0, 'anna has it');
  const { head } = roomOf(anna).log;
  anna.client.line.post({ op: 'read', room: '#lobby', seq: head });
  await until(() => roomOf(leo).members.value?.find(({ name }) => name === 'Anna')?.read === head, 'leo sees that she has read it');
});

test('what is typed opens what shows it', async () => {
  const chat = new MockChat();
  const anna = await account(chat);
  const run = (text: string) => anna.client.commands.submit(roomOf(anna), text, 0);
  assert.equal((await run('/whois Leo')).ok, true);
  assert.deepEqual([anna.client.state.dialog.value, anna.client.state.person.value], ['person', 'Leo']);
  anna.client.state.closeDialog();
  assert.equal((await run('/settings')).ok, true);
  assert.equal(anna.client.state.dialog.value, 'settings');
  anna.client.state.closeDialog();
  assert.equal((await run('/status')).ok, false, 'administrators alone');
});

test('the secret of a new link is shown, and that one is ended is told', async (context) => {
  const anna = await account(new MockChat());
  const answers: object[] = [{ op: 'link', key: '8ffd', url: 'http://h/#+s3cret', uses: 5, until: '2026-12-07T10:00:00Z' }, { op: 'link' }];
  context.mock.method(anna.client.line, 'request', async () => success(answers.shift()));
  const run = (text: string) => anna.client.commands.submit(roomOf(anna), text, 0);
  assert.equal((await run('/link 5')).ok, true);
  assert.match(roomOf(anna).notices.at(-1)!.text!, /^http:\/\/h\/#\+s3cret .* 5\./);
  assert.equal((await run('/unlink 8ffd')).ok, true);
  assert.match(roomOf(anna).notices.at(-1)!.text!, /8ffd was ended/);
});

test('a guest after somebody with an account sends nothing', async () => {
  const chat = new MockChat();
  const anna = await account(chat);
  await anna.client.session.signOut();
  anna.client.session.signIn({ name: 'Guest', stay: false });
  await until(() => anna.client.state.phase.value === 'chat', 'the guest is in');
  anna.network.heard.length = 0;
  anna.client.preferences.set({ theme: 'dark' });
  await new Promise((resolve) => setTimeout(resolve, 450));
  assert.deepEqual(anna.network.heard.filter(({ op }) => op === 'settings'), []);
});

test('nothing of an account is left in the browser for the guest who comes next', async () => {
  const chat = new MockChat();
  const local = new FakeStorage();
  const anna = await account(chat, { local });
  anna.client.preferences.set({ theme: 'dark', saved: { '#secret': '7' } });
  anna.client.preferences.setLevel(roomOf(anna), 'all');
  await until(() => kept(chat)['saved.#secret'] === '7', 'it is kept');
  await anna.client.session.signOut();
  assert.deepEqual(settings(anna), defaults);
  assert.deepEqual(anna.client.state.met.value, {});
  for (let at = 0; at < local.length; at++) assert.doesNotMatch(local.getItem(local.key(at)!)!, /#secret|#lobby/, local.key(at)!);
  assert.equal(kept(chat)['saved.#secret'], '7', 'the account has it');
});

test('a guest who comes after an account whose session was ended elsewhere begins without its choices', async () => {
  const chat = new MockChat();
  const local = new FakeStorage();
  local.setItem('brusio.settings', JSON.stringify({ saved: { '#secret': '7' } }));
  local.setItem('brusio.settings.account', JSON.stringify({ user: 'anna', kept: { 'saved.#secret': '7' } }));
  const guest = await enter(chat, 'Guest', { local });
  await until(() => !guest.client.saved.rooms.length, 'nothing is saved');
  assert.equal(local.getItem('brusio.settings.account'), null);
});

test('a device that was away while its account got another name stays signed in, and keeps what was chosen and written on it', async () => {
  const chat = new MockChat();
  const desk = await account(chat);
  const phone = await account(chat);
  await until(() => phone.client.store.kept()?.token, 'the phone has a token');
  await loseLine(phone);
  await desk.client.session.changeName('Bianca');
  phone.client.preferences.set({ theme: 'dark' });
  phone.client.drafts.keep('#other', 'half written');
  await phone.client.commands.submit(roomOf(phone), 'from the train', 0);
  await findLine(phone);
  await until(() => phone.client.state.me.value.name === 'Bianca', 'the phone knows the name');
  await until(() => kept(chat, 'bianca').theme === 'dark', 'the account has the choice');
  await until(() => chat.rooms.get('#lobby')!.entries.some(({ message }) => message === 'from the train'), 'it is sent');
  assert.deepEqual([settings(phone).theme, phone.client.drafts.of('#other')], ['dark', 'half written']);
  assert.equal(JSON.parse(phone.local.getItem('brusio.who')!).name, 'Bianca');
  const again = await openDevice(chat, phone);
  await until(() => again.client.state.findRoom('#lobby')?.isLive, 'a reload comes in, too');
  assert.deepEqual([again.client.state.me.value.name, again.client.drafts.devices().length], ['Bianca', 1]);
});

test('another name given elsewhere reaches what a device keeps', async () => {
  const chat = new MockChat();
  const desk = await account(chat);
  const phone = await account(chat);
  phone.client.drafts.keep('#other', 'half written');
  await loseLine(phone);
  await phone.client.commands.submit(roomOf(phone), 'waits', 0);
  const [item] = phone.client.sending.outbox.items;
  phone.client.sending.outbox.items[0]!.state = 'failed';
  await findLine(phone);
  await desk.client.session.changeName('Bianca');
  await until(() => phone.client.state.me.value.name === 'Bianca', 'the phone knows the name');
  await settled();
  assert.equal(phone.client.drafts.of('#other'), 'half written');
  assert.deepEqual((await phone.database.outbox.all('bianca')).map(({ id }) => id), [item!.id]);
  assert.equal(phone.client.store.kept()!.name, 'Bianca');
});

test('a guest keeps what they chose in this browser', async () => {
  const chat = new MockChat();
  const guest = await enter(chat, 'Guest');
  guest.client.preferences.set({ theme: 'dark' });
  await guest.client.session.signOut();
  assert.equal(settings(guest).theme, 'dark');
});

test('the page is loaded again for another language only where the browser keeps it', async (context) => {
  let loads = 0;
  context.after(() => Reflect.deleteProperty(globalThis, 'location'));
  Object.assign(globalThis, { location: { reload: () => loads++ } });
  const chat = new MockChat();
  const desk = await account(chat);
  desk.client.preferences.set({ language: 'it' });
  await until(() => kept(chat).language === 'it', 'the account has it');
  class Refusing extends FakeStorage {
    override setItem(key: string, value: string): void {
      if (key === 'brusio.settings') throw new Error('full');
      super.setItem(key, value);
    }
  }
  const phone = await account(chat, { local: new Refusing() });
  assert.equal(settings(phone).language, 'it');
  assert.equal(loads, 0);
  await account(chat);
  assert.equal(loads, 1);
});

test('what the account does not take is said and taken back, and what is chosen later reaches it', async () => {
  const chat = new MockChat();
  const anna = await account(chat);
  anna.client.preferences.set({ theme: 'dark' });
  await until(() => kept(chat).theme === 'dark', 'it is kept');
  anna.client.preferences.set({ levels: Object.fromEntries(Array.from({ length: 256 }, (_, at) => [`#room${at}`, 'all'])) });
  await until(() => anna.client.state.toast.value?.kind === 'problem', 'it is said');
  assert.deepEqual([settings(anna).levels, settings(anna).theme], [{}, 'dark']);
  anna.client.preferences.set({ size: 'large' });
  await until(() => kept(chat).size === 'large', 'the account has the next one');
});

test('one message too many of a room is not saved, and none that was goes', async () => {
  const chat = new MockChat();
  const anna = await account(chat);
  for (let seq = 1; seq <= 64; seq++) anna.client.saved.add('#lobby', seq);
  const said = () => anna.client.state.toast.value?.kind;
  assert.equal(said(), undefined);
  anna.client.saved.add('#lobby', 65);
  assert.equal(said(), 'problem');
  const saved = anna.client.saved.in('#lobby');
  assert.deepEqual([saved.length, saved.at(-1), saved[0]], [64, 1, 64]);
});

test('a changed profile is known in the rooms that are not shown, too', async () => {
  const chat = new MockChat();
  const anna = await account(chat);
  const leo = await account(chat, {}, 'Leo');
  leo.client.state.active.value = null;
  await anna.client.line.request({ op: 'profile', set: { display: 'Anna Bianchi' } });
  await until(() => leo.client.state.met.value.anna?.display === 'Anna Bianchi', 'leo knows it');
});
