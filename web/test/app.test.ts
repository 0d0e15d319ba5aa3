// The client without its views, against a server that speaks the protocol: coming in, rooms,
// unread counts, sending over broken lines, commands, and the way back.

import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { buildRows } from '../src/model/rows.ts';
import { loadEmoji } from '../src/model/emoji.ts';
import { renameTalk } from '../src/app/rename.ts';
import { loadText } from '../src/text.ts';
import { MockChat, closeDevices, enter, findLine, loseLine, openDevice, roomOf, settled, until } from './fake.ts';
import type { Device } from './fake.ts';

await loadText('en', ['en-GB']);
await loadEmoji();

afterEach(closeDevices);
// Timers of the clients (typing, orphans) would keep the process for a while.
after(() => setTimeout(() => process.exit(), 200).unref());

function texts(device: Device, name = '#lobby'): string[] {
  const room = roomOf(device, name);
  const rows = buildRows({
    window: room.log.window,
    atEnd: room.log.loaded && !room.log.moreAfter,
    notices: [],
    pending: device.client.sending.pendingIn(room),
    me: device.client.state.me.value.name,
    unreadAfter: -1,
  });
  return rows.flatMap((row) => (row.type === 'message' ? [`${row.message.text}${row.state === 'sent' ? '' : ` (${row.state})`}`] : []));
}

async function say(device: Device, text: string, name = '#lobby', replyTo = 0): Promise<void> {
  const result = await device.client.commands.submit(roomOf(device, name), text, replyTo);
  assert.deepEqual(result, { ok: true, value: null }, text);
  await until(() => device.client.sending.outbox.items.length === 0, `"${text}" is stored`);
}

async function refused(device: Device, text: string, name = '#lobby'): Promise<string> {
  const result = await device.client.commands.submit(roomOf(device, name), text, 0);
  assert.equal(result.ok, false, text);
  return result.ok ? '' : result.text;
}

const run = (device: Device, text: string, name = '#lobby') => device.client.commands.submit(roomOf(device, name), text, 0);
const counts = (device: Device, name = '#lobby') => [roomOf(device, name).unread.count, roomOf(device, name).unread.mentions];

test('two people talk, and what one says is in the log of both', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  const leo = await enter(chat, 'Leo');
  await say(anna, 'good morning');
  await until(() => texts(leo).length === 1, 'leo sees it');
  await say(leo, 'morning!');
  await until(() => texts(anna).length === 2, 'anna sees the answer');
  assert.deepEqual(texts(anna), ['good morning', 'morning!']);
  assert.deepEqual(texts(leo), ['good morning', 'morning!']);
});

test('who asks for an account and cannot have it is told, and is not a guest unawares', async () => {
  const chat = new MockChat();
  chat.refuseRegister = 'insecure';
  const device = await openDevice(chat, { facts: { secure: false } });
  const { state, session, store } = device.client;
  assert.equal(state.facts.value?.secure, false);
  session.signIn({ name: 'Anna', password: 'a long secret', register: true, stay: true });
  await until(() => state.signInProblem.value, 'the reason is shown');
  assert.equal(state.signInProblem.value!.code, 'insecure');
  assert.equal(state.phase.value, 'sign-in');
  assert.equal(store.kept(), null);
  await until(() => chat.connections.size === 0, 'nobody is left behind');
});

test('a switch that is not understood changes nothing', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  await run(anna, '/join #den');
  assert.match(await refused(anna, '/private maybe', '#den'), /\/private <on\|off>/);
  assert.equal(chat.rooms.get('#den')!.isPrivate, false);
  assert.equal((await run(anna, '/private yes', '#den')).ok, true);
  assert.equal(chat.rooms.get('#den')!.isPrivate, true);
  await run(anna, '/private no', '#den');
  assert.equal(chat.rooms.get('#den')!.isPrivate, true, 'making it public is asked for first');
  assert.equal(anna.client.state.dialog.value, 'room');
});

test('what cannot be done says why, from the server or before it', async () => {
  const chat = new MockChat();
  await enter(chat, 'Owner');
  const anna = await enter(chat, 'Anna');
  assert.match(await refused(anna, '/ban Owner'), /Only moderators/);
  assert.match(await refused(anna, '/ban Owner 5y'), /duration/);
  assert.match(await refused(anna, '/role Owner'), /\/role/);
  assert.match(await refused(anna, '/join #bad/name'), /room/);
  assert.match(await refused(anna, '/history yesterday'), /day/);
  assert.match(await refused(anna, '/nonsense'), /nonsense/);
  assert.match(await refused(anna, '/msg'), /\/msg/);
  assert.match(await refused(anna, '/edit x'), /no message of yours/);
});

