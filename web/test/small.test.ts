// The small parts of the model: names, commands, completion, unread, back-off, dates.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../src/model/backoff.ts';
import { parseSanction, parseTyped, requestOf, secondsOf } from '../src/model/commands.ts';
import { complete } from '../src/model/complete.ts';
import { asRoomName, isRoomName, isUserName, mentions, sameName } from '../src/model/names.ts';
import { seqAtTime, timeText } from '../src/model/time.ts';
import { Unread } from '../src/model/unread.ts';
import { message } from './entries.ts';

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

test('sanctions have a name, perhaps a time, perhaps a reason', () => {
  assert.deepEqual(parseSanction(['@leo', '2h', 'too', 'loud']), { name: 'leo', seconds: 7200, reason: 'too loud' });
  assert.deepEqual(parseSanction(['leo', 'spam']), { name: 'leo', reason: 'spam' });
  assert.equal(secondsOf('7d'), 604_800);
  assert.equal(secondsOf('7'), undefined);
});

test('completion offers what fits at the caret', () => {
  const known = { names: ['anna', 'Andrea', 'leo'], rooms: ['#lobby', '#logs'], allows: () => true };
  const labels = (text: string, caret = text.length) => complete(text, caret, known)?.choices.map((choice) => choice.insert) ?? [];
  assert.deepEqual(labels('/jo'), ['/join']);
  assert.deepEqual(labels('hi @an'), ['@anna', '@Andrea']);
  assert.deepEqual(labels('see #lo'), ['#lobby', '#logs']);
  assert.ok(labels(':tad').includes('🎉'));
  assert.deepEqual(labels('me@an'), []);
  assert.deepEqual(labels('/msg le'), ['leo']);
  assert.deepEqual(labels('@an later', 3), ['@anna', '@Andrea']);
  assert.equal(complete('x /jo', 5, known), null);
});

test('unread counts what others wrote after the marker', () => {
  const unread = new Unread();
  unread.startAt(10, 12);
  assert.equal(unread.count, 2);
  unread.entry(message(13, 'x', 'leo'), 'anna', false);
  unread.entry(message(14, 'hi anna', 'leo'), 'anna', false);
  unread.entry(message(15, 'mine', 'anna'), 'anna', false);
  assert.deepEqual([unread.count, unread.mentions], [4, 1]);
  assert.equal(unread.markRead(15, 15), true);
  assert.deepEqual([unread.count, unread.mentions], [0, 0]);
  assert.equal(unread.markRead(12, 15), false, 'a marker never goes back');
  unread.entry(message(16, 'x', 'leo'), 'anna', true);
  assert.equal(unread.mentions, 1, 'in a direct conversation everything calls');
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

test('days are named in the reader’s language', () => {
  const now = Date.parse('2026-11-22T12:00:00');
  assert.equal(timeText('en').day(now, now), 'Today');
  assert.equal(timeText('it').day(now - 86_400_000, now), 'Ieri');
  assert.match(timeText('it').day(now - 5 * 86_400_000, now), /^Martedì 17 novembre$/);
});
