// Following rooms: entering, leaving, resuming at the cursor, and which one is shown.

import { batch } from '@preact/signals';
import type { Entry, Invitation, Joined, Member, RoomInfo, RoomRow } from '../model/protocol.ts';
import { callsEverybody, fold, mentions, sameName } from '../model/names.ts';
import { done, success } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { Counted } from '../model/unread.ts';
import type { Keeping } from './keeping.ts';
import type { Line } from './line.ts';
import type { Pages } from './pages.ts';
import type { Refresh } from './refresh.ts';
import { Room } from './room.ts';
import type { SignInStore } from './sign-in-store.ts';
import { sortRooms } from './state.ts';
import type { State } from './state.ts';

// Beyond this many missed entries the newest page is read instead of replaying them all.
const REPLAY_MAX = 1_000;
// The same for guests, of whose rooms an older server does not say how far they are.
const STALE_MS = 12 * 3600_000;

interface Parts {
  state: State;
  line: Line;
  pages: Pages;
  refresh: Refresh;
  keeping: Keeping;
  store: SignInStore;
  // Called for every entry of every room, once and in order.
  applied(room: Room, entry: Entry): void;
}

export class Rooms {
  epoch = '';
  private parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  ensure(name: string): Room {
    const { state, applied } = this.parts;
    const known = state.findRoom(name);
    if (known) return known;
    const room = new Room(name, (where, entry) => applied(where, entry));
    state.rooms.value = sortRooms([...state.rooms.value, room]);
    return room;
  }

  drop(room: Room): void {
    const { state, keeping } = this.parts;
    state.rooms.value = state.rooms.value.filter((other) => other !== room);
    keeping.forgetRoom(room);
    this.remember();
    if (state.active.value === room) this.open(state.rooms.value[0] ?? null);
  }

  // The rooms as they were kept, before there is a line.
  async restore(): Promise<void> {
    for (const snapshot of await this.parts.keeping.snapshots()) {
      const room = this.ensure(snapshot.room);
      if (room.epoch) continue;
      room.epoch = snapshot.epoch;
      room.lastSaved = snapshot.saved;
      room.lastOpened = snapshot.opened ?? 0;
      room.keptUnread = snapshot.keptUnread ?? -1;
      room.topic.value = snapshot.topic;
      room.state.value = { kind: 'offline' };
      room.log.startAt(snapshot.head);
      if (snapshot.window.length) {
        room.log.window = snapshot.window;
        room.log.loaded = true;
        room.log.moreBefore = snapshot.moreBefore;
        room.log.moreAfter = false;
      }
      room.unread.startAt(snapshot.read, snapshot.head, { unread: snapshot.unread, mentions: snapshot.mentions });
      this.parts.refresh.touch(room);
    }
  }

  // Joins, or resumes at the cursor where that is known and not too far back. `row` is what the
  // server said of the room in `welcome` or in a `membership` push.
  async join(room: Room, row?: RoomRow): Promise<Result> {
    const { state, line, refresh, keeping } = this.parts;
    const behind = row ? row.seq - room.log.head > REPLAY_MAX : Date.now() - room.lastSaved > STALE_MS;
    const fresh = room.epoch !== this.epoch || (behind && !room.isLive);
    const wasKnown = room.epoch !== '';
    room.state.value = { kind: 'loading' };
    const cursor = fresh ? {} : { after: room.log.head, epoch: this.epoch };
    const answer = await line.request<Joined>({ op: 'join', room: room.name, ...cursor });
    if (!answer.ok) {
      const isLost = answer.code === 'offline';
      room.state.value = isLost ? { kind: wasKnown ? 'offline' : 'unknown' } : { kind: 'closed', why: answer.text };
      refresh.touch(room);
      return answer;
    }
    const joined = answer.value;
    const restart = fresh || joined.reset === true || joined.seq < room.log.head;
    batch(() => {
      if (row) room.learnAll(row);
      room.learn(joined);
      room.topic.value = joined.topic ?? '';
      room.count.value = joined.count ?? 0;
      room.state.value = { kind: 'live' };
    });
    room.epoch = this.epoch;
    room.lastSaved = Date.now();
    if (restart) room.log.startAt(joined.seq);
    this.countUnread(room, joined.seq, restart, wasKnown, row);
    refresh.touch(room);
    keeping.saveSoon(room);
    this.remember();
    if (room === state.active.value) {
      void this.refreshMembers(room);
      await this.ensureLoaded(room);
    }
    return done;
  }