test('unread: edits, reactions and what one wrote on another device do not count', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  const phone = await enter(chat, 'Anna', { password: 'a long secret' });
  const leo = await enter(chat, 'Leo');
  phone.page.focused = false;
  await say(anna, 'mine');
  await until(() => texts(phone).length === 1, 'the phone sees it');
  assert.deepEqual(counts(phone), [0, 0]);
  await until(() => texts(leo).length === 1, 'leo sees it');
  leo.client.sending.react(roomOf(leo), roomOf(leo).log.last, '👍');
  await say(leo, 'one');
  await say(leo, 'anna, two');
  await until(() => counts(phone)[0] === 2, 'two are unread');
  assert.deepEqual(counts(phone), [2, 1]);
  await run(leo, '/edit anna, two and a half');
  await settled();
  assert.deepEqual(counts(phone), [2, 1]);
  await run(leo, '/delete');
  await until(() => counts(phone)[0] === 1, 'what was deleted is not unread');
});

test('unread: what came while one was away is counted by the server, and is read on all devices at once', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  const phone = await enter(chat, 'Anna', { password: 'a long secret' });
  const leo = await enter(chat, 'Leo');
  anna.page.focused = phone.page.focused = false;
  await loseLine(phone);
  for (const text of ['one', '@all two', 'ANNA three', 'four']) await say(leo, text);
  const target = roomOf(leo).log.last;
  leo.client.sending.react(roomOf(leo), target, '👍');
  await settled();
  await findLine(phone);
  await until(() => roomOf(phone).isLive, 'the phone is back');
  assert.deepEqual(counts(phone), [4, 2]);
  anna.client.reading.markRead(roomOf(anna));
  await until(() => counts(phone)[0] === 0, 'read on one device is read on the other');
});

test('an answer to a message of mine calls me, also where that is far back', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  const leo = await enter(chat, 'Leo');
  await say(anna, 'the question');
  const { last } = roomOf(anna).log;
  anna.page.focused = false;
  await until(() => texts(leo).length === 1, 'leo sees it');
  await say(leo, 'the answer', '#lobby', last);
  await until(() => counts(anna)[1] === 1, 'it calls');
  roomOf(anna).log.window = [];
  await say(leo, 'another answer', '#lobby', last);
  await until(() => counts(anna)[1] === 2, 'it calls where the question had to be asked for');
});

test('marked as unread from a message on, it stays so until the room is left', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  const leo = await enter(chat, 'Leo');
  for (const text of ['one', 'two', 'three']) await say(leo, text);
  await until(() => texts(anna).length === 3 && counts(anna)[0] === 0, 'anna read them');
  const room = roomOf(anna);
  anna.client.reading.markUnread(room, 2);
  anna.client.reading.look(room);
  assert.deepEqual([counts(anna)[0], room.unreadAfter], [2, 1]);
  await loseLine(anna);
  await findLine(anna);
  await until(() => room.isLive, 'the line is back');
  assert.equal(counts(anna)[0], 2, 'a lost line does not read it');
  await run(anna, '/join #other');
  anna.client.rooms.open(room);
  anna.client.reading.look(room);
});

test('a room entered or left on one device comes and goes on the other at once', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  const phone = await enter(chat, 'Anna', { password: 'a long secret' });
  await run(anna, '/join #attic');
  await until(() => phone.client.state.findRoom('#attic')?.isLive, 'it is there, and live');
  assert.equal(phone.client.state.active.value!.name, '#lobby', 'nobody is taken away from where they are');
  await run(anna, '/leave', '#attic');
  await until(() => !phone.client.state.findRoom('#attic'), 'it is gone');
});

test('an invitation waits for who was away, and for who is there; entering takes it off the list', async () => {
  const chat = new MockChat();
  const owner = await enter(chat, 'Owner');
  await run(owner, '/join #secret');
  await run(owner, '/private on', '#secret');
  const here = await enter(chat, 'Here');
  for (const name of ['Here', 'Later']) assert.equal((await run(owner, `/invite ${name}`, '#secret')).ok, true);
  await until(() => here.client.state.invitations.value.length === 1, 'who is there is told');
  const later = await enter(chat, 'Later');
  await until(() => later.client.state.invitations.value.length === 1, 'it waited');
  assert.deepEqual(
    later.client.state.invitations.value.map(({ room, by }) => [room, by]),
    [['#secret', 'Owner']],
  );
  await later.client.rooms.visit('#secret');
  assert.equal(roomOf(later, '#secret').isLive, true);
  assert.deepEqual(later.client.state.invitations.value, []);
  // On another device of theirs, too.
  const [desk, phone] = [await enter(chat, 'Twice', { password: 'a long secret', register: true }), await enter(chat, 'Twice', { password: 'a long secret' })];
  await run(owner, '/invite Twice', '#secret');
  await until(() => phone.client.state.invitations.value.length === 1, 'the phone is told');
  await desk.client.rooms.enter('#secret');
  await until(() => phone.client.state.findRoom('#secret'), 'the phone has the room');
  assert.deepEqual(phone.client.state.invitations.value, []);
});

