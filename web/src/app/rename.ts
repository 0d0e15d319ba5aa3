// What this browser keeps is kept by the name of the person. With another name, taken here or on another device, all of it
// goes along: rooms, what waits to be sent, drafts, and what the account and this browser last agreed on. So does a
// conversation, which goes by the other one's name.

import { batch } from '@preact/signals';
import { fold, sameName } from '../model/names.ts';
import type { Environment } from './environment.ts';
import type { Drafts, Keeping } from './keeping.ts';
import { AGREED_KEY, PUSH_KEY } from './preferences.ts';
import type { Preferences } from './preferences.ts';
import type { Rooms } from './rooms.ts';
import type { Sending } from './sending.ts';
import { sortRooms } from './state.ts';
import type { State } from './state.ts';

// See keeping.ts and sign-in-store.ts; the name follows, folded.
const KINDS = ['brusio.draft.', 'brusio.rooms.'];

interface Parts {
  environment: Environment;
  state: State;
  keeping: Keeping;
  sending: Sending;
}

function renameOwner(storage: Storage, key: string, before: string, name: string): void {
  try {
    const kept = JSON.parse(storage.getItem(key) ?? 'null') as { user?: string } | null;
    if (kept?.user && fold(kept.user) === before) storage.setItem(key, JSON.stringify({ ...kept, user: name }));
  } catch {
    // Nothing that makes sense is kept, or nothing more is.
  }
}

// Drafts, and the list of rooms. What the new name has stands.
function renameKeys(storage: Storage, before: string, user: string): void {
  const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '');
  for (const key of keys) {
    const [first, ...more] = key.split('\n');
    const kind = KINDS.find((one) => first === one + before);
    if (!kind) continue;
    const other = [kind + user, ...more].join('\n');
    try {
      if (storage.getItem(other) === null) storage.setItem(other, storage.getItem(key)!);
      storage.removeItem(key);
    } catch {
      // Storage is full: it stays under the earlier name.
    }
  }
}

// `before` is the earlier name, folded.
export async function moveKept({ environment, state, keeping, sending }: Parts, before: string): Promise<void> {
  const { user, database } = keeping;
  renameKeys(environment.local, before, user);
  renameOwner(environment.local, AGREED_KEY, before, user);
  renameOwner(environment.local, PUSH_KEY, before, state.me.value.name);
  for (const item of sending.outbox.items) item.user = user;
  // Those of other tabs, too. One that was stored meanwhile is sent once more, which the server knows by its id.
  const notes = `@${before}`;
  const own = `@${state.me.value.name}`;
  for (const item of await database.outbox.all(before))
    await database.outbox.put({ ...item, user, room: sameName(item.room, notes) ? own : item.room });
  for (const snapshot of await database.rooms(before)) {
    const room = sameName(snapshot.room, notes) ? own : snapshot.room;
    await database.saveRoom({ ...snapshot, user, room });
    await database.removeRoom(before, snapshot.room);
  }
}

function moved<T>(kept: Record<string, T>, from: string, to: string): Record<string, T> {
  const { [from]: value, ...others } = kept;
  return value === undefined ? kept : { ...others, [to]: value };
}

interface Talk {
  state: State;
  keeping: Keeping;
  drafts: Drafts;
  sending: Sending;
  rooms: Rooms;
  preferences: Preferences;
}

// Somebody has another name, and so has the conversation with them: its log, what waits in it and what is half written
// stay what they are.
export async function renameTalk({ state, keeping, drafts, sending, rooms, preferences }: Talk, before: string, after: string): Promise<void> {
  const old = `@${before}`;
  const name = `@${after}`;
  const room = state.findRoom(old);
  if (!room) return;
  const found = state.findRoom(name);
  const other = found === room ? undefined : found;
  const isShown = other !== undefined && state.active.value === other;
  // Somebody gone was called that, or something came under the new name first, which is read from the server again.
  if (other) rooms.drop(other);
  const draft = drafts.of(old);
  keeping.forgetRoom(room);
  drafts.keep(old, '');
  drafts.keep(name, draft);
  const { levels, saved } = state.settings.value;
  const [from, to] = [fold(old), fold(name)];
  if (from in levels || from in saved) preferences.set({ levels: moved(levels, from, to), saved: moved(saved, from, to) });
  const waiting = sending.outbox.items.filter((item) => sameName(item.room, old));
  for (const item of waiting) item.room = name;
  batch(() => {
    room.rename(name);
    state.rooms.value = sortRooms(state.rooms.value);
  });
  keeping.saveSoon(room);
  rooms.remember();
  if (isShown) rooms.open(room);
  if (other) void rooms.join(room);
  for (const item of waiting) await keeping.database.outbox.put({ ...item });
}
