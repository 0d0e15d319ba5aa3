// Carries what a closed tab left behind. Its items must go under the device under which they may
// already have gone, so the courier says hello as that device on a connection of its own, sends
// them, and leaves.

import { Connection } from './connection.ts';
import type { OpenSocket } from './connection.ts';
import type { Database } from './database.ts';
import { isStored, requestOf } from '../model/outbox.ts';
import type { OutItem } from '../model/outbox.ts';
import type { WireObject } from '../model/protocol.ts';
import { Refusal } from '../model/protocol.ts';

// A refusal that a later try may not get; anything else is shown to the user in the next tab that
// has the room open, as a failed message.
const PASSING = new Set(['busy', 'rate_limited', 'store_failed', 'offline']);

// Ends with what was refused. `isOurs`: whoever left it is still signed in.
export function carry(url: string, hello: WireObject, items: OutItem[], database: Database, open: OpenSocket, isOurs: () => boolean): Promise<OutItem[]> {
  return new Promise((resolve) => {
    const failed: OutItem[] = [];
    const line = new Connection(url, {
      hello: () => hello,
      welcome: () => {
        void run().finally(() => {
          line.stop();
          resolve(failed);
        });
      },
      push: () => undefined,
      state: (state) => {
        if (state !== 'waiting') return;
        line.stop();
        resolve(failed);
      },
      refused: () => resolve(failed),
    }, open);
    const run = async () => {
      const joined = new Set<string>();
      for (const item of items) {
        if (!isOurs()) return;
        try {
          if (!joined.has(item.room)) await line.request({ op: 'join', room: item.room });
          joined.add(item.room);
          await line.request(requestOf(item));
          await database.outbox.remove(item.id);
        } catch (error) {
          const refusal = error instanceof Refusal ? error : new Refusal('offline', '');
          if (PASSING.has(refusal.code)) return;
          if (isStored(item, refusal.code)) {
            await database.outbox.remove(item.id);
            continue;
          }
          item.state = 'failed';
          item.code = refusal.code;
          item.reason = refusal.message;
          failed.push(item);
        }
      }
    };
    line.start();
  });
}
