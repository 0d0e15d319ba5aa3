// From the composer to the outbox, and from the outbox to the line.

import { Outbox, wellFormed } from '../model/outbox.ts';
import type { OutFile, OutItem } from '../model/outbox.ts';
import type { Ack, Entry } from '../model/protocol.ts';
import { withEmoji } from '../model/emoji.ts';
import { sameName } from '../model/names.ts';
import { done, failure } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import { randomId } from '../net/random.ts';
import type { Keeping } from './keeping.ts';
import type { Line } from './line.ts';
import type { Refresh } from './refresh.ts';
import type { Room } from './room.ts';
import type { State } from './state.ts';
import { t } from '../text.ts';

const REST_AFTER_REFUSAL_MS = 1_500;
// Typing is told at most every few seconds, and taken back when the text is gone.
const TYPING_EVERY_MS = 3_000;

interface Parts {
  state: State;
  line: Line;
  refresh: Refresh;
  keeping: Keeping;
  device(): string;
  upload(): void;
  learnLinks(room: Room, seq: number): void;
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

export class Sending {
  readonly outbox: Outbox;
  private parts: Parts;
  private lastCreated = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private toldTyping = 0;
  private typingRoom: Room | null = null;

  constructor(parts: Parts) {
    this.parts = parts;
    const { state, refresh, keeping, upload } = parts;
    this.outbox = new Outbox(keeping.database.outbox, () => {
      for (const room of state.rooms.value) refresh.touch(room);
    }, upload);
  }

  pendingIn(room: Room): OutItem[] {
    return this.outbox.items.filter((item) => sameName(item.room, room.name));
  }

  text(room: Room, typed: string, options: { replyTo?: number; action?: boolean; files?: readonly OutFile[] } = {}): Result {
    const message = this.prepared(typed);
    const files = options.files?.length ? [...options.files] : undefined;
    const problem = this.problemOf(message, files);
    if (problem) return problem;
    this.add(room, {
      op: 'send',
      message,
      ...(options.replyTo ? { reply_to: options.replyTo } : {}),
      ...(options.action ? { action: true } : {}),
      ...(files ? { files } : {}),
    });
    return done;
  }

  edit(room: Room, target: number, typed: string): Result {
    const message = this.prepared(typed);
    const problem = this.problemOf(message);
    if (problem) return problem;
    if (room.log.find(target)?.text !== message) this.add(room, { op: 'edit', target, message });
    return done;
  }

  remove(room: Room, target: number): void {
    this.add(room, { op: 'delete', target });
  }

  react(room: Room, target: number, emoji: string): void {
    const message = room.log.find(target);
    if (!message) return;
    const { state } = this.parts;
    const has = message.reactions.find((reaction) => reaction.emoji === emoji)?.names.some((name) => state.isMe(name));
    const waiting = this.pendingIn(room).findLast((item) => item.op === 'react' && item.target === target && item.emoji === emoji);
    this.add(room, { op: 'react', target, emoji, on: !(waiting ? waiting.on : has) });
  }

  open(): void {
    this.outbox.open((object) => this.parts.line.post(object));
  }

  stop(): void {
    clearTimeout(this.resting);
    this.outbox.lineLost();
  }

  refused(id: string, code: string, reason: string): void {
    if (!this.outbox.refused(id, code, reason)) return;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (this.parts.line.isOnline) this.open();
    }, REST_AFTER_REFUSAL_MS);
  }

  // An ack is our own entry: the server does not push it to the connection that made it.
  acknowledged(ack: Ack): Room | undefined {
    const item = this.outbox.find(ack.id);
    const room = this.parts.state.findRoom(ack.room);
    if (item && room?.epoch) room.log.receive(this.entryOf(item, ack));
    this.outbox.acked(ack.id);
    if (room && item?.files) this.parts.learnLinks(room, ack.seq);
    return room;
  }

  // A replay or another of my devices shows an entry that still waits here: it has arrived.
  found(entry: Entry): void {
    if (entry.id) this.outbox.acked(entry.id);
  }

  tellTyping(room: Room, on: boolean): void {
    const { line } = this.parts;
    if (this.typingRoom && (this.typingRoom !== room || !on) && this.toldTyping) {
      line.post({ op: 'typing', room: this.typingRoom.name, on: false });
      this.toldTyping = 0;
    }
    if (!on || Date.now() - this.toldTyping < TYPING_EVERY_MS) return;
    if (line.post({ op: 'typing', room: room.name, on: true })) {
      this.typingRoom = room;
      this.toldTyping = Date.now();
    }
  }

  private prepared(typed: string): string {
    return withEmoji(wellFormed(typed).replace(/\s+$/, ''));
  }

  private problemOf(message: string, files?: OutFile[]): Result | null {
    const max = this.parts.state.messageBytes.value;
    if (!message.trim() && !files) return failure('input', t('error.empty'));
    return bytesOf(message) > max ? failure('input', t('error.too_long', { max })) : null;
  }

  private add(room: Room, part: Partial<OutItem> & Pick<OutItem, 'op'>): void {
    // Also the order of the items: no two have the same.
    this.lastCreated = Math.max(Date.now(), this.lastCreated + 1);
    void this.outbox.add({
      id: randomId(16),
      user: this.parts.keeping.user,
      device: this.parts.device(),
      room: room.name,
      created: this.lastCreated,
      state: 'waiting',
      ...part,
    });
  }

  private entryOf(item: OutItem, ack: Ack): Entry {
    const { room, seq, time } = ack;
    const { name, account } = this.parts.state.me.value;
    const base = { room, seq, time, id: item.id, from: { name }, ...(account ? {} : { guest: true }) };
    switch (item.op) {
      case 'edit':
        return { ...base, op: 'edit', target: item.target!, message: item.message! };
      case 'delete':
        return { ...base, op: 'delete', target: item.target! };
      case 'react':
        return { ...base, op: 'react', target: item.target!, emoji: item.emoji!, on: item.on! };
      case 'send':
        return {
          ...base,
          op: 'message',
          message: item.message!,
          ...(item.reply_to ? { reply_to: item.reply_to } : {}),
          ...(item.action ? { action: true } : {}),
          ...(item.files ? { files: item.files.map(({ blob: _blob, ...file }) => file) } : {}),
        };
    }
  }
}