test('what is typed without a line is shown, also in a room that was never loaded, and arrives once', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  await loseLine(anna);
  assert.equal(roomOf(anna).state.value.kind, 'offline');
  const den = anna.client.rooms.ensure('#den');
  assert.equal(den.state.value.kind, 'unknown');
  anna.client.rooms.open(den);
  assert.equal((await run(anna, 'into the dark', '#den')).ok, true);
  assert.equal((await run(anna, 'and here')).ok, true);
  assert.deepEqual([texts(anna, '#den'), texts(anna)], [['into the dark (sending)'], ['and here (sending)']]);
  await findLine(anna);
  await until(() => anna.client.sending.outbox.items.length === 0, 'all is sent');
  await until(() => texts(anna, '#den').length === 1 && texts(anna)[0] === 'and here', 'both are in the log');
  assert.equal(chat.rooms.get('#den')!.entries.length, 1);
});

test('a message whose ack was lost is known again by its id, whatever the clocks say', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  chat.loseAcks = 1;
  await run(anna, 'only once');
  await until(() => anna.client.state.line.value.state === 'waiting', 'the line is lost with the ack');
  assert.deepEqual(texts(anna), ['only once (sending)']);
  const [item] = anna.client.sending.outbox.items;
  item!.created = Date.parse('2001-01-01T00:00:00Z');
  await findLine(anna);
  await until(() => texts(anna)[0] === 'only once', 'it is in the log');
  assert.deepEqual(texts(anna), ['only once']);
  assert.equal(anna.client.sending.outbox.items.length, 0);
  await say(anna, 'only once');
  assert.deepEqual(texts(anna), ['only once', 'only once'], 'the same words again are another message');
});

test('a message that the store refuses twice is set aside with its reason, and the next one goes', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  chat.refuseSends = 'store_failed';
  await run(anna, 'first');
  await until(() => anna.client.sending.outbox.items[0]?.state === 'failed', 'it is set aside');
  assert.match(anna.client.sending.outbox.items[0]!.reason!, /refuses/);
  chat.refuseSends = '';
  await run(anna, 'second');
  await until(() => texts(anna).includes('second'), 'the second one goes');
  anna.client.sending.outbox.retry(anna.client.sending.outbox.items[0]!.id);
  await until(() => anna.client.sending.outbox.items.length === 0, 'it goes when it is tried again');
});

test('half a character is mended before it is kept, so that no line breaks on it', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  await say(anna, 'broken \ud83d here');
  assert.deepEqual(texts(anna), ['broken \ufffd here']);
});

test('a room knows its state: unknown, loading, live, offline, closed', async () => {
  const chat = new MockChat();
  const owner = await enter(chat, 'Owner');
  const anna = await enter(chat, 'Anna');
  const room = roomOf(anna);
  assert.equal(room.state.value.kind, 'live');
  await loseLine(anna);
  assert.equal(room.state.value.kind, 'offline');
  await findLine(anna);
  await until(() => room.state.value.kind === 'live', 'it is live again');
  assert.equal((await run(owner, '/kick Anna out')).ok, true);
  const now = () => room.state.value;
  await until(() => now().kind === 'closed', 'it is closed');
  assert.match(JSON.stringify(now()), /out/);
  await anna.client.rooms.visit('#lobby');
  assert.equal(now().kind, 'live');
});

test('a session that goes on elsewhere stops here; one that was ended leads to the sign-in, with the reason', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  anna.client.incoming.receive({ op: 'notice', code: 'replaced', message: 'It goes on elsewhere.' });
  assert.equal(anna.client.state.stopped.value, 'It goes on elsewhere.');
  assert.equal(anna.client.state.phase.value, 'chat');
  anna.client.session.connect();
  await until(() => anna.client.state.line.value.state === 'online', 'it can go on here');
  assert.equal(anna.client.state.stopped.value, '');
  const phone = await enter(chat, 'Anna', { password: 'a long secret' });
  assert.equal((await anna.client.line.order({ op: 'sessions', end: 'others' })).ok, true);
  await until(() => phone.client.state.phase.value === 'sign-in', 'the phone is signed out');
  assert.equal(phone.client.state.signInProblem.value?.code, 'revoked');
  assert.equal(phone.client.store.kept(), null);
});

