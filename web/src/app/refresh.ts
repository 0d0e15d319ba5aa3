// Many entries may arrive between two pictures; a room is drawn at most once a frame, and no
// more often than REST_MS, so that typing stays smooth while a room is busy.

import { batch } from '@preact/signals';
import type { Room } from './room.ts';

const REST_MS = 70;
const dirty = new Set<Room>();
const afterwards = new Set<(room: Room) => void>();
let planned = false;
let lastFlush = 0;

export function onRefresh(listener: (room: Room) => void): void {
  afterwards.add(listener);
}

export function touch(room: Room): void {
  dirty.add(room);
  if (planned) return;
  planned = true;
  const rest = Math.max(0, lastFlush + REST_MS - performance.now());
  // A hidden page gets no animation frames.
  if (document.hidden) setTimeout(flush, rest);
  else if (rest > 16) setTimeout(() => requestFrame(), rest);
  else requestFrame();
}

// A page that becomes hidden in between loses its frame: the timer takes over.
function requestFrame(): void {
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    flush();
  });
  const timer = setTimeout(() => {
    cancelAnimationFrame(frame);
    flush();
  }, 250);
}

function flush(): void {
  planned = false;
  lastFlush = performance.now();
  const list = [...dirty];
  dirty.clear();
  batch(() => {
    for (const room of list) {
      room.publishUnread();
      room.version.value++;
      for (const listener of afterwards) listener(room);
    }
  });
}
