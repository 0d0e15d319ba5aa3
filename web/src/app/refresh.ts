// Many entries may arrive between two pictures; a room is drawn at most once a frame, and no
// more often than REST_MS, so that typing stays smooth while a room is busy.

import { batch } from '@preact/signals';
import type { Page } from './environment.ts';
import type { Room } from './room.ts';

const REST_MS = 70;
const FRAME_MS = 16;

export class Refresh {
  private page: Page;
  private afterwards: (room: Room) => void;
  private dirty = new Set<Room>();
  private planned = false;
  private lastFlush = 0;

  constructor(page: Page, afterwards: (room: Room) => void) {
    this.page = page;
    this.afterwards = afterwards;
  }

  touch(room: Room): void {
    this.dirty.add(room);
    if (this.planned) return;
    this.planned = true;
    const rest = this.lastFlush + REST_MS - performance.now();
    if (rest > FRAME_MS) setTimeout(() => this.page.nextFrame(this.flush), rest);
    else this.page.nextFrame(this.flush);
  }

  private flush = (): void => {
    this.planned = false;
    this.lastFlush = performance.now();
    const list = [...this.dirty];
    this.dirty.clear();
    batch(() => {
      for (const room of list) {
        room.publishUnread();
        room.version.value++;
        this.afterwards(room);
      }
    });
  };
}
