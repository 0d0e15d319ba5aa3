// Handles what the server pushes: one small function for each op.

import { fold } from '../model/names.ts';
import type { Ack, Entry, Invitation, MessageEntry, RoomRow, WireObject } from '../model/protocol.ts';
import { isEntry } from '../model/protocol.ts';
import { saidIn } from '../model/roomlog.ts';
import { randomId } from '../net/random.ts';
import type { AccountSettings } from './account-settings.ts';
import type { Announcer } from './announce.ts';
import type { Keeping } from './keeping.ts';
import type { Notifier } from './notify.ts';
import type { Pages } from './pages.ts';
import type { Reading } from './reading.ts';
import type { Refresh } from './refresh.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { Sending } from './sending.ts';
import type { State } from './state.ts';
import { t } from '../text.ts';

const TYPING_MS = 6_000;
const MEMBERS_REST_MS = 700;

export interface IncomingParts {
  state: State;
  rooms: Rooms;
  pages: Pages;
  sending: Sending;
  reading: Reading;
  refresh: Refresh;
  keeping: Keeping;
  notifier: Notifier;
  announcer: Announcer;
  // The server ended this session for a reason that the notice's code names.
  ended(code: string, text: string): void;
  // I am called something else now, or the other one of a conversation is.
  renamed(name: string): void;
  renamedTalk(before: string, after: string): Promise<void>;
  settings(): Promise<AccountSettings>;
}

type Handler = (object: WireObject, room: Room | undefined) => void;

export class Incoming {
  private parts: IncomingParts;
  private membersDue = new Map<Room, ReturnType<typeof setTimeout>>();
  private typingTimers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(parts: IncomingParts) {
    this.parts = parts;
  }

  receive(object: WireObject): void {
    if (isEntry(object)) return this.entry(object as unknown as Entry);
    const handler = this.handlers[object.op ?? ''];
    const room = typeof object.room === 'string' ? this.parts.state.findRoom(object.room) : undefined;
    if (handler) handler(object, room);
    else if (object.message && !object.id) this.showNotice(object, room);
  }

  // Called for each entry of each room, once and in order.
  applied(room: Room, entry: Entry): void {
    const { refresh, keeping } = this.parts;
    if (entry.op === 'topic') room.topic.value = entry.topic;
    if (entry.op === 'delete') room.unread.remove(entry.target);
    if (entry.op === 'message') this.appliedMessage(room, entry);
    refresh.touch(room);
    keeping.saveSoon(room);
  }

  addInfo(room: Room, text: string): void {
    room.addNotice({ key: `n${randomId(6)}`, after: room.log.head, time: Date.now(), kind: 'info', names: [], text });
    this.parts.refresh.touch(room);
  }

  private entry(entry: Entry): void {
    const { state, rooms, pages, sending } = this.parts;
    let room = state.findRoom(entry.room);
    if (!room) {
      // Somebody opened a direct conversation with us, or another device of ours joined a room.
      room = rooms.ensure(entry.room);
      room.unread.startAt(entry.seq - 1, entry.seq - 1);
    }
    if (!room.epoch) {
      // Our log of it begins here, and the join resumes from here.
      room.epoch = rooms.epoch;
      room.lastSaved = Date.now();
      room.log.startAt(entry.seq - 1);
      if (room.state.value.kind !== 'loading') void rooms.join(room);
    }
    sending.found(entry);
    if (room.log.receive(entry) === 'held') pages.mindTheHole(room);
  }

  private appliedMessage(room: Room, entry: MessageEntry): void {
    const { state, rooms, reading, notifier, announcer } = this.parts;
    this.stopTyping(room, entry.from.name);
    if (state.isMe(entry.from.name)) {
      if (room.keptUnread < 0) room.unread.markRead(entry.seq, room.log.head);
      return;
    }
    const { count: before, read } = room.unread;
    const called = rooms.calls(room, saidIn(entry)) || rooms.answersMe(room, entry.reply_to);
    room.unread.add(entry.seq, called);
    if (room === state.active.value && before === 0 && !reading.isSeen(room) && room.unreadAfter < read) room.unreadAfter = entry.seq - 1;
    notifier.message(room, entry, called);
    announcer.entry(room, entry);
    if (!called && entry.reply_to) void this.lookAtAnswered(room, entry);
  }

