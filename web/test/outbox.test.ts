import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IN_FLIGHT_MAX, Outbox, requestOf, wellFormed } from '../src/model/outbox.ts';
import type { OutItem, OutStore } from '../src/model/outbox.ts';
import type { WireObject } from '../src/model/protocol.ts';
import { seeded } from './entries.ts';

function item(id: string, created = Number(id.replace(/\D/g, '')) || 0): OutItem {
  return { id, user: 'anna', device: 'web-1', op: 'send', room: '#lobby', message: `text ${id}`, created, state: 'waiting' };
}

class Store implements OutStore {
  kept = new Map<string, OutItem>();

  async put(kept: OutItem): Promise<void> {
    this.kept.set(kept.id, { ...kept });
  }

  async remove(id: string): Promise<void> {
    this.kept.delete(id);
  }
}

function setUp() {
  const store = new Store();
  const sent: WireObject[] = [];
  const outbox = new Outbox(store, () => undefined);
  const transmit = (request: WireObject) => {
    sent.push(request);
    return true;
  };
  return { store, sent, outbox, transmit };
}

const ids = (sent: WireObject[]) => sent.map((request) => request.id);

test('an item is kept before it is transmitted', async () => {
  const { store, outbox } = setUp();
  let keptFirst = false;
  outbox.open((request) => {
    keptFirst = store.kept.has(request.id!);
    return true;
  });
  await outbox.add(item('a1'));
  assert.equal(keptFirst, true);
});

test('an item leaves the database with its ack, and not before', async () => {
  const { store, outbox, transmit } = setUp();
  outbox.open(transmit);
  await outbox.add(item('a1'));
  assert.deepEqual([...store.kept.keys()], ['a1']);
  outbox.acked('a1');
  assert.equal(store.kept.size, 0);
  assert.equal(outbox.items.length, 0);
});

test('a lost line sends everything without an ack again: same ids, same order', async () => {
  const { sent, outbox, transmit } = setUp();
  outbox.open(transmit);
  for (const id of ['a1', 'a2', 'a3']) await outbox.add(item(id));
  outbox.acked('a1');
  outbox.lineLost();
  await outbox.add(item('a4'));
  sent.length = 0;
  outbox.open(transmit);
  assert.deepEqual(ids(sent), ['a2', 'a3', 'a4']);
});

test('a reload sends what an earlier page left, before what is new', async () => {
  const first = setUp();
  first.outbox.open(first.transmit);
  await first.outbox.add(item('a1'));
  await first.outbox.add(item('a2'));
  const { sent, outbox, transmit } = setUp();
  await outbox.add(item('a9'));
  outbox.restore([...first.store.kept.values()]);
  outbox.open(transmit);
  assert.deepEqual(ids(sent), ['a1', 'a2', 'a9']);
});

test('a refusal fails one item; a retry sends the same id', async () => {
  const { sent, store, outbox, transmit } = setUp();
  outbox.open(transmit);
  await outbox.add(item('a1'));
  await outbox.add(item('a2'));
  assert.equal(outbox.refused('a1', 'muted', 'You are muted.'), false);
  assert.equal(outbox.items[0]!.state, 'failed');
  assert.equal(outbox.items[0]!.reason, 'You are muted.');
  assert.equal(outbox.items[1]!.state, 'flying');
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(store.kept.get('a1')?.state, 'failed', 'a reload still shows it as failed');
  sent.length = 0;
  outbox.retry('a1');
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(ids(sent), ['a1']);
});

test('a passing refusal holds back all that follow, and keeps their order', async () => {
  const { sent, outbox, transmit } = setUp();
  outbox.open(transmit);
  for (const id of ['a1', 'a2', 'a3']) await outbox.add(item(id));
  assert.equal(outbox.refused('a2', 'rate_limited', ''), true);
  sent.length = 0;
  await outbox.add(item('a4'));
  assert.deepEqual(sent, [], 'nothing overtakes');
  outbox.open(transmit);
  assert.deepEqual(ids(sent), ['a2', 'a3', 'a4']);
});

test('what was given up is gone, but not while it may be under way', async () => {
  const { store, outbox, transmit } = setUp();
  outbox.open(transmit);
  await outbox.add(item('a1'));
  outbox.discard('a1');
  assert.equal(outbox.items.length, 1);
  outbox.refused('a1', 'forbidden', '');
  outbox.discard('a1');
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(outbox.items.length, 0);
  assert.equal(store.kept.size, 0);
});

test('only so many are under way at a time', async () => {
  const { sent, outbox, transmit } = setUp();
  for (let n = 1; n <= IN_FLIGHT_MAX + 5; n++) await outbox.add(item(`a${n}`));
  outbox.open(transmit);
  assert.equal(sent.length, IN_FLIGHT_MAX);
  outbox.acked('a1');
  assert.equal(sent.length, IN_FLIGHT_MAX + 1);
});

