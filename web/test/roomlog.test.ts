import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE, RoomLog, WINDOW_MAX } from '../src/model/roomlog.ts';
import type { Entry, WireObject } from '../src/model/protocol.ts';
import { change, message, page, range, seeded } from './entries.ts';

function seqs(log: RoomLog): number[] {
  return log.window.map((shown) => shown.seq);
}

// A log that has entries 1 to `head` behind it and shows the last page.
function loaded(head: number, onApplied?: (entry: Entry) => void): RoomLog {
  const log = new RoomLog(onApplied);
  log.startAt(head);
  log.replaceWith(page(...range(Math.max(1, head - PAGE + 1), head)), head > PAGE, true);
  return log;
}

test('the next entry is applied and the cursor moves', () => {
  const log = loaded(10);
  assert.equal(log.receive(message(11)), 'applied');
  assert.equal(log.head, 11);
  assert.equal(log.last, 11);
});

test('an old entry is dropped', () => {
  const log = loaded(10);
  assert.equal(log.receive(message(10, 'again')), 'old');
  assert.equal(log.find(10)?.text, 'text 10');
  assert.equal(log.window.length, 10);
});

test('an entry beyond a hole waits until the hole is filled, and then all go in order', () => {
  const order: number[] = [];
  const log = loaded(10, (entry) => order.push(entry.seq));
  assert.equal(log.receive(message(13)), 'held');
  assert.equal(log.receive(message(12)), 'held');
  assert.equal(log.head, 10);
  assert.equal(log.firstHeld, 12);
  assert.equal(log.receive(message(11)), 'applied');
  assert.deepEqual(order, [11, 12, 13]);
  assert.equal(log.firstHeld, 0);
});

test('a hole is filled from a page of history', () => {
  const log = loaded(10);
  log.receive(message(14));
  assert.deepEqual(log.fill(page(11, 12, 13, 14), false), { closed: true, stale: false });
  assert.equal(log.head, 14);
  assert.deepEqual(seqs(log).slice(-4), [11, 12, 13, 14]);
});

test('a hole larger than a page is filled by several', () => {
  const log = loaded(10);
  log.receive(message(20));
  assert.equal(log.fill(page(11, 12, 13), true).closed, false);
  assert.equal(log.head, 13);
  assert.equal(log.fill(page(14, 15, 16, 17, 18, 19, 20), false).closed, true);
  assert.equal(log.head, 20);
  assert.deepEqual(seqs(log).slice(-10), range(11, 20));
});

test('a hole that held entries that pages do not show makes the window stale', () => {
  const log = loaded(10);
  log.receive(message(14));
  assert.deepEqual(log.fill(page(11, 14), false), { closed: true, stale: true });
  assert.equal(log.head, 14);
});

test('edits, deletions and reactions change the message they aim at', () => {
  const log = loaded(10);
  log.receive(change(11, { op: 'edit', target: 9, message: 'better' }));
  log.receive(change(12, { op: 'react', target: 9, emoji: '👍', on: true, from: { name: 'leo' } }));
  assert.equal(log.find(9)?.text, 'better');
  assert.equal(log.find(9)?.edited, 11);
  assert.deepEqual(log.find(9)?.reactions, [{ emoji: '👍', count: 1, names: ['leo'] }]);
  log.receive(change(13, { op: 'react', target: 9, emoji: '👍', on: false, from: { name: 'LEO' } }));
  assert.deepEqual(log.find(9)?.reactions, []);
  log.receive(change(14, { op: 'delete', target: 9 }));
  assert.equal(log.find(9)?.deleted, true);
  assert.equal(log.find(9)?.text, '');
  log.receive(change(15, { op: 'edit', target: 9, message: 'back?' }));
  assert.equal(log.find(9)?.text, '', 'a deleted text does not come back');
});

test('a page that is ahead of the replay is not set back by it', () => {
  const log = new RoomLog();
  log.startAt(10);
  log.replaceWith([message(9, 'second edit', 'anna', { edited: 12 }) as unknown as WireObject], true, true);
  log.receive(change(11, { op: 'edit', target: 9, message: 'first edit' }));
  assert.equal(log.find(9)?.text, 'second edit');
  log.receive(change(12, { op: 'edit', target: 9, message: 'second edit' }));
  log.receive(change(13, { op: 'edit', target: 9, message: 'third edit' }));
  assert.equal(log.find(9)?.text, 'third edit');
});