  // The author of the answered message may have to be asked for.
  private async lookAtAnswered(room: Room, entry: MessageEntry): Promise<void> {
    const { state, pages, notifier, refresh } = this.parts;
    if (!room.isLive || room.log.find(entry.reply_to!)) return;
    const answered = await pages.quote(room, entry.reply_to!);
    if (!answered || !state.isMe(answered.name)) return;
    if (room.unread.call(entry.seq)) refresh.touch(room);
    if (notifier.wants(room, entry, true) && !notifier.wants(room, entry, false)) notifier.message(room, entry, true);
  }

  private showNotice(object: WireObject, room: Room | undefined): void {
    const { state } = this.parts;
    const where = room ?? state.active.value;
    if (where) this.addInfo(where, String(object.message));
    else state.say(String(object.message));
  }

  private notice(object: WireObject, room: Room | undefined): void {
    const { state, rooms, announcer, ended } = this.parts;
    const text = String(object.message ?? '');
    switch (object.code) {
      case 'invited':
        rooms.invited(object as unknown as Invitation);
        return state.say(text);
      case 'replaced':
      case 'expired':
      case 'revoked':
        return ended(object.code, text);
      case 'stopping':
        return announcer.say(text);
      case 'limit':
        return state.say(text, 'problem');
      default:
        if (text) this.showNotice(object, room);
    }
  }

  // Many may come and go at once; who is here is asked once for all of them.
  private membersSoon(room: Room): void {
    const { state, rooms } = this.parts;
    if (this.membersDue.has(room) || (room !== state.active.value && !room.members.value)) return;
    const timer = setTimeout(() => {
      this.membersDue.delete(room);
      if (room === state.active.value || state.panel.value === 'people') void rooms.refreshMembers(room);
      else room.members.value = null;
    }, MEMBERS_REST_MS);
    this.membersDue.set(room, timer);
  }

  private cameOrWent(object: WireObject, room: Room | undefined): void {
    if (!room || !object.name) return;
    const kind = object.op === 'enter' ? 'enter' : 'exit';
    const name = String(object.name);
    room.count.value = Math.max(1, room.count.value + (kind === 'enter' ? 1 : -1));
    this.stopTyping(room, name);
    if (!this.parts.state.isMe(name)) {
      const key = `n${randomId(6)}`;
      room.addNotice({ key, after: room.log.head, time: Date.now(), kind, names: [name], text: '' });
    }
    this.membersSoon(room);
    this.parts.refresh.touch(room);
  }

  private stopTyping(room: Room, name: string): void {
    const key = `${room.name} ${fold(name)}`;
    clearTimeout(this.typingTimers.get(key));
    this.typingTimers.delete(key);
    if (room.typing.value.some((other) => fold(other) === fold(name))) {
      room.typing.value = room.typing.value.filter((other) => fold(other) !== fold(name));
    }
  }

  private typing(object: WireObject, room: Room | undefined): void {
    const name = String(object.name ?? '');
    if (!room || !name || this.parts.state.isMe(name)) return;
    this.stopTyping(room, name);
    if (object.on === false) return;
    room.typing.value = [...room.typing.value, name];
    this.typingTimers.set(`${room.name} ${fold(name)}`, setTimeout(() => this.stopTyping(room, name), TYPING_MS));
  }

  // Kicks and bans: if they are about us, the room is closed to us; otherwise they are news.
  private removed(object: WireObject, room: Room | undefined): void {
    if (!room) return;
    if (object.message) this.addInfo(room, String(object.message));
    if (this.parts.state.isMe(String(object.name ?? ''))) {
      room.state.value = { kind: 'closed', why: String(object.message ?? t(`removed.${object.op}`, { room: room.name })) };
    }
    this.membersSoon(room);
  }

