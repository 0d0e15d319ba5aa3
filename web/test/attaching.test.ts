// Chosen files on their way into the next message.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import type { Client } from '../src/app/client.ts';
import type { Room } from '../src/app/room.ts';
import type { OutFile } from '../src/model/outbox.ts';
import { attach } from '../src/views/attaching.ts';

test('pictures are measured one after the other, and none stays open', async (context) => {
  const names = ['createImageBitmap', 'document'];
  context.after(() => names.forEach((name) => Reflect.deleteProperty(globalThis, name)));
  let open = 0;
  let most = 0;
  const createImageBitmap = async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    return { width: 40, height: 30, close: () => open-- };
  };
  Object.assign(globalThis, { createImageBitmap, document: { getElementById: () => null } });
  const files = signal<readonly OutFile[]>([]);
  const client = { state: { fileBytes: signal(100), say: () => undefined } } as unknown as Client;
  const pictures = ['one', 'two', 'three'].map((name) => new File(['abc'], `${name}.png`, { type: 'image/png' }));
  await attach(client, { files } as unknown as Room, pictures);
  assert.deepEqual(files.value.map(({ name, width, height }) => [name, width, height]), [['one.png', 40, 30], ['two.png', 40, 30], ['three.png', 40, 30]]);
  assert.deepEqual([most, open], [1, 0]);
});
