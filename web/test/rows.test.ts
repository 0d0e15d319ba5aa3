import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomLog } from '../src/model/roomlog.ts';
import { buildRows, notYetShown } from '../src/model/rows.ts';
import type { RowInput } from '../src/model/rows.ts';
import type { OutItem } from '../src/model/outbox.ts';
import type { WireObject } from '../src/model/protocol.ts';
import { message } from './entries.ts';

function log(...entries: ReturnType<typeof message>[]): RoomLog {
  const made = new RoomLog();
  made.startAt(entries.at(-1)?.seq ?? 0);
  made.replaceWith(entries as unknown as WireObject[], false, true);
  return made;
}

function rows(part: Partial<RowInput>) {
  return buildRows({ window: [], atEnd: true, notices: [], pending: [], me: 'anna', unreadAfter: -1, ...part });
}

function kinds(list: ReturnType<typeof rows>): string[] {
  return list.map((row) => (row.type === 'message' ? `${row.head ? 'head' : 'more'} ${row.message.text}` : row.type));
}

function out(part: Partial<OutItem>): OutItem {
  return { id: 'x1', user: 'anna', device: 'd', op: 'send', room: '#lobby', message: 'hi', created: Date.parse('2026-11-22T10:00:30Z'), state: 'flying', ...part };
}

test('messages of one sender within minutes are one group', () => {
  const { window } = log(message(1, 'a'), message(2, 'b'), message(3, 'c', 'leo'), message(4, 'd', 'leo'), message(2000, 'e', 'leo'));
  assert.deepEqual(kinds(rows({ window })), ['day', 'head a', 'more b', 'head c', 'more d', 'head e']);
});

test('a day begins with its heading, once', () => {
  const later = { ...message(3, 'c'), time: '2026-11-24T10:00:00Z' };
  const { window } = log(message(1, 'a'), message(2, 'b'), later);
  assert.deepEqual(kinds(rows({ window })), ['day', 'head a', 'more b', 'day', 'head c']);
});

test('a reply stands on its own', () => {
  const { window } = log(message(1, 'a'), message(2, 'b', 'anna', { reply_to: 1 }));
  assert.deepEqual(kinds(rows({ window })), ['day', 'head a', 'head b']);
});

test('the unread line stands before the first unread message of others', () => {
  const { window } = log(message(1, 'a', 'leo'), message(2, 'mine'), message(3, 'c', 'leo'));
  assert.deepEqual(kinds(rows({ window, unreadAfter: 1 })), ['day', 'head a', 'head mine', 'unread', 'head c']);
});

test('what is on its way is always shown: after the log, or after a word that something is missing between', () => {
  const { window } = log(message(1, 'a'));
  const list = rows({ window, pending: [out({})] });
  assert.deepEqual(kinds(list), ['day', 'head a', 'more hi']);
  const last = list.at(-1)!;
  assert.ok(last.type === 'message' && last.state === 'sending' && last.mine);
  assert.deepEqual(kinds(rows({ window, atEnd: false, pending: [out({})] })), ['day', 'head a', 'ahead', 'head hi']);
  assert.deepEqual(kinds(rows({ atEnd: false, pending: [out({})] })), ['day', 'head hi'], 'also in a room that was never loaded');
});

test('the log is known to have a message by its id, never by its text or its time', () => {
  const said = log(message(31, 'hi', 'anna', { id: 'x1' })).window;
  assert.equal(notYetShown([out({})], said).length, 0);
  assert.equal(notYetShown([out({}), out({ id: 'x2' })], said).length, 1);
  const other = log(message(31, 'hi')).window;
  assert.equal(notYetShown([out({})], other).length, 1, 'the same words are another message');
  const clock = out({ created: Date.parse('2031-01-01T00:00:00Z') });
  assert.equal(notYetShown([clock], other).length, 1, 'whatever the clock says');
});

test('answers are counted at what they answer', () => {
  const { window } = log(message(1, 'a'), message(2, 'b', 'leo', { reply_to: 1 }), message(3, 'c', 'leo', { reply_to: 1 }));
  const counts = rows({ window }).flatMap((row) => (row.type === 'message' ? [row.answers] : []));
  assert.deepEqual(counts, [2, 0, 0]);
});

test('changes on their way are shown as done', () => {
  const { window } = log(message(1, 'a'), message(2, 'b'), message(3, 'c'));
  const pending = [
    out({ id: 'e', op: 'edit', target: 1, message: 'better' }),
    out({ id: 'd', op: 'delete', target: 2 }),
    out({ id: 'r', op: 'react', target: 3, emoji: '👍', on: true }),
  ];
  const list = rows({ window, pending }).flatMap((row) => (row.type === 'message' ? [row] : []));
  assert.deepEqual(list.map((row) => [row.message.text, row.state]), [['better', 'sending'], ['', 'sending'], ['c', 'sent']]);
  assert.deepEqual(list[2]!.message.reactions, [{ emoji: '👍', count: 1, names: ['anna'] }]);
});

test('a refused edit shows the text as it is, marked', () => {
  const { window } = log(message(1, 'a'));
  const list = rows({ window, pending: [out({ op: 'edit', target: 1, message: 'b', state: 'failed' })] });
  const row = list[1]!;
  assert.ok(row.type === 'message' && row.state === 'failed' && row.message.text === 'a');
});

test('notices stand where they happened', () => {
  const notice = { key: 'n1', after: 1, time: 0, kind: 'enter' as const, names: ['leo'], text: '' };
  const { window } = log(message(1, 'a'), message(2, 'b'));
  assert.deepEqual(kinds(rows({ window, notices: [notice] })), ['day', 'head a', 'notice', 'head b']);
});