  private sanction(object: WireObject, room: Room | undefined): void {
    this.showNotice(object, room);
    if (!room) return;
    if (this.parts.state.isMe(String(object.name ?? ''))) {
      if (object.op === 'mute' || object.op === 'unmute') room.learn({ muted: object.op === 'mute' });
      if (object.op === 'role' && typeof object.role === 'string') room.learn({ role: object.role });
    }
    this.membersSoon(room);
  }

  private renamed(object: WireObject): void {
    const { state } = this.parts;
    const name = String(object.new ?? '');
    const before = String(object.name ?? '');
    if (name && state.isMe(before)) return this.parts.renamed(name);
    const tell = () => {
      const room = state.findRoom(String(object.room));
      if (object.message) this.showNotice(object, room);
      if (room) this.membersSoon(room);
    };
    if (state.findRoom(`@${before}`)) void this.parts.renamedTalk(before, name).then(tell);
    else tell();
  }

  private failed(object: WireObject, room: Room | undefined): void {
    const { state, sending } = this.parts;
    const code = String(object.code);
    if (object.id) sending.refused(object.id, code, object.message ?? code);
    else {
      sending.outbox.unreadable(code, object.message ?? code);
      if (object.message) state.say(object.message, 'problem');
    }
    if (code === 'not_member' && room?.isLive) room.state.value = { kind: 'offline' };
  }

  private read(object: WireObject, room: Room | undefined): void {
    if (!room || !Number.isSafeInteger(object.seq)) return;
    const seq = object.seq as number;
    const { refresh, rooms } = this.parts;
    if (seq < room.unread.read) room.unread.markUnread(seq, room.log.head, rooms.countedAfter(room, seq));
    else if (!room.unread.markRead(seq, room.log.head)) return;
    refresh.touch(room);
  }

  // News of accounts is handled by a part that is loaded later.
  private account(object: WireObject): void {
    void this.parts.settings().then((settings) => settings.told(object, (room) => this.membersSoon(room)), () => undefined);
  }

  private handlers: Record<string, Handler> = {
    ack: (object) => {
      const room = this.parts.sending.acknowledged(object as unknown as Ack);
      if (room?.log.firstHeld) this.parts.pages.mindTheHole(room);
    },
    error: (object, room) => this.failed(object, room),
    enter: (object, room) => this.cameOrWent(object, room),
    exit: (object, room) => this.cameOrWent(object, room),
    typing: (object, room) => this.typing(object, room),
    notice: (object, room) => this.notice(object, room),
    nick: (object) => this.renamed(object),
    kick: (object, room) => this.removed(object, room),
    ban: (object, room) => this.removed(object, room),
    unban: (object, room) => this.sanction(object, room),
    mute: (object, room) => this.sanction(object, room),
    unmute: (object, room) => this.sanction(object, room),
    role: (object, room) => this.sanction(object, room),
    set: (object, room) => {
      room?.learn(object as Partial<RoomRow>);
      this.sanction(object, room);
    },
    invite: (object) => {
      if (object.message) this.parts.state.say(object.message);
    },
    membership: (object) => {
      const name = String(object.room ?? '');
      const isRow = Number.isSafeInteger(object.seq);
      const row = isRow ? (object as unknown as RoomRow) : { room: name, seq: 0, read: 0 };
      this.parts.rooms.membership(name, object.joined === true ? row : null);
    },
    close: (object, room) => {
      if (object.message) this.parts.state.say(object.message);
      if (room) this.parts.rooms.drop(room);
    },
    away: (object, room) => {
      if (!this.parts.state.isMe(String(object.name ?? '')) && room) this.membersSoon(room);
    },
    read: (object, room) => this.read(object, room),
    leave: (_object, room) => {
      if (room) this.parts.rooms.drop(room);
    },
    gap: (object, room) => {
      room?.log.skip(Number(object.to_seq), Date.now());
      if (room) this.parts.refresh.touch(room);
    },
    settings: (object) => this.account(object),
    profile: (object) => this.account(object),
    seen: (object) => this.account(object),
    ok: () => undefined,
    pong: () => undefined,
    bye: () => undefined,
  };
}
