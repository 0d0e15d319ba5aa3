// Following rooms: joining and resuming at the cursor, reading pages of history into the window,
// and filling holes. The rules are those of model/roomlog.ts; this is their I/O.

import { batch } from '@preact/signals';
import { fold } from '../model/names.ts';
import { PAGE, messageOf } from '../model/roomlog.ts';
import type { Message } from '../model/roomlog.ts';
import type { Entry, HistoryPage, Joined, Member, RoomInfo, WireObject } from '../model/protocol.ts';
import { Refusal } from '../model/protocol.ts';
import { seqAtTime } from '../model/time.ts';
import { Room } from './room.ts';
import type { Target } from './room.ts';
import { post, refusalText, request } from './line.ts';
import { touch } from './refresh.ts';
import { active, away, drawer, findRoom, me, rooms, say, sortRooms } from './state.ts';
import { outbox } from './sending.ts';
import { database, forgetRoom, saveSoon } from './keeping.ts';
import { rememberRooms } from './sign-in-store.ts';
import { t } from '../text.ts';

// Beyond this many missed entries the newest page is read instead of replaying them all.
const REPLAY_MAX = 1_000;
// The same for guests, of whose rooms the server does not say how far they are.
const STALE_MS = 12 * 3600_000;
// A hole may just be our own entry, whose ack is on its way.
const ACK_GRACE_MS = 1_500;
const HOLE_PAGE = 200;
// The view asks for more whenever it is near an edge; after a failure it has to wait.
const REST_AFTER_FAILURE_MS = 3_000;

let epoch = '';
let onApplied: (room: Room, entry: Entry) => void = () => undefined;

// Who is told of every entry of every room, once and in order.
export function whenApplied(listener: (room: Room, entry: Entry) => void): void {
  onApplied = listener;
}

export function setEpoch(next: string): void {
  epoch = next;
}

export function currentEpoch(): string {
  return epoch;
}

export function ensureRoom(name: string): Room {
  const known = findRoom(name);
  if (known) return known;
  const room = new Room(name, (where, entry) => onApplied(where, entry));
  rooms.value = sortRooms([...rooms.value, room]);
  return room;
}

export function dropRoom(room: Room): void {
  rooms.value = rooms.value.filter((other) => other !== room);
  forgetRoom(room);
  rememberRooms();
  if (active.value === room) openRoom(rooms.value[0] ?? null);
}

export async function restoreRooms(): Promise<void> {
  for (const snapshot of await database().rooms(fold(me.value.name))) {
    const room = ensureRoom(snapshot.room);
    if (room.known) continue;
    room.known = true;
    room.epoch = snapshot.epoch;
    room.lastSaved = snapshot.saved;
    room.topic.value = snapshot.topic;
    room.log.startAt(snapshot.head);
    if (snapshot.window.length) {
      room.log.window = snapshot.window;
      room.log.loaded = true;
      room.log.moreBefore = snapshot.moreBefore;
      room.log.moreAfter = false;
    }
    Object.assign(room.unread, { read: snapshot.read, count: snapshot.unread, mentions: snapshot.mentions });
    touch(room);
  }
}

export interface ServerSide {
  seq: number;
  read: number;
}

// Joins, or resumes at the cursor where that is known and not too far back.
export async function join(room: Room, server?: ServerSide): Promise<boolean> {
  const behind = server ? server.seq - room.log.head > REPLAY_MAX : Date.now() - room.lastSaved > STALE_MS;
  const fresh = !room.known || room.epoch !== epoch || (behind && !room.joined);
  room.joined = false;
  let joined: Joined;
  try {
    const cursor = fresh ? {} : { after: room.log.head, epoch };
    joined = await request<Joined>({ op: 'join', room: room.name, ...cursor });
  } catch (error) {
    if (error instanceof Refusal && error.code !== 'offline') {
      room.trouble.value = refusalText(error);
      touch(room);
    }
    return false;
  }
  const restart = fresh || joined.reset === true || joined.seq < room.log.head;
  const wasKnown = room.known;
  batch(() => {
    room.trouble.value = '';
    room.topic.value = joined.topic ?? '';
    room.count.value = joined.count ?? 0;
  });
  room.joined = room.known = true;
  room.epoch = epoch;
  if (restart) {
    room.log.startAt(joined.seq);
    if (server || !wasKnown) room.unread.startAt(server?.read ?? joined.seq, joined.seq);
    else room.unread.startAt(Math.min(room.unread.read, joined.seq), joined.seq);
  } else if (server) {
    room.unread.markRead(server.read, room.log.head);
  }
  touch(room);
  saveSoon(room);
  rememberRooms();
  if (room === active.value) {
    void refreshMembers(room);
    await ensureLoaded(room);
  }
  return true;
}