test('a browser that cannot store still sends', async () => {
  const sent: WireObject[] = [];
  const broken: OutStore = { put: () => Promise.reject(new Error('full')), remove: () => Promise.reject(new Error('full')) };
  const outbox = new Outbox(broken, () => undefined);
  outbox.open((request) => sent.push(request) > 0);
  await outbox.add(item('a1'));
  assert.deepEqual(ids(sent), ['a1']);
  outbox.acked('a1');
});

test('local facts are not transmitted', () => {
  assert.deepEqual(requestOf({ ...item('a1'), reply_to: 7, reason: 'x' }), {
    op: 'send',
    id: 'a1',
    room: '#lobby',
    message: 'text a1',
    reply_to: 7,
  });
});

// Promises 3 to 5 end to end: a server that stores each id once, lines that break anywhere, pages
// that are reloaded: everything typed is stored once, in the order in which it was typed.
test('whatever breaks, each message is stored once and in order', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seeded(seed);
    const stored: string[] = [];
    const store = new Store();
    let outbox = new Outbox(store, () => undefined);
    const wanted: string[] = [];
    for (let step = 0; step < 60; step++) {
      const roll = random();
      if (roll < 0.45) {
        const id = `m${step}`;
        wanted.push(id);
        await outbox.add(item(id, step));
      } else if (roll < 0.8) {
        const acks: string[] = [];
        let broken = false;
        outbox.open((request) => {
          if (broken || random() < 0.1) {
            broken = true;
            return false;
          }
          if (random() < 0.2) {
            broken = true; // it left, but nobody will say whether it arrived
            if (random() < 0.5 && !stored.includes(request.id!)) stored.push(request.id!);
            return true;
          }
          if (!stored.includes(request.id!)) stored.push(request.id!);
          if (random() < 0.7) acks.push(request.id!);
          else broken = true;
          return true;
        });
        for (const id of acks) outbox.acked(id);
        outbox.lineLost();
      } else if (roll < 0.9) {
        await new Promise((resolve) => setTimeout(resolve));
        outbox = new Outbox(store, () => undefined);
        outbox.restore([...store.kept.values()].map((kept) => ({ ...kept })));
      }
    }
    outbox.open((request) => {
      if (!stored.includes(request.id!)) stored.push(request.id!);
      return true;
    });
    while (outbox.items.length) outbox.acked(outbox.items[0]!.id);
    assert.deepEqual(stored, wanted, `seed ${seed}`);
  }
});

test('what the store refuses twice is set aside, and the others go', async () => {
  const { outbox, sent, transmit } = setUp();
  outbox.open(transmit);
  for (const id of ['a1', 'a2']) await outbox.add(item(id));
  assert.equal(outbox.refused('a1', 'store_failed', 'the disk is full'), true);
  outbox.open(transmit);
  assert.equal(outbox.refused('a1', 'store_failed', 'the disk is full'), false);
  outbox.acked('a2');
  assert.deepEqual(outbox.items.map(({ id, state, reason }) => [id, state, reason]), [['a1', 'failed', 'the disk is full']]);
  sent.length = 0;
  outbox.retry('a1');
  await Promise.resolve();
  outbox.open(transmit);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(ids(sent), ['a1'], 'it is tried again when that is asked for');
});

test('a refusal that time heals never sets anything aside', async () => {
  const { outbox, transmit } = setUp();
  outbox.open(transmit);
  await outbox.add(item('a1'));
  for (let n = 0; n < 6; n++) {
    assert.equal(outbox.refused('a1', 'rate_limited', 'slower'), true);
    outbox.open(transmit);
  }
  assert.equal(outbox.items[0]!.state, 'flying');
});

test('an item that ends the line without an answer is found, one at a time, and stops nobody', async () => {
  const { outbox } = setUp();
  const stored: string[] = [];
  let line: string[] = [];
  for (const id of ['a1', 'a2', 'bad', 'a3']) await outbox.add(item(id, Number(id.replace(/\D/g, '')) || 2.5));
  for (let n = 0; n < 20 && outbox.items.some((one) => one.state !== 'failed'); n++) {
    line = [];
    outbox.open((request) => {
      line.push(request.id!);
      return true;
    });
    // The server answers in order, until it meets what it cannot read: that ends the line.
    for (let at = 0; at < line.length; at++) {
      if (line[at] === 'bad') {
        outbox.unreadable('bad_json', 'This is not a JSON object.');
        break;
      }
      stored.push(line[at]!);
      outbox.acked(line[at]!);
    }
    outbox.lineLost();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.deepEqual(stored, ['a1', 'a2', 'a3']);
  assert.deepEqual(outbox.items.map(({ id, state }) => [id, state]), [['bad', 'failed']]);
});

test('half a character is not sent', () => {
  assert.equal(wellFormed('a\ud83d b 😀 \ude00'), 'a\ufffd b 😀 \ufffd');
});
