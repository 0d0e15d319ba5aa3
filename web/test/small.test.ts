// The small parts of the model: names, commands, completion, unread, back-off, dates.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../src/model/backoff.ts';
import { commands, isWrongDuration, parseTyped, requestOf, secondsOf } from '../src/model/commands.ts';
import { complete } from '../src/model/complete.ts';
import { addressInside, addressOf, invitationOf, parseAddress } from '../src/model/address.ts';
import { continued, formatted } from '../src/model/format.ts';
import { loadEmoji } from '../src/model/emoji.ts';
import { asRoomName, callsEverybody, compareNames, initialsOf, isRoomName, isUserName, mentions, sameName, titleOf } from '../src/model/names.ts';
import { defaults, parseSettings, withRecent } from '../src/model/settings.ts';
import { named, rank } from '../src/model/switcher.ts';
import { toned } from '../src/model/tones.ts';
import { seqAtTime, timeText } from '../src/model/time.ts';
import { Unread } from '../src/model/unread.ts';

await loadEmoji();

test('names are checked and compared as the protocol says', () => {
  for (const name of ['anna', 'Ænna', 'a', 'x-1', '[bot]', 'a'.repeat(32), '名前', '_']) assert.ok(isUserName(name), name);
  for (const name of ['', '1a', '-a', '#a', '@a', '/a', 'a b', 'a'.repeat(33), 'a:b', 'ａ\u0000']) assert.ok(!isUserName(name), name);
  assert.ok(sameName('ANNA', 'anna') && sameName('ａｎｎａ', 'anna'));
  assert.ok(isRoomName('#2026') && !isRoomName('#') && !isRoomName('lobby'));
  assert.equal(asRoomName(' my room '), '#my_room');
});

test('a mention is a whole word in any case', () => {
  assert.ok(mentions('hey Anna!', 'anna') && mentions('@ANNA?', 'anna') && mentions('(anna)', 'anna'));
  assert.ok(!mentions('banana annabel', 'anna') && !mentions('x', ''));
  assert.ok(mentions('annabel and anna', 'anna'));
});

test('commands are told from text', () => {
  assert.deepEqual(parseTyped('hello'), { kind: 'text', text: 'hello' });
  assert.deepEqual(parseTyped('//etc'), { kind: 'text', text: '/etc' });
  const { command: _, ...joining } = parseTyped('/JOIN #a b') as { command: unknown };
  assert.deepEqual(joining, { kind: 'command', name: 'join', rest: '#a b', words: ['#a', 'b'] });
  assert.deepEqual(parseTyped('/nonsense x'), { kind: 'unknown', name: 'nonsense' });
  assert.equal(parseTyped('/join').kind, 'usage');
  const { command: __, ...waving } = parseTyped('/me waves\nagain') as { command: unknown };
  assert.deepEqual(waving, { kind: 'command', name: 'me', rest: 'waves\nagain', words: ['waves', 'again'] });
});

function requested(typed: string) {
  const parsed = parseTyped(typed);
  assert.equal(parsed.kind, 'command');
  return parsed.kind === 'command' ? requestOf(parsed.command.row!, '#lobby', parsed.rest) : null;
}

test("what the page does not do itself is asked for by the server's own table", () => {
  assert.deepEqual(requested('/keep 30'), { op: 'set', room: '#lobby', retention_days: 30 });
  assert.deepEqual(requested('/block @leo'), { op: 'block', name: 'leo' });
  // A link leads into the room where it is made; what ends one, or lists them, is about no room.
  assert.deepEqual(requested('/link 5'), { op: 'link', room: '#lobby', uses: 5 });
  assert.deepEqual(requested('/unlink 8ffd'), { op: 'link', key: '8ffd', revoke: true });
  assert.deepEqual(requested('/links'), { op: 'links' });
  assert.deepEqual(requested('/unreact 7 👍'), { op: 'react', room: '#lobby', on: false, target: 7, emoji: '👍' });
  assert.deepEqual(requested('/mute leo 2h too loud'), { op: 'mute', room: '#lobby', name: 'leo', seconds: 7200, reason: 'too loud' });
  assert.deepEqual(requested('/mute leo too loud'), { op: 'mute', room: '#lobby', name: 'leo', reason: 'too loud' });
  assert.deepEqual(requested('/msg leo ciao'), { op: 'send', room: '@leo', message: 'ciao' });
  for (const typed of ['/keep soon', '/block leo luca', '/unreact x 👍']) assert.equal(requested(typed), null, typed);
});