test('a page that was on its way while entries arrived is brought up to date', () => {
  const log = loaded(200);
  log.beginLoad();
  log.receive(change(201, { op: 'edit', target: 100, message: 'newer than the page' }));
  log.receive(message(202));
  log.prepend(page(...range(81, 140)), true);
  log.endLoad();
  assert.equal(log.find(100)?.text, 'newer than the page');
  assert.deepEqual(seqs(log), [...range(81, 200), 202]);
});

test('the newest page and what arrived meanwhile join without a hole or a double', () => {
  const log = new RoomLog();
  log.startAt(50);
  log.beginLoad();
  for (const seq of range(51, 80)) log.receive(message(seq));
  // The server answered when its log ended at 60.
  log.replaceWith(page(...range(1, 60)), false, true);
  log.endLoad();
  assert.deepEqual(seqs(log), range(1, 80));
});

test('a page may be newer than what arrived so far', () => {
  const log = new RoomLog();
  log.startAt(50);
  log.replaceWith(page(...range(1, 55)), false, true);
  for (const seq of range(51, 56)) log.receive(message(seq));
  assert.deepEqual(seqs(log), range(1, 56));
});

test('the window is bounded in both directions and says where more is', () => {
  const log = loaded(1000);
  for (let pages = 0; pages < 10; pages++) log.prepend(page(...range(log.first - PAGE, log.first - 1)), true);
  assert.equal(log.window.length, WINDOW_MAX);
  assert.equal(log.moreAfter, true);
  assert.equal(log.first, 1000 - 11 * PAGE + 1);
  while (log.moreAfter) {
    const last = Math.min(1000, log.last + PAGE);
    log.append(page(...range(log.last + 1, last)), last < 1000);
    assert.ok(log.window.length <= WINDOW_MAX);
  }
  assert.equal(log.last, 1000);
  assert.equal(log.moreBefore, true);
});

test('at the end, new messages push out the oldest; further up, they wait beyond the window', () => {
  const log = loaded(300);
  log.following = true;
  for (const seq of range(301, 900)) log.receive(message(seq));
  assert.ok(log.window.length <= WINDOW_MAX);
  assert.equal(log.last, 900);
  log.following = false;
  const { first } = log;
  for (const seq of range(901, 1500)) log.receive(message(seq));
  assert.ok(log.window.length <= WINDOW_MAX);
  assert.equal(log.first, first, 'what the reader looks at stays');
  assert.equal(log.moreAfter, true);
  assert.equal(log.head, 1500);
});

test('what retention removed is skipped and shown as a gap', () => {
  const log = loaded(10);
  log.receive(message(51));
  log.skip(50, 0);
  assert.equal(log.head, 51);
  assert.deepEqual(log.window.slice(-2).map((shown) => [shown.kind, shown.seq]), [['gap', 50], ['message', 51]]);
});

test('any mixture of replays, pages and live entries ends as the log itself', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed);
    const server: Entry[] = [];
    const grow = (): Entry => {
      const seq = server.length + 1;
      const target = 1 + Math.floor(random() * seq);
      const roll = random();
      const aims = server[target - 1]?.op === 'message';
      let entry = message(seq);
      if (aims && roll < 0.15) entry = change(seq, { op: 'edit', target, message: `edited by ${seq}` });
      else if (aims && roll < 0.2) entry = change(seq, { op: 'delete', target });
      else if (aims && roll < 0.3) entry = change(seq, { op: 'react', target, emoji: '🎉', on: random() < 0.7 });
      server.push(entry);
      return entry;
    };
    const reads = new RoomLog();
    reads.startAt(0);
    reads.replaceWith([], false, true);
    const log = new RoomLog();
    log.startAt(0);
    log.replaceWith([], false, true);
    const flying: Entry[] = [];
    for (let step = 0; step < 120; step++) {
      const entry = grow();
      reads.receive(entry);
      flying.push(entry);
      if (random() < 0.3) flying.push(server[Math.floor(random() * server.length)]!);
      while (flying.length && random() < 0.7) {
        const at = random() < 0.8 ? 0 : Math.floor(random() * flying.length);
        log.receive(flying.splice(at, 1)[0]!);
      }
    }
    for (const entry of server) log.receive(entry);
    assert.equal(log.head, server.length, `seed ${seed}`);
    assert.deepEqual(log.window, reads.window, `seed ${seed}`);
  }
});