test('an account without a token, renamed elsewhere meanwhile, is not a guest of its old name', async () => {
  const chat = new MockChat();
  chat.refuseToken = 'limit';
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  const phone = await enter(chat, 'Anna', { password: 'a long secret' });
  await loseLine(anna);
  assert.equal((await phone.client.line.order({ op: 'nick', name: 'Annetta' })).ok, true);
  // What the page knows after a reload: the session alone.
  const again = await openDevice(chat, { local: anna.local, database: anna.database });
  await until(() => again.client.state.phase.value === 'sign-in', 'the form is shown');
  assert.equal(again.client.state.signInProblem.value?.code, 'expired');
  assert.equal(again.client.store.kept(), null);
  await until(() => chat.connections.size === 1, 'no guest is left behind');
});

test('a token that the server did not give at first is asked for again', async () => {
  const chat = new MockChat();
  chat.refuseToken = 'rate_limited';
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  assert.equal(anna.client.store.kept()?.token, undefined);
  chat.refuseToken = '';
  await loseLine(anna);
  await findLine(anna);
  await until(() => anna.client.store.kept()?.token, 'there is a token');
});

test('a conversation stays itself when its other side takes the name of somebody gone', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  const { rooms, state, drafts, preferences, saved } = anna.client;
  const live = rooms.ensure('@Ludovico');
  const dead = rooms.ensure('@Federico');
  rooms.open(dead);
  drafts.keep('@Ludovico', 'half written');
  preferences.setLevel(live, 'nothing');
  saved.add('@Ludovico', 7);
  await renameTalk(anna.client, 'Ludovico', 'Federico');
  assert.equal(state.findRoom('@Federico'), live);
  assert.equal(state.active.value, live);
  assert.equal(state.rooms.value.includes(dead), false);
  assert.equal(drafts.of('@Federico'), 'half written');
  assert.equal(preferences.levelOf(live), 'nothing');
  assert.deepEqual([saved.rooms, saved.in('@Federico')], [['@federico'], [7]]);
});

test('what was said with somebody gone who had my name are not my notes', async () => {
  const anna = await enter(new MockChat(), 'Anna');
  const { rooms, state } = anna.client;
  assert.equal(state.isNotes(rooms.ensure('@anna!7')), false);
  assert.equal(state.isNotes(rooms.ensure('@anna')), true);
  assert.equal(state.isNotes(rooms.ensure('#anna')), false);
});

test('Back closes a dialog, then the panel, then goes to the room before', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  const { state, rooms } = anna.client;
  await run(anna, '/join #den');
  await settled();
  state.panel.value = 'people';
  await settled();
  state.openDialog('help');
  await settled();
  const back = async () => {
    anna.bar.go(-1);
    await settled();
    return [state.active.value!.name, state.panel.value, state.dialog.value];
  };
  assert.deepEqual(await back(), ['#den', 'people', 'none']);
  assert.deepEqual(await back(), ['#den', 'none', 'none']);
  assert.deepEqual(await back(), ['#lobby', 'none', 'none']);
  assert.equal(anna.bar.hash(), '#/lobby');
  assert.equal(anna.bar.at, 0, 'and no step was left over');
  anna.bar.go(1);
  await settled();
  assert.equal(state.active.value!.name, '#den');
  rooms.open(roomOf(anna));
  await settled();
  assert.equal(anna.bar.hash(), '#/lobby');
});

test('a dialog that is closed by its button leaves no step behind, and a choice in it takes its place', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  const { state, rooms } = anna.client;
  await run(anna, '/join #den');
  await settled();
  const { at } = anna.bar;
  state.openDialog('help');
  await settled();
  assert.equal(anna.bar.at, at + 1);
  state.closeDialog();
  await settled();
  assert.equal(anna.bar.at, at);
  state.openDialog('switcher');
  await settled();
  state.closeDialog();
  rooms.open(roomOf(anna));
  await settled();
  assert.deepEqual([anna.bar.at, anna.bar.hash()], [at + 1, '#/lobby']);
  anna.bar.go(-1);
  await settled();
  assert.equal(state.active.value!.name, '#den');
});