test('a switch is understood or refused', () => {
  for (const word of ['on', 'yes', 'YES', 'true', '1', 'sì', 'si'])
    assert.deepEqual(requested(`/private ${word}`), { op: 'set', room: '#lobby', private: true });
  for (const word of ['off', 'no', 'false', '0']) assert.deepEqual(requested(`/private ${word}`), { op: 'set', room: '#lobby', private: false });
  for (const word of ['maybe', 'onn', 'o', 'on off']) assert.equal(requested(`/private ${word}`), null, word);
});

test('a duration is understood, and what was meant as one is not taken for a reason', () => {
  assert.equal(secondsOf('7d'), 604_800);
  assert.equal(secondsOf('7'), undefined);
  for (const word of ['5y', '7', '12q']) assert.ok(isWrongDuration(word), word);
  for (const word of ['2h', 'too', undefined, '3rd_time']) assert.ok(!isWrongDuration(word), String(word));
});

test('completion offers what fits at the caret', () => {
  const shownAs = (name: string) => (name === 'leo' ? 'Leonardo Da Vinci' : name);
  const known = { names: ['anna', 'Andrea', 'leo'], shownAs, rooms: ['#lobby', '#logs'], mayCallAll: true, commands };
  const labels = (text: string, caret = text.length) => complete(text, caret, known)?.choices.map((choice) => choice.insert) ?? [];
  assert.deepEqual(labels('/jo'), ['/join']);
  assert.deepEqual(labels('hi @an'), ['@anna', '@Andrea']);
  assert.deepEqual(labels('see #lo'), ['#lobby', '#logs']);
  assert.ok(labels(':tad').includes('🎉'));
  assert.deepEqual(labels('hi @vin'), ['@leo'], 'by the name that they go by');
  assert.equal(complete('@leo', 4, known)?.choices[0]?.detail, 'Leonardo Da Vinci');
  assert.deepEqual(labels('me@an'), []);
  assert.deepEqual(labels('/msg le'), ['leo']);
  assert.deepEqual(labels('@an later', 3), ['@anna', '@Andrea']);
  assert.equal(complete('x /jo', 5, known), null);
});

test('unread counts what others wrote after the marker, as far as the server and this page know', () => {
  const unread = new Unread();
  unread.startAt(10, 40, { unread: 2, mentions: 1 });
  assert.deepEqual([unread.count, unread.mentions], [2, 1], 'edits and reactions do not count');
  unread.add(39, false);
  assert.equal(unread.count, 2, 'what is replayed is in the count of the server');
  unread.add(41, false);
  unread.add(42, true);
  unread.add(42, true);
  assert.deepEqual([unread.count, unread.mentions], [4, 2]);
  unread.remove(41);
  assert.equal(unread.count, 3, 'what was deleted is not unread');
});

test('a marker that another device moved leaves exactly what lies beyond it', () => {
  const unread = new Unread();
  unread.startAt(10, 12, { unread: 2, mentions: 0 });
  for (const seq of [13, 14, 15]) unread.add(seq, seq === 15);
  assert.equal(unread.markRead(14, 15), true);
  assert.deepEqual([unread.count, unread.mentions], [1, 1]);
  assert.equal(unread.markRead(12, 15), false, 'it does not go back by itself');
  assert.equal(unread.markRead(15, 15), true);
  assert.deepEqual([unread.count, unread.mentions], [0, 0]);
});

