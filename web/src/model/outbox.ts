// What this client wants the server to store, until the server has said that it did.
//
//   waiting --transmitted--> flying --ack--> gone (the log has it now)
//      ^                       |
//      +------ line lost ------+--refused--> failed --retry--> waiting
//
//   1. An item is in the browser's database before it is transmitted, so a reload or a crash keeps it.
//   2. Its id and device are chosen once, and every try carries the same: the server stores it once.
//   3. Items leave in the order in which they were made. A refusal that time heals (`busy`,
//      `rate_limited`, `store_failed`) holds back all that follow, and all are sent again in order.

import type { WireObject } from './protocol.ts';

export type OutOp = 'send' | 'edit' | 'delete' | 'react';

export interface OutItem {
  id: string;
  user: string;
  device: string;
  op: OutOp;
  room: string;
  message?: string;
  reply_to?: number;
  action?: boolean;
  target?: number;
  emoji?: string;
  on?: boolean;
  // Local facts, never transmitted.
  created: number;
  state: 'waiting' | 'flying' | 'failed';
  code?: string;
  reason?: string;
}

export interface OutStore {
  put(item: OutItem): Promise<void>;
  remove(id: string): Promise<void>;
}

export const IN_FLIGHT_MAX = 16;
const PASSING = new Set(['busy', 'rate_limited', 'store_failed']);

export function requestOf(item: OutItem): WireObject {
  const { id, op, room } = item;
  const request: Record<string, unknown> = { op, id, room };
  for (const key of ['message', 'reply_to', 'action', 'target', 'emoji', 'on'] as const) {
    if (item[key] !== undefined) request[key] = item[key];
  }
  return request as WireObject;
}

export class Outbox {
  items: OutItem[] = [];
  private store: OutStore;
  private changed: () => void;
  private saving: Promise<void> = Promise.resolve();
  private unsaved = new Set<string>();
  private transmit: ((request: WireObject) => boolean) | null = null;

  constructor(store: OutStore, changed: () => void) {
    this.store = store;
    this.changed = changed;
  }

  // Items that an earlier page of this device left behind. Whether they were transmitted is not
  // known, and need not be: they go again, under the same ids.
  restore(items: OutItem[]): void {
    const known = new Set(this.items.map((item) => item.id));
    const old = items.filter((item) => !known.has(item.id));
    for (const item of old) if (item.state === 'flying') item.state = 'waiting';
    this.items = [...old, ...this.items].sort((a, b) => a.created - b.created);
    this.changed();
    this.pump();
  }

  async add(item: OutItem): Promise<void> {
    this.items = [...this.items, item];
    this.changed();
    await this.save(item);
  }

  has(id: string): boolean {
    return this.items.some((item) => item.id === id);
  }

  // The line is up and the rooms are joined: `transmit` says whether the line took the request.
  open(transmit: (request: WireObject) => boolean): void {
    this.transmit = transmit;
    this.pump();
  }

  lineLost(): void {
    this.transmit = null;
    for (const item of this.items) if (item.state === 'flying') item.state = 'waiting';
    this.changed();
  }

  acked(id: string): OutItem | undefined {
    const item = this.items.find((other) => other.id === id);
    if (!item) return undefined;
    this.items = this.items.filter((other) => other !== item);
    void this.store.remove(id).catch(() => undefined);
    this.changed();
    this.pump();
    return item;
  }

  // Returns whether the item should be tried again by itself, after a pause.
  refused(id: string, code: string, reason: string): boolean {
    const item = this.items.find((other) => other.id === id);
    if (!item) return false;
    if (PASSING.has(code)) {
      const at = this.items.indexOf(item);
      for (const later of this.items.slice(at)) if (later.state === 'flying') later.state = 'waiting';
      this.transmit = null;
      this.changed();
      return true;
    }
    item.state = 'failed';
    item.code = code;
    item.reason = reason;
    void this.save(item);
    this.changed();
    this.pump();
    return false;
  }

  retry(id: string): void {
    const item = this.items.find((other) => other.id === id);
    if (item?.state !== 'failed') return;
    item.state = 'waiting';
    delete item.code;
    delete item.reason;
    void this.save(item);
    this.changed();
  }

  discard(id: string): void {
    const item = this.items.find((other) => other.id === id);
    if (!item || item.state === 'flying') return;
    this.items = this.items.filter((other) => other !== item);
    void this.store.remove(id).catch(() => undefined);
    this.changed();
  }

  // Whether an answer about this room is still to come.
  flyingIn(room: string): boolean {
    return this.items.some((item) => item.room === room && item.state === 'flying');
  }

  private pump(): void {
    let flying = this.items.filter((item) => item.state === 'flying').length;
    let moved = false;
    for (const item of this.items) {
      if (!this.transmit || flying >= IN_FLIGHT_MAX) break;
      if (item.state === 'failed' || item.state === 'flying') continue;
      if (this.unsaved.has(item.id)) break;
      if (!this.transmit(requestOf(item))) break;
      item.state = 'flying';
      flying++;
      moved = true;
    }
    if (moved) this.changed();
  }

  // Writes one after the other, so that an older state of an item never overwrites a newer one.
  private save(item: OutItem): Promise<void> {
    this.unsaved.add(item.id);
    // A browser that refuses to store (private mode, full disk) still gets to chat.
    this.saving = this.saving
      .then(() => (this.items.includes(item) ? this.store.put({ ...item }) : undefined))
      .catch(() => undefined)
      .then(() => {
        this.unsaved.delete(item.id);
        this.pump();
      });
    return this.saving;
  }
}
