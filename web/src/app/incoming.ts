// What the server pushes, one small function for each op.

import { fold, sameName } from '../model/names.ts';
import type { Ack, Entry, WireObject } from '../model/protocol.ts';
import { isEntry } from '../model/protocol.ts';
import { randomId } from '../net/random.ts';
import { announceEntry } from './announce.ts';
import { currentEpoch, dropRoom, ensureRoom, join, mindTheHole, refreshMembers } from './follow.ts';
import { saveSoon } from './keeping.ts';
import { notifyOf } from './notify.ts';
import { isSeen } from './reading.ts';
import { touch } from './refresh.ts';
import type { Room } from './room.ts';
import { acknowledged, refusedSending } from './sending.ts';
import { active, away, findRoom, me, panel, say } from './state.ts';
import { t } from '../text.ts';

const TYPING_MS = 6_000;
const MEMBERS_REST_MS = 700;

export function receive(object: WireObject): void {
  if (isEntry(object)) return receiveEntry(object as unknown as Entry);
  const handler = handlers[object.op ?? ''];
  const room = typeof object.room === 'string' ? findRoom(object.room) : undefined;
  if (handler) handler(object, room);
  else if (object.message && !object.id) showNotice(object, room);
}

function receiveEntry(entry: Entry): void {
  let room = findRoom(entry.room);
  if (!room) {
    // Somebody opened a direct conversation with us, or another device of ours joined a room.
    room = ensureRoom(entry.room);
    room.unread.startAt(entry.seq - 1, entry.seq - 1);
  }
  if (!room.known) {
    // What we know of it begins here, and the join resumes from here.
    room.known = true;
    room.epoch = currentEpoch();
    room.lastSaved = Date.now();
    room.log.startAt(entry.seq - 1);
    if (!room.joined) void join(room);
  }
  if (room.log.receive(entry) === 'held') mindTheHole(room);
}

// Called for each entry of each room, once and in order.
export function applied(room: Room, entry: Entry): void {
  if (entry.op === 'topic') room.topic.value = entry.topic;
  if (entry.op === 'message') {
    stopTyping(room, entry.from.name);
    const before = room.unread.count;
    const last = room.unread.read;
    room.unread.entry(entry, me.value.name, room.direct);
    if (sameName(entry.from.name, me.value.name)) room.unread.markRead(entry.seq, room.log.head);
    else if (room === active.value && before === 0 && !isSeen(room) && room.unreadAfter < last) room.unreadAfter = entry.seq - 1;
    notifyOf(room, entry);
    announceEntry(room, entry);
  }
  touch(room);
  saveSoon(room);
}

export function addInfo(room: Room, text: string): void {
  room.addNotice({ key: `n${randomId(6)}`, after: room.log.head, time: Date.now(), kind: 'info', names: [], text });
  touch(room);
}

function showNotice(object: WireObject, room: Room | undefined): void {
  const where = room ?? active.value;
  if (where) addInfo(where, String(object.message));
  else say(String(object.message));
}

const membersDue = new Map<Room, ReturnType<typeof setTimeout>>();

// Many may come and go at once; who is here is asked once for all of them.
export function membersSoon(room: Room): void {
  if (membersDue.has(room) || (room !== active.value && !room.members.value)) return;
  membersDue.set(
    room,
    setTimeout(() => {
      membersDue.delete(room);
      if (room === active.value || panel.value === 'people') void refreshMembers(room);
      else room.members.value = null;
    }, MEMBERS_REST_MS),
  );
}

function cameOrWent(object: WireObject, room: Room | undefined): void {
  if (!room || !object.name) return;
  const kind = object.op === 'enter' ? 'enter' : 'exit';
  const name = String(object.name);
  room.count.value = Math.max(1, room.count.value + (kind === 'enter' ? 1 : -1));
  stopTyping(room, name);
  if (!sameName(name, me.value.name)) {
    const key = `n${randomId(6)}`;
    room.addNotice({ key, after: room.log.head, time: Date.now(), kind, names: [name], text: '' });
  }
  membersSoon(room);
  touch(room);
}

const typingTimers = new Map<string, ReturnType<typeof setTimeout>>();

function stopTyping(room: Room, name: string): void {
  const key = `${room.name} ${fold(name)}`;
  clearTimeout(typingTimers.get(key));
  typingTimers.delete(key);
  if (room.typing.value.some((other) => sameName(other, name))) {
    room.typing.value = room.typing.value.filter((other) => !sameName(other, name));
  }
}

function typing(object: WireObject, room: Room | undefined): void {
  const name = String(object.name ?? '');
  if (!room || !name || sameName(name, me.value.name)) return;
  stopTyping(room, name);
  if (object.on === false) return;
  room.typing.value = [...room.typing.value, name];
  typingTimers.set(`${room.name} ${fold(name)}`, setTimeout(() => stopTyping(room, name), TYPING_MS));
}

// Kicks and bans: if they are about us, the room is closed to us; otherwise they are news.
function removed(object: WireObject, room: Room | undefined): void {
  if (!room) return;
  if (object.message) addInfo(room, String(object.message));
  if (sameName(String(object.name ?? ''), me.value.name)) {
    room.joined = false;
    room.trouble.value = String(object.message ?? t(`removed.${object.op}`, { room: room.name }));
  }
  membersSoon(room);
}

function sanction(object: WireObject, room: Room | undefined): void {
  showNotice(object, room);
  if (room) membersSoon(room);
}

function renamed(object: WireObject, room: Room | undefined): void {
  const name = String(object.new ?? '');
  if (name && sameName(String(object.name ?? ''), me.value.name)) me.value = { ...me.value, name };
  else if (object.message) showNotice(object, room);
  if (room) membersSoon(room);
}

type Handler = (object: WireObject, room: Room | undefined) => void;

const handlers: Record<string, Handler> = {
  ack(object) {
    const room = acknowledged(object as unknown as Ack);
    if (room?.log.firstHeld) mindTheHole(room);
  },
  error(object, room) {
    if (object.id) refusedSending(object.id, String(object.code), object.message ?? String(object.code));
    else if (object.message) say(object.message, 'problem');
    if (object.code === 'not_member' && room) room.joined = false;
  },
  enter: cameOrWent,
  exit: cameOrWent,
  typing,
  nick: renamed,
  kick: removed,
  ban: removed,
  unban: sanction,
  mute: sanction,
  unmute: sanction,
  role: sanction,
  set: sanction,
  invite(object) {
    if (object.message) say(object.message);
  },
  away(object, room) {
    if (sameName(String(object.name ?? ''), me.value.name)) return;
    if (room) membersSoon(room);
  },
  read(object, room) {
    if (!room || !Number.isSafeInteger(object.seq)) return;
    if (room.unread.markRead(object.seq as number, room.log.head)) touch(room);
  },
  leave(_object, room) {
    if (room) dropRoom(room);
  },
  gap(object, room) {
    if (!room) return;
    room.log.skip(Number(object.to_seq), Date.now());
    touch(room);
  },
  ok(object) {
    if (object.id === 'back') away.value = null;
  },
  pong() {},
  bye() {},
};