test('a message is marked as unread again, with those after it', () => {
  const unread = new Unread();
  unread.startAt(20, 20, { unread: 0, mentions: 0 });
  unread.markUnread(17, 20, [{ seq: 18, called: true }, { seq: 20, called: false }]);
  assert.deepEqual([unread.read, unread.count, unread.mentions], [17, 2, 1]);
  unread.add(21, false);
  assert.equal(unread.count, 3);
  assert.equal(unread.call(21), true);
  assert.equal(unread.mentions, 2);
});

test('a server that does not count leaves the two ends', () => {
  const unread = new Unread();
  unread.startAt(10, 12);
  assert.equal(unread.count, 2);
});

test('addresses name a room, a conversation or a message, also as earlier versions wrote them', () => {
  assert.deepEqual(parseAddress('#/lobby/1051'), { room: '#lobby', seq: 1051 });
  assert.deepEqual(parseAddress('#/@anna'), { room: '@anna', seq: 0 });
  assert.deepEqual(parseAddress('#citt%C3%A0'), { room: '#città', seq: 0 });
  for (const bad of ['', '#', '#/', '#/a b', '#/x/y', '#%E0', '#+secret123', '#/lobby/1/2']) assert.equal(parseAddress(bad), null, bad);
  for (const room of ['#lobby', '@anna', '#città', '@luca!7']) assert.deepEqual(parseAddress(addressOf(room, 12)), { room, seq: 12 });
  assert.equal(titleOf('@luca!7'), 'luca');
  assert.equal(invitationOf('#+abcDEF12-_'), 'abcDEF12-_');
  assert.deepEqual(addressInside('https://chat.test/#/lobby/3', 'https://chat.test'), { room: '#lobby', seq: 3 });
  assert.equal(addressInside('https://other.test/#/lobby/3', 'https://chat.test'), null);
});

test('names are sorted as people sort, and have two letters for a face', () => {
  assert.deepEqual(['room10', 'Room2', 'room1', 'àbc'].sort(compareNames), ['àbc', 'room1', 'Room2', 'room10']);
  assert.deepEqual(['anna', 'Anna_Rossi', 'maxPower', '名前', '_'].map(initialsOf), ['An', 'AR', 'MP', '名前', '_']);
  assert.ok(callsEverybody('hey @all!') && callsEverybody('@ALL') && !callsEverybody('x@all') && !callsEverybody('@allan'));
});

test('Ctrl+K offers rooms and people, those looked at last first, and never where one is', () => {
  const place = (name: string, opened: number, known = true) => ({ name, title: name.slice(1), known, unread: 0, mentions: 0, opened });
  const places = [place('#lobby', 5), place('#kitchen', 9), place('@kim', 0, false), place('#garden', 7)];
  assert.deepEqual(rank(places, '', '#kitchen').map((one) => one.name), ['#garden', '#lobby', '@kim', '#kitchen']);
  assert.deepEqual(rank(places, 'k', '#lobby').map((one) => one.name), ['#kitchen', '@kim']);
  assert.deepEqual(rank(places, '@k', '#lobby').map((one) => one.name), ['@kim']);
  assert.deepEqual([named('new room'), named('@leo'), named('@1')], ['#new_room', '@leo', '']);
});

