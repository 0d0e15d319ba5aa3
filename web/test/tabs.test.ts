// Tabs of one browser, on one channel.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTabs } from '../src/net/tabs.ts';
import type { Tabs } from '../src/net/tabs.ts';
import { FakeStorage } from './fake.ts';

// The channel would keep the process.
after(() => setTimeout(() => process.exit(), 200).unref());

const events = { deviceChanged: () => undefined, signedOut: () => undefined };

function openTab(device?: string): Promise<Tabs> {
  globalThis.sessionStorage = new FakeStorage();
  if (device) sessionStorage.setItem('brusio.device', device);
  return openTabs(events);
}

test('of two tabs that want what a closed one left, one carries it, and answers for it meanwhile', async () => {
  const anna = await openTab('web-a');
  const ben = await openTab('web-b');
  const [first, second] = await Promise.all([anna.carry('web-gone'), ben.carry('web-gone')]);
  assert.equal(Number(first) + Number(second), 1, 'one of them');
  const [carrier, other] = first ? [anna, ben] : [ben, anna];
  assert.equal(await other.isAlive('web-gone'), true);
  assert.equal(await other.carry('web-gone'), false);
  const reopened = await openTab('web-gone');
  assert.notEqual(reopened.device(), 'web-gone', 'the closed tab comes back under another name');
  carrier.letGo('web-gone');
  assert.equal(await other.carry('web-gone'), true);
  other.letGo('web-gone');
  assert.deepEqual([anna.device(), ben.device()], ['web-a', 'web-b']);
});

test('the device of a living tab is not carried', async () => {
  const anna = await openTab('web-c');
  const ben = await openTab('web-d');
  assert.equal(await anna.carry('web-d'), false);
  assert.equal(await anna.carry('web-c'), false);
  assert.equal(ben.device(), 'web-d');
});
