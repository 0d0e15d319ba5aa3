// From the composer to the outbox, and from the outbox to the line.

import { Outbox } from '../model/outbox.ts';
import type { OutItem } from '../model/outbox.ts';
import type { Ack, Entry } from '../model/protocol.ts';
import { withEmoji } from '../model/emoji.ts';
import { fold, sameName } from '../model/names.ts';
import { randomId } from '../net/random.ts';
import { currentConnection, post } from './line.ts';
import { database } from './keeping.ts';
import { touch } from './refresh.ts';
import type { Room } from './room.ts';
import { findRoom, me, messageBytes, rooms } from './state.ts';
import { t } from '../text.ts';

const REST_AFTER_REFUSAL_MS = 1_500;

let box: Outbox | null = null;
let deviceName = () => 'default';
let lastCreated = 0;

export function openOutbox(device: () => string): void {
  deviceName = device;
  box = new Outbox({ put: (item) => database().outbox.put(item), remove: (id) => database().outbox.remove(id) }, () => {
    for (const room of rooms.value) if (room.log.loaded) touch(room);
  });
}

export function outbox(): Outbox {
  return box!;
}

export function pendingIn(room: Room): OutItem[] {
  return box?.items.filter((item) => sameName(item.room, room.name)) ?? [];
}

function add(room: Room, part: Partial<OutItem> & Pick<OutItem, 'op'>): void {
  // Also the order of the items: no two have the same.
  lastCreated = Math.max(Date.now(), lastCreated + 1);
  void outbox().add({
    id: randomId(16),
    user: fold(me.value.name),
    device: deviceName(),
    room: room.name,
    created: lastCreated,
    state: 'waiting',
    ...part,
  });
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

// Returns why the text cannot be sent, or null when it is on its way.
export function sendText(room: Room, typed: string, options: { replyTo?: number; action?: boolean } = {}): string | null {
  const message = withEmoji(typed.replace(/\s+$/, ''));
  if (!message.trim()) return t('error.empty');
  if (bytesOf(message) > messageBytes.value) return t('error.too_long', { max: messageBytes.value });
  add(room, {
    op: 'send',
    message,
    ...(options.replyTo ? { reply_to: options.replyTo } : {}),
    ...(options.action ? { action: true } : {}),
  });
  return null;
}

export function sendEdit(room: Room, target: number, typed: string): string | null {
  const message = withEmoji(typed.replace(/\s+$/, ''));
  if (!message.trim()) return t('error.empty');
  if (bytesOf(message) > messageBytes.value) return t('error.too_long', { max: messageBytes.value });
  if (room.log.find(target)?.text !== message) add(room, { op: 'edit', target, message });
  return null;
}

export function sendDelete(room: Room, target: number): void {
  add(room, { op: 'delete', target });
}

export function sendReaction(room: Room, target: number, emoji: string): void {
  const message = room.log.find(target);
  if (!message) return;
  const has = message.reactions.find((reaction) => reaction.emoji === emoji)?.names.some((name) => sameName(name, me.value.name));
  const waiting = pendingIn(room).findLast((item) => item.op === 'react' && item.target === target && item.emoji === emoji);
  add(room, { op: 'react', target, emoji, on: !(waiting ? waiting.on : has) });
}

export function openForSending(): void {
  outbox().open(post);
}

export function stopSending(): void {
  clearTimeout(resting);
  box?.lineLost();
}

let resting: ReturnType<typeof setTimeout> | undefined;

export function refusedSending(id: string, code: string, reason: string): void {
  if (!outbox().refused(id, code, reason)) return;
  clearTimeout(resting);
  resting = setTimeout(() => {
    if (currentConnection()?.state === 'online') openForSending();
  }, REST_AFTER_REFUSAL_MS);
}

// An ack is our own entry: the server does not push it to the connection that made it.
export function acknowledged(ack: Ack): Room | undefined {
  const item = outbox().items.find((other) => other.id === ack.id);
  const room = findRoom(ack.room);
  if (item && room?.known) room.log.receive(entryOf(item, ack));
  outbox().acked(ack.id);
  return room;
}

function entryOf(item: OutItem, ack: Ack): Entry {
  const { room, seq, time } = ack;
  const base = { room, seq, time, from: { name: me.value.name } };
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
      };
  }
}

// Typing is told at most every few seconds, and taken back when the text is gone.
const TYPING_EVERY_MS = 3_000;
let toldTyping = 0;
let typingRoom: Room | null = null;

export function tellTyping(room: Room, on: boolean): void {
  if (typingRoom && (typingRoom !== room || !on) && toldTyping) {
    post({ op: 'typing', room: typingRoom.name, on: false });
    toldTyping = 0;
  }
  if (!on || Date.now() - toldTyping < TYPING_EVERY_MS) return;
  if (post({ op: 'typing', room: room.name, on: true })) {
    typingRoom = room;
    toldTyping = Date.now();
  }
}