// What the user asks for: enter a room (made by its first join) and show it.
export async function enterRoom(name: string): Promise<boolean> {
  const known = findRoom(name);
  if (known?.joined) {
    openRoom(known);
    return true;
  }
  const room = ensureRoom(name);
  if (await join(room)) {
    openRoom(room);
    return true;
  }
  say(room.trouble.value || t('error.offline'), 'problem');
  if (!known) dropRoom(room);
  return false;
}

export async function leaveRoom(room: Room): Promise<void> {
  try {
    await request({ op: 'leave', room: room.name });
  } catch (error) {
    if (!(error instanceof Refusal) || !['not_member', 'no_room'].includes(error.code)) {
      return say(refusalText(error), 'problem');
    }
  }
  dropRoom(room);
}

export function openRoom(room: Room | null): void {
  const before = active.value;
  batch(() => {
    drawer.value = false;
    active.value = room;
  });
  if (room) showAddress(room.name);
  if (!room || room === before) return;
  if (before) before.unreadAfter = -1;
  room.unreadAfter = room.unread.count > 0 ? room.unread.read : -1;
  room.log.following = true;
  if (room.log.loaded) placeAtUnread(room);
  if (!room.joined) return;
  void refreshMembers(room);
  void ensureLoaded(room);
}

// The room is in the page's address, so a reload comes back to it, and a link leads to it:
// `/#kitchen` is the room #kitchen, `/#@anna` the conversation with anna.
function showAddress(name: string): void {
  const hash = `#${name.startsWith('#') ? name.slice(1) : name}`;
  if (addressedRoom() !== name) history.replaceState(null, '', hash);
}

export function addressedRoom(): string {
  let hash = location.hash.slice(1);
  try {
    hash = decodeURIComponent(hash);
  } catch {
    return '';
  }
  return !hash || hash.startsWith('@') ? hash : `#${hash}`;
}

async function ensureLoaded(room: Room): Promise<void> {
  if (room.log.loaded && !room.log.moreAfter) return;
  await loadLatest(room);
  placeAtUnread(room);
}

// A room opens at its first unread message where that is near, else at its end, from where the
// view offers to go there.
function placeAtUnread(room: Room): void {
  const { log, unreadAfter } = room;
  if (unreadAfter < 0 || (log.first > unreadAfter + 1 && log.moreBefore)) return;
  log.following = false;
  room.target.value = { seq: unreadAfter + 1, place: 'start' };
}

// `read` asks for pages and puts them into the log; what arrives meanwhile is kept for it.
async function load(room: Room, read: () => Promise<void>): Promise<boolean> {
  room.loading.value = true;
  room.log.beginLoad();
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.code !== 'offline') say(refusalText(error), 'problem');
    room.restUntil = Date.now() + REST_AFTER_FAILURE_MS;
    return false;
  } finally {
    room.log.endLoad();
    room.loading.value = false;
    touch(room);
    saveSoon(room);
  }
}

function readPage(room: Room, where: { before: number } | { after: number }): Promise<HistoryPage> {
  return request<HistoryPage>({ op: 'history', room: room.name, limit: PAGE, ...where });
}

function wireOf(...pages: HistoryPage[]): WireObject[] {
  return pages.flatMap((page) => page.messages) as unknown as WireObject[];
}

export async function loadLatest(room: Room): Promise<void> {
  await load(room, async () => {
    const page = await readPage(room, { before: room.log.head + 1 });
    room.log.replaceWith(wireOf(page), page.more, true);
  });
}

export async function jumpToStart(room: Room): Promise<void> {
  room.log.following = false;
  await load(room, async () => {
    const page = await readPage(room, { after: 0 });
    room.log.replaceWith(wireOf(page), false, !page.more);
    room.target.value = { seq: room.log.first, place: 'start' };
  });
}

// The message that a reply answers: from the window, or asked for once and remembered.
export function quoteOf(room: Room, seq: number): Message | null | undefined {
  const near = room.log.find(seq) ?? room.quotes.get(seq);
  if (near !== undefined || !room.joined) return near;
  room.quotes.set(seq, null);
  request<HistoryPage>({ op: 'history', room: room.name, after: seq - 1, limit: 1 }).then(
    ({ messages }) => {
      const found = messages.find((message) => message.seq === seq);
      if (found) room.quotes.set(seq, messageOf(found));
      touch(room);
    },
    () => room.quotes.delete(seq),
  );
  return null;
}

function mayLoad(room: Room): boolean {
  return room.joined && !room.loading.peek() && room.log.loaded && Date.now() >= room.restUntil;
}

