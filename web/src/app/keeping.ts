// Keeps state between visits: each room's cursor, its last messages, and its draft.

import type { Database, Snapshot } from '../net/database.ts';
import { fold } from '../model/names.ts';
import type { Room } from './room.ts';
import type { State } from './state.ts';

const SAVE_MS = 700;
const WINDOW_KEPT = 80;

export class Keeping {
  readonly database: Database;
  private state: State;
  private due = new Map<Room, ReturnType<typeof setTimeout>>();

  constructor(database: Database, state: State) {
    this.database = database;
    this.state = state;
  }

  get user(): string {
    return fold(this.state.me.value.name);
  }

  snapshots(): Promise<Snapshot[]> {
    return this.database.rooms(this.user);
  }

  saveSoon(room: Room): void {
    if (this.due.has(room)) return;
    const timer = setTimeout(() => {
      this.due.delete(room);
      this.save(room);
    }, SAVE_MS);
    this.due.set(room, timer);
  }

  saveAllNow(): void {
    for (const [room, timer] of this.due) {
      clearTimeout(timer);
      this.save(room);
    }
    this.due.clear();
  }

  forgetRoom(room: Room): void {
    clearTimeout(this.due.get(room));
    this.due.delete(room);
    void this.database.removeRoom(this.user, room.name).catch(() => undefined);
  }

  // A reader who is far back in the history finds the end next time, as with any other visit.
  private save(room: Room): void {
    const { log, unread } = room;
    // Nothing is kept for somebody who signed out.
    if (!room.epoch || !this.user || this.state.phase.value === 'sign-in') return;
    const atEnd = log.loaded && !log.moreAfter;
    const window = atEnd ? log.window.slice(-WINDOW_KEPT) : [];
    room.lastSaved = Date.now();
    this.database
      .saveRoom({
        user: this.user,
        room: room.name,
        epoch: room.epoch,
        head: log.head,
        read: unread.read,
        unread: unread.count,
        mentions: unread.mentions,
        topic: room.topic.value,
        window,
        moreBefore: log.moreBefore || window.length < log.window.length,
        saved: room.lastSaved,
        opened: room.lastOpened,
        keptUnread: room.keptUnread,
      })
      .catch(() => undefined);
  }
}

// Drafts belong to a tab and a room. They are small and must survive a crash in the middle of a word,
// so they are written at once, under the tab's device: a closed tab's drafts go to the tab that
// becomes its device, like its outbox.
export class Drafts {
  private storage: Storage;
  private device: () => string;
  private user: () => string;

  constructor(storage: Storage, device: () => string, user: () => string) {
    this.storage = storage;
    this.device = device;
    this.user = user;
  }

  keep(room: string, text: string): void {
    try {
      if (text) this.storage.setItem(this.key(room), text);
      else this.storage.removeItem(this.key(room));
    } catch {
      // Storage is full or refused: the draft lives as long as the page.
    }
  }

  of(room: string): string {
    return this.storage.getItem(this.key(room)) ?? '';
  }

  // The devices that left something half written.
  devices(): string[] {
    const prefix = `brusio.draft.${this.user()}\n`;
    const keys = Array.from({ length: this.storage.length }, (_, at) => this.storage.key(at) ?? '');
    return [...new Set(keys.filter((key) => key.startsWith(prefix)).map((key) => key.split('\n')[1]!))];
  }

  private key(room: string): string {
    return `brusio.draft.${this.user()}\n${this.device()}\n${fold(room)}`;
  }
}
