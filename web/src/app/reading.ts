// Read markers: what is on the screen, at the end, in a window that has the focus, is read.

import type { Page } from './environment.ts';
import type { Keeping } from './keeping.ts';
import type { Line } from './line.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { State } from './state.ts';

const TELL_MS = 800;

interface Parts {
  state: State;
  line: Line;
  keeping: Keeping;
  rooms: Rooms;
  page: Page;
}

export class Reading {
  private parts: Parts;
  private due = new Map<Room, ReturnType<typeof setTimeout>>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  isSeen(room: Room): boolean {
    const { state, page } = this.parts;
    const covered = state.narrow.value && (state.drawer.value || state.panel.value !== 'none');
    return (
      state.phase.value === 'chat' &&
      room === state.active.value &&
      room.keptUnread < 0 &&
      !covered &&
      page.isVisible() &&
      page.hasFocus() &&
      room.log.loaded &&
      room.log.following &&
      !room.log.moreAfter
    );
  }

  look(room: Room): void {
    if (this.isSeen(room)) this.markRead(room);
  }

  markRead(room: Room): void {
    room.keptUnread = -1;
    if (!room.unread.markRead(room.log.head, room.log.head)) return;
    room.publishUnread();
    this.parts.keeping.saveSoon(room);
    this.tell(room);
  }

  // The message `seq` and what follows it wait to be read again, until the room is left or marked as
  // read. `back` tells the server that the marker is meant to go back.
  markUnread(room: Room, seq: number): void {
    const { rooms, keeping, line } = this.parts;
    room.keptUnread = seq;
    room.unreadAfter = seq - 1;
    room.unread.markUnread(seq - 1, room.log.head, rooms.countedAfter(room, seq - 1));
    room.publishUnread();
    room.version.value++;
    keeping.saveSoon(room);
    clearTimeout(this.due.get(room));
    this.due.delete(room);
    line.post({ op: 'read', id: 'read', room: room.name, seq: seq - 1, back: true });
  }

  private tell(room: Room): void {
    if (this.due.has(room)) return;
    const timer = setTimeout(() => {
      this.due.delete(room);
      this.parts.line.post({ op: 'read', id: 'read', room: room.name, seq: room.unread.read });
    }, TELL_MS);
    this.due.set(room, timer);
  }
}