  // Enters a room, which the first join makes, and shows it.
  // With `seq` it is shown at that message.
  async enter(name: string, seq = 0): Promise<Result> {
    const { state, pages } = this.parts;
    const known = state.findRoom(name);
    if (known?.isLive) {
      this.open(known, seq);
      if (seq) await pages.jumpTo(known, seq);
      return done;
    }
    const room = this.ensure(name);
    const answer = await this.join(room);
    if (answer.ok) {
      this.dismissInvitation(name);
      this.open(room, seq);
      if (seq) await pages.jumpTo(room, seq);
    } else if (!known) this.drop(room);
    return answer;
  }

  // For a click: what could not be entered is told.
  async visit(name: string, seq = 0): Promise<void> {
    const { state } = this.parts;
    const known = state.findRoom(name);
    // Without a line a known room can still be read.
    if (known && !this.parts.line.isOnline && !seq) return this.open(known);
    const answer = await this.enter(name, seq);
    if (!answer.ok) state.say(answer.text, 'problem');
  }

  async leave(room: Room): Promise<Result> {
    const answer = await this.parts.line.order({ op: 'leave', room: room.name });
    if (!answer.ok && !['not_member', 'no_room'].includes(answer.code)) return answer;
    this.drop(room);
    return done;
  }

  // Another device of mine, a moderator or somebody who writes to me let me in or out. What is said
  // from that moment on is replayed, and counted once.
  membership(name: string, row: RoomRow | null): void {
    const known = this.parts.state.findRoom(name);
    if (!row) {
      // Somebody who was thrown out still reads why.
      if (known && !known.isClosed.peek()) this.drop(known);
      return;
    }
    this.dismissInvitation(name);
    if (known?.isLive) return known.learnAll(row);
    const room = this.ensure(name);
    room.learnAll(row);
    if (!room.epoch) {
      room.epoch = this.epoch;
      room.lastSaved = Date.now();
      room.log.startAt(row.seq);
      room.unread.startAt(row.read, row.seq, { unread: row.unread ?? 0, mentions: row.mentions ?? 0 });
    }
    void this.join(room);
  }

  // With `seq` the caller shows that message; otherwise the room opens at its first unread one.
  open(room: Room | null, seq = 0): void {
    const { state } = this.parts;
    const before = state.active.value;
    batch(() => {
      state.drawer.value = false;
      state.active.value = room;
    });
    if (!room || room === before) return;
    if (before) {
      before.unreadAfter = -1;
      before.keptUnread = -1;
    }
    room.lastOpened = Date.now();
    room.unreadAfter = room.unread.count > 0 ? room.unread.read : -1;
    room.log.following = !seq;
    if (room.log.loaded && !seq) this.placeAtUnread(room);
    if (!room.isLive) return;
    void this.refreshMembers(room);
    if (!seq) void this.ensureLoaded(room);
  }

  async setTopic(room: Room, topic: string): Promise<Result> {
    const { state, line } = this.parts;
    const answer = await line.request<{ seq?: number; time?: string }>({ op: 'topic', room: room.name, topic });
    if (!answer.ok) return answer;
    // The answer is the entry's ack, since the entry itself goes to the others alone.
    const { seq, time } = answer.value;
    if (seq && time) room.log.receive({ op: 'topic', room: room.name, seq, time, from: { name: state.me.value.name }, topic });
    room.topic.value = topic;
    return done;
  }