export async function loadOlder(room: Room): Promise<void> {
  if (!mayLoad(room) || !room.log.moreBefore || !room.log.first) return;
  await load(room, async () => {
    const page = await readPage(room, { before: room.log.first });
    room.log.prepend(wireOf(page), page.more);
  });
}

export async function loadNewer(room: Room): Promise<void> {
  if (!mayLoad(room) || !room.log.moreAfter) return;
  await load(room, async () => {
    const page = await readPage(room, { after: room.log.last });
    room.log.append(wireOf(page), page.more);
  });
}

// Shows the message `seq` with what is around it.
export async function jumpTo(room: Room, seq: number, place: Target['place'] = 'center'): Promise<void> {
  room.log.following = false;
  if (room.log.find(seq) || (await loadAround(room, seq))) room.target.value = { seq, place };
}

// Half a page on each side, asked for as two, so that it is known of both sides whether there is more.
function loadAround(room: Room, seq: number): Promise<boolean> {
  const half = { op: 'history', room: room.name, limit: PAGE / 2 };
  return load(room, async () => {
    const [older, newer] = await Promise.all([
      request<HistoryPage>({ ...half, before: seq }),
      request<HistoryPage>({ ...half, after: seq - 1 }),
    ]);
    room.log.replaceWith(wireOf(older, newer), older.more, !newer.more);
  });
}

export async function jumpToEnd(room: Room): Promise<void> {
  room.log.following = true;
  room.target.value = null;
  if (room.log.moreAfter) await loadLatest(room);
  else touch(room);
}

// The first message of a day, by halving the log: about 24 questions for 10 million messages.
export async function jumpToDate(room: Room, time: number): Promise<void> {
  try {
    const seq = await seqAtTime(time, room.log.head, async (after) => {
      const page = await request<HistoryPage>({ op: 'history', room: room.name, after, limit: 1 });
      const message = page.messages[0];
      return message ? { seq: message.seq, time: Date.parse(message.time) } : null;
    });
    if (seq === null) await jumpToEnd(room);
    else await jumpTo(room, seq, 'start');
  } catch (error) {
    say(refusalText(error), 'problem');
  }
}

// The answer is the entry's ack, since the entry itself goes to the others alone.
export async function setTopic(room: Room, topic: string): Promise<boolean> {
  try {
    const { seq, time } = await request<{ seq?: number; time?: string }>({ op: 'topic', room: room.name, topic });
    if (seq && time) room.log.receive({ op: 'topic', room: room.name, seq, time, from: { name: me.value.name }, topic });
    room.topic.value = topic;
    return true;
  } catch (error) {
    say(refusalText(error), 'problem');
    return false;
  }
}

export async function listRooms(): Promise<RoomInfo[]> {
  return (await request<{ rooms: RoomInfo[] }>({ op: 'rooms' })).rooms;
}

export async function refreshMembers(room: Room): Promise<void> {
  try {
    const { members, count } = await request<{ members: Member[]; count?: number }>({ op: 'who', room: room.name });
    room.members.value = members;
    // Of a very large room only some members are named.
    room.count.value = count ?? members.length;
  } catch {
    // Who is here is a courtesy: the next enter or exit asks again.
  }
}

const holes = new Map<Room, ReturnType<typeof setTimeout>>();

export function mindTheHole(room: Room): void {
  if (holes.has(room)) return;
  const wait = outbox().flyingIn(room.name) ? ACK_GRACE_MS : 50;
  holes.set(
    room,
    setTimeout(() => {
      holes.delete(room);
      if (room.log.firstHeld) void fillHole(room);
    }, wait),
  );
}

async function fillHole(room: Room): Promise<void> {
  let stale = false;
  try {
    while (room.log.firstHeld) {
      const { head } = room.log;
      const page = await request<HistoryPage>({ op: 'history', room: room.name, after: head, limit: HOLE_PAGE });
      const filled = room.log.fill(wireOf(page), page.more);
      stale ||= filled.stale;
      if (!filled.closed && room.log.head === head) break;
    }
  } catch {
    return; // The line is gone; the resume that follows replays what is missing.
  }
  touch(room);
  if (!stale || !room.log.loaded) return;
  if (room.log.following) return loadLatest(room);
  const middle = room.log.window[room.log.window.length >> 1];
  if (middle) await loadAround(room, middle.seq);
}

export function setAway(message: string | null): void {
  const sent = post({ op: 'away', id: 'away', ...(message === null ? {} : { message: message || t('away.default') }) });
  if (sent) away.value = message === null ? null : message || t('away.default');
}