test('formatting goes around words and in front of lines, and back', () => {
  const apply = (format: Parameters<typeof formatted>[0], text: string, start: number, end: number) => {
    const change = formatted(format, { text, start, end });
    return text.slice(0, change.from) + change.insert + text.slice(change.to);
  };
  assert.equal(apply('strong', 'a word here', 2, 7), 'a **word** here');
  assert.equal(apply('strong', 'a **word** here', 4, 8), 'a word here');
  assert.equal(apply('em', 'x', 1, 1), 'x__');
  assert.equal(apply('quote', 'one\ntwo', 0, 7), '> one\n> two');
  assert.equal(apply('quote', '> one\n> two', 0, 11), 'one\ntwo');
  assert.equal(apply('numbers', 'one\ntwo', 0, 7), '1. one\n2. two');
  assert.equal(apply('code', 'a\nb', 0, 3), '```\na\nb\n```');
  assert.equal(continued({ text: '- one', start: 5, end: 5 })!.insert, '\n- ');
  assert.equal(continued({ text: '9. one', start: 6, end: 6 })!.insert, '\n10. ');
  assert.deepEqual(continued({ text: '- one\n- ', start: 8, end: 8 }), { from: 6, to: 8, insert: '', start: 6, end: 6 });
  assert.equal(continued({ text: 'plain', start: 5, end: 5 }), null);
});

test('settings of another version are taken as far as they make sense', () => {
  assert.deepEqual(parseSettings('nonsense'), defaults);
  assert.deepEqual(parseSettings('{"theme":"pink","tone":9,"sound":1,"recent":[1,"👍"]}'), { ...defaults, recent: ['👍'] });
  assert.equal(parseSettings('{"theme":"dark"}').theme, 'dark');
  assert.deepEqual(withRecent(['a', 'b'], 'b'), ['b', 'a']);
});

test('a skin tone is put on what has skin', () => {
  assert.equal(toned('👍', 3), '👍🏽');
  assert.equal(toned('✌️', 1), '✌🏻');
  assert.equal(toned('🎉', 3), '🎉');
  assert.equal(toned('👍', 0), '👍');
});

test('the pause before the next try doubles, is capped, and differs between clients', () => {
  const low = new Backoff(() => 0);
  const high = new Backoff(() => 0.999);
  const lows = Array.from({ length: 12 }, () => low.next());
  const highs = Array.from({ length: 12 }, () => high.next());
  assert.deepEqual(lows.slice(0, 4), [200, 400, 800, 1600]);
  assert.equal(lows.at(-1), 15_000);
  assert.ok(highs.every((ms, at) => ms > lows[at]! && ms <= 30_000));
  low.reset();
  assert.equal(low.next(), 200);
});

test('a day is found by halving, whatever lies between the messages', async () => {
  const log = [3, 4, 9, 20, 21, 50, 77].map((seq) => ({ seq, time: seq * 1000 }));
  let asked = 0;
  const firstAfter = async (seq: number) => {
    asked++;
    return log.find((stamp) => stamp.seq > seq) ?? null;
  };
  for (const [time, seq] of [[0, 3], [3000, 3], [3001, 4], [10_000, 20], [50_000, 50], [77_000, 77], [78_000, null]] as const) {
    assert.equal(await seqAtTime(time, 90, firstAfter), seq, String(time));
  }
  asked = 0;
  const long = async (seq: number) => {
    asked++;
    return seq < 10_000_000 ? { seq: seq + 1, time: seq + 1 } : null;
  };
  assert.equal(await seqAtTime(7_654_321, 10_000_000, long), 7_654_321);
  assert.ok(asked <= 25, `${asked} questions`);
});

test('the clock has as many hours as where the reader lives, whatever the language of the page', () => {
  const time = new Date(2026, 10, 22, 20, 5).getTime();
  assert.equal(timeText('en', 'de-DE').clock(time), '20:05');
  assert.match(timeText('en', 'en-US').clock(time), /^8:05\sPM$/);
  assert.equal(timeText('it').clock(time - 19 * 3600_000), '01:05');
});

test('days are named in the reader’s language', () => {
  const now = Date.parse('2026-11-22T12:00:00');
  assert.equal(timeText('en').day(now, now), 'Today');
  assert.equal(timeText('it').day(now - 86_400_000, now), 'Ieri');
  assert.match(timeText('it').day(now - 5 * 86_400_000, now), /^Martedì 17 novembre$/);
});