  async list(): Promise<Result<RoomInfo[]>> {
    const answer = await this.parts.line.request<{ rooms: RoomInfo[] }>({ op: 'rooms' });
    return answer.ok ? success(answer.value.rooms) : answer;
  }

  // The list of members is a courtesy: if it cannot be had, the next enter or exit asks again.
  async refreshMembers(room: Room): Promise<void> {
    const answer = await this.parts.line.request<{ members: Member[]; count?: number }>({ op: 'who', room: room.name });
    if (!answer.ok) return;
    const { members, count } = answer.value;
    room.members.value = members;
    const { met } = this.parts.state;
    met.value = { ...met.value, ...Object.fromEntries(members.map((member) => [fold(member.name), member])) };
    const mine = members.find((member) => this.parts.state.isMe(member.name));
    if (mine) room.learn({ role: mine.role });
    // A very large room names only some of its members.
    room.count.value = count ?? members.length;
  }

  invited(invitation: Invitation): void {
    const { invitations } = this.parts.state;
    if (invitations.value.some((other) => sameName(other.room, invitation.room))) return;
    invitations.value = [...invitations.value, invitation];
  }

  dismissInvitation(name: string): void {
    const { invitations } = this.parts.state;
    invitations.value = invitations.value.filter((other) => !sameName(other.room, name));
  }

  // Whether a message names me, calls everybody, or is meant for me alone.
  calls(room: Room, text: string): boolean {
    return room.direct || mentions(text, this.parts.state.me.value.name) || callsEverybody(text);
  }

  // The messages of others after `seq`, as far as the window knows them.
  countedAfter(room: Room, seq: number): Counted[] {
    const { state } = this.parts;
    return room.log.window
      .filter((message) => message.kind === 'message' && message.seq > seq && !message.deleted && !state.isMe(message.name))
      .map((message) => ({ seq: message.seq, called: this.calls(room, message.text) || this.answersMe(room, message.replyTo) }));
  }

  answersMe(room: Room, replyTo: number | undefined): boolean {
    const answered = replyTo ? (room.log.find(replyTo) ?? room.quotes.get(replyTo)) : undefined;
    return answered ? this.parts.state.isMe(answered.name) : false;
  }

  // An account's rooms are known to the server; a guest's are remembered here.
  remember(): void {
    this.parts.store.rememberRooms(this.parts.state.rooms.value.filter((room) => !room.isClosed.value).map((room) => room.name));
  }

  private countUnread(room: Room, head: number, restart: boolean, wasKnown: boolean, row?: RoomRow): void {
    const { unread } = room;
    if (room.keptUnread >= 0) {
      unread.markUnread(room.keptUnread - 1, room.log.head, this.countedAfter(room, room.keptUnread - 1));
    } else if (row?.unread !== undefined) {
      // Entries replayed after the cursor are in the server's count already.
      unread.startAt(row.read, row.seq, { unread: row.unread, mentions: row.mentions ?? 0 });
    } else if (restart) {
      const read = row || !wasKnown ? (row?.read ?? head) : Math.min(unread.read, head);
      unread.startAt(read, head);
    } else if (row) {
      unread.markRead(row.read, room.log.head);
    }
  }

  private async ensureLoaded(room: Room): Promise<void> {
    if (room.log.loaded && !room.log.moreAfter) return;
    await this.parts.pages.latest(room);
    this.placeAtUnread(room);
  }

  // A room opens at its first unread message where that is near, else at its end, from where the
  // view offers to go there.
  private placeAtUnread(room: Room): void {
    const { log, unreadAfter } = room;
    if (unreadAfter < 0 || (log.first > unreadAfter + 1 && log.moreBefore)) return;
    log.following = false;
    room.target.value = { seq: unreadAfter + 1, place: 'start' };
  }
}
