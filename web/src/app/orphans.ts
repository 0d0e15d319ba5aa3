// Sends what closed tabs left in the outbox and no open tab has: their files go up, then their messages go under
// their old device (net/courier.ts). Signing out ends it, and nothing is kept again.

import { carry } from '../net/courier.ts';
import type { Tabs } from '../net/tabs.ts';
import { needsUpload } from '../model/outbox.ts';
import type { OutItem } from '../model/outbox.ts';
import type { WireObject } from '../model/protocol.ts';
import type { Environment } from './environment.ts';
import type { Keeping } from './keeping.ts';
import type { Line } from './line.ts';
import type { Sending } from './sending.ts';
import type { State } from './state.ts';
import type { Uploads } from './uploads.ts';

interface Parts {
  environment: Environment;
  state: State;
  line: Line;
  keeping: Keeping;
  tabs: Tabs;
  sending: Sending;
  uploads(): Promise<Uploads>;
  hello(): WireObject;
}

export async function carryOrphans(parts: Parts, devices: Iterable<string>): Promise<void> {
  const { state, keeping, tabs } = parts;
  const { user } = keeping;
  let isOver = false;
  const unwatch = state.phase.subscribe((phase) => (isOver ||= phase === 'sign-in'));
  const isOurs = () => !isOver && keeping.user === user;
  try {
    for (const device of devices) {
      if (!isOurs() || !(await tabs.carry(device))) continue;
      try {
        await carryDevice(parts, device, isOurs);
      } finally {
        tabs.letGo(device);
      }
    }
  } finally {
    unwatch();
  }
}

async function carryDevice(parts: Parts, device: string, isOurs: () => boolean): Promise<void> {
  const { environment, line, keeping } = parts;
  const { user, database } = keeping;
  // Another tab may have carried them before.
  const kept = await database.outbox.all(user);
  const orphans = kept.filter((item) => item.device === device && item.state !== 'failed');
  if (isOurs() && orphans.some(needsUpload)) await (await parts.uploads()).run(orphans);
  // An upload takes long: only what still waits is sent.
  const left = new Set((await database.outbox.all(user)).map(({ id }) => id));
  if (!isOurs() || !line.isOnline) return;
  const waiting = orphans.filter(({ id }) => left.has(id));
  const refused = waiting.filter((item) => item.state === 'failed');
  const ready = waiting.filter((item) => item.state !== 'failed' && !needsUpload(item));
  const failed = await carry(environment.socketUrl, { ...parts.hello(), device }, ready, database, environment.openSocket, isOurs);
  if (isOurs()) await adopt(parts, [...refused, ...failed]);
}

// A message that the server refused was not stored under its old device, so it may become ours.
async function adopt({ keeping, tabs, sending }: Parts, items: OutItem[]): Promise<void> {
  for (const item of items) item.device = tabs.device();
  await Promise.all(items.map((item) => keeping.database.outbox.put(item)));
  sending.outbox.restore(items);
}
