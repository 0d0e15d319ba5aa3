// What is kept between visits: each room's cursor, its last messages, and what was half written.

import { openDatabase } from '../net/database.ts';
import type { Database } from '../net/database.ts';
import { fold } from '../model/names.ts';
import type { Room } from './room.ts';
import { me } from './state.ts';

const SAVE_MS = 700;
const WINDOW_KEPT = 80;

let opened: Database | null = null;

export async function openKeeping(): Promise<void> {
  opened ??= await openDatabase();
}

export function database(): Database {
  return opened!;
}

const due = new Map<Room, ReturnType<typeof setTimeout>>();

export function saveSoon(room: Room): void {
  if (due.has(room)) return;
  due.set(
    room,
    setTimeout(() => {
      due.delete(room);
      save(room);
    }, SAVE_MS),
  );
}

// A reader who is far back in the history finds the end next time, as with any other visit.
function save(room: Room): void {
  const { log, unread } = room;
  if (!room.known || !me.value.name || !opened) return;
  const atEnd = log.loaded && !log.moreAfter;
  const window = atEnd ? log.window.slice(-WINDOW_KEPT) : [];
  room.lastSaved = Date.now();
  opened
    .saveRoom({
      user: fold(me.value.name),
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
    })
    .catch(() => undefined);
}

export function saveAllNow(): void {
  for (const [room, timer] of due) {
    clearTimeout(timer);
    save(room);
  }
  due.clear();
}

export function forgetRoom(room: Room): void {
  clearTimeout(due.get(room));
  due.delete(room);
  void opened?.removeRoom(fold(me.value.name), room.name).catch(() => undefined);
  keepDraft(room.name, '');
}

// Drafts are small and must survive a crash in the middle of a word, so they are written at once.
const draftKey = (room: string) => `brusio.draft.${fold(me.value.name)}.${fold(room)}`;

export function keepDraft(room: string, text: string): void {
  try {
    if (text) localStorage.setItem(draftKey(room), text);
    else localStorage.removeItem(draftKey(room));
  } catch {
    // Storage is full or refused: the draft lives as long as the page.
  }
}

export function draftOf(room: string): string {
  return localStorage.getItem(draftKey(room)) ?? '';
}