test('a link leads to a room and to a message in it', async () => {
  const chat = new MockChat();
  const owner = await enter(chat, 'Owner');
  await run(owner, '/join #den');
  for (let n = 1; n <= 5; n++) await say(owner, `line ${n}`, '#den');
  const anna = await enter(chat, 'Anna', { hash: '#/den/3' });
  await until(() => anna.client.state.active.value?.name === '#den', 'the room is shown');
  await until(() => roomOf(anna, '#den').target.value?.seq === 3, 'the message is gone to');
  roomOf(anna, '#den').target.value = null;
  await run(anna, '/join #lobby');
  anna.bar.follow('#/den/5');
  await until(() => roomOf(anna, '#den').target.value?.seq === 5, 'a link that is followed later leads there, too');
});

test('a draft belongs to a tab and a room', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { device: 'one' });
  const twin = await enter(chat, 'Bea', { device: 'two', local: anna.local });
  anna.client.drafts.keep('#lobby', 'half a thought');
  anna.client.drafts.keep('#den', 'another');
  assert.equal(anna.client.drafts.of('#lobby'), 'half a thought');
  assert.equal(twin.client.drafts.of('#lobby'), '');
  twin.client.drafts.keep('#lobby', '');
  assert.equal(anna.client.drafts.of('#lobby'), 'half a thought', 'who sends deletes only their own');
  assert.deepEqual(anna.client.drafts.devices(), ['one']);
});

test('a visit that comes back shows what was kept before there is a line, and goes on from there', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { device: 'tab' });
  const leo = await enter(chat, 'Leo');
  await say(anna, 'before');
  anna.client.keeping.saveAllNow();
  await settled();
  anna.client.line.current!.stop();
  await until(() => chat.connections.size === 1, 'anna is gone');
  await say(leo, 'meanwhile');
  const again = await openDevice(chat, { device: 'tab', local: anna.local, database: anna.database });
  assert.deepEqual(texts(again), ['before']);
  await until(() => texts(again).length === 2, 'what came meanwhile is there');
  assert.deepEqual(texts(again), ['before', 'meanwhile']);
});

test('notifications follow the level of the room, and nothing disturbs who does not want it', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  anna.page.focused = false;
  const { notifier, preferences } = anna.client;
  const room = roomOf(anna);
  const entry = { op: 'message' as const, room: '#lobby', seq: 1, time: new Date().toISOString(), from: { name: 'Leo' }, message: 'x' };
  const wanted = () => [notifier.wants(room, entry, false), notifier.wants(room, entry, true)];
  assert.deepEqual(wanted(), [false, true]);
  preferences.setLevel(room, 'all');
  assert.deepEqual(wanted(), [true, true]);
  preferences.setLevel(room, 'nothing');
  assert.deepEqual(wanted(), [false, false]);
  preferences.setLevel(room, 'all');
  preferences.set({ doNotDisturb: true });
  assert.deepEqual(wanted(), [false, false]);
});

test('a thread is a message with all that answers it, directly or through others', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  await say(anna, 'root');
  await say(anna, 'aside');
  await say(anna, 'answer', '#lobby', 1);
  await say(anna, 'answer to the answer', '#lobby', 3);
  const thread = await anna.client.pages.thread(roomOf(anna), 1);
  assert.ok(thread.ok);
  assert.deepEqual(thread.value.messages.map((message) => message.text), ['root', 'answer', 'answer to the answer']);
});

test('guests are marked, accounts are not; what a row does not say of a room is not so', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { password: 'a long secret', register: true });
  const leo = await enter(chat, 'Leo');
  await say(leo, 'from a guest');
  await say(anna, 'from an account');
  await until(() => texts(leo).length === 2, 'both are there');
  for (const device of [anna, leo]) assert.deepEqual(roomOf(device).log.window.map((message) => message.guest ?? false), [true, false]);
  const room = roomOf(anna);
  room.learn({ muted: true, read_only: true });
  await loseLine(anna);
  await findLine(anna);
  await until(() => room.isLive, 'the line is back');
  assert.deepEqual([room.facts.value.muted, room.facts.value.read_only], [false, false]);
});

test('what begins a conversation is shown at once, though there was no history to ask for', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  await enter(chat, 'Leo');
  assert.equal((await run(anna, '/msg Leo just between us')).ok, true);
  await until(() => texts(anna, '@Leo')[0] === 'just between us', 'it is in the log');
  assert.deepEqual(
    anna.network.heard.filter((object) => object.op === 'history' && object.room === '@Leo'),
    [],
  );
});

test('nothing is kept again after a sign-out', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna');
  await say(anna, 'between us');
  await anna.client.session.signOut();
  anna.client.keeping.saveAllNow();
  await settled();
  assert.deepEqual(await anna.database.rooms('anna'), []);
});
