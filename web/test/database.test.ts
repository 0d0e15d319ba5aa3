import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../src/net/database.ts';
import type { Snapshot } from '../src/net/database.ts';
import type { OutItem } from '../src/model/outbox.ts';

const item = (id: string, user = 'anna'): OutItem => ({ id, user, device: 'd', op: 'send', room: '#lobby', message: id, created: 1, state: 'waiting' });

function snapshot(room: string, user = 'anna'): Snapshot {
  return { user, room, epoch: 'e', head: 7, read: 5, unread: 2, mentions: 1, topic: 't', window: [], moreBefore: true, saved: 1 };
}

test('items and rooms are kept for each user, and survive opening again', async () => {
  const first = await openDatabase();
  await first.outbox.put(item('a1'));
  await first.outbox.put(item('a2'));
  await first.outbox.put(item('b1', 'leo'));
  await first.saveRoom(snapshot('#lobby'));
  const again = await openDatabase();
  assert.deepEqual((await again.outbox.all('anna')).map(({ id }) => id), ['a1', 'a2']);
  await again.outbox.remove('a1');
  assert.deepEqual((await again.outbox.all('anna')).map(({ id }) => id), ['a2']);
  assert.equal((await again.rooms('anna'))[0]!.head, 7);
  assert.deepEqual(await again.rooms('leo'), []);
});

test('forgetting a user forgets that user alone', async () => {
  const database = await openDatabase();
  await database.outbox.put(item('c1', 'carla'));
  await database.saveRoom(snapshot('#x', 'carla'));
  await database.outbox.put(item('d1', 'dino'));
  await database.forget('carla');
  assert.deepEqual(await database.outbox.all('carla'), []);
  assert.deepEqual(await database.rooms('carla'), []);
  assert.equal((await database.outbox.all('dino')).length, 1);
});

test('without IndexedDB everything works as long as the page lives', async () => {
  const real = globalThis.indexedDB;
  Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true, writable: true });
  const database = await openDatabase();
  globalThis.indexedDB = real;
  await database.outbox.put(item('m1'));
  await database.saveRoom(snapshot('#lobby'));
  assert.equal((await database.outbox.all('anna')).length, 1);
  assert.equal((await database.rooms('anna')).length, 1);
  await database.forget('anna');
  assert.equal((await database.outbox.all('anna')).length, 0);
});
