// Read markers: what is on the screen, at the end, in a window that has the focus, is read.

import { onRefresh, touch } from './refresh.ts';
import { post } from './line.ts';
import { saveSoon } from './keeping.ts';
import type { Room } from './room.ts';
import { active, drawer, narrow, panel, phase } from './state.ts';

const TELL_MS = 800;

export function isSeen(room: Room): boolean {
  const covered = narrow.matches && (drawer.value || panel.value !== 'none');
  return (
    phase.value === 'chat' &&
    room === active.value &&
    !covered &&
    document.visibilityState === 'visible' &&
    document.hasFocus() &&
    room.log.loaded &&
    room.log.following &&
    !room.log.moreAfter
  );
}

const due = new Map<Room, ReturnType<typeof setTimeout>>();

export function markSeen(room: Room): void {
  if (!isSeen(room) || !room.unread.markRead(room.log.head, room.log.head)) return;
  room.publishUnread();
  saveSoon(room);
  tell(room);
}

function tell(room: Room): void {
  if (due.has(room)) return;
  due.set(
    room,
    setTimeout(() => {
      due.delete(room);
      post({ op: 'read', id: 'read', room: room.name, seq: room.unread.read });
    }, TELL_MS),
  );
}

export function watchReading(): void {
  onRefresh(markSeen);
  const look = () => {
    const room = active.value;
    if (room) {
      markSeen(room);
      touch(room);
    }
  };
  addEventListener('focus', look);
  document.addEventListener('visibilitychange', look);
}
