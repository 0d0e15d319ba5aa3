// Messages that the server is to store, kept until it has said that it did.
//
//   waiting --transmitted--> flying --ack--> gone (the log has it now)
//      ^                       |
//      +------ line lost ------+--refused--> failed --retry--> waiting
//
//   1. An item is in the browser's database before it is transmitted, so a reload or a crash keeps it.
//   2. Its id and device are chosen once, and every try carries the same: the server stores it once.
//   3. Items leave in the order in which they were made. A refusal that time heals (`busy`,
//      `rate_limited`, `store_failed`) holds back all that follow, and all are sent again in order.
//      A message whose files are still to be uploaded lets the others pass, and leaves when they are.
//   4. No item stops the others for ever: one that the store refuses twice, or that ends the line
//      twice without an answer, is set aside as failed, with the reason.

import type { FileFacts, WireObject } from './protocol.ts';

export type OutOp = 'send' | 'edit' | 'delete' | 'react';

// A file of a message that waits. `file` is empty until it is uploaded; then it has what the server said.
export interface OutFile extends FileFacts {
  key: string;
  blob: Blob;
  // The server's address of the half that has gone up already.
  half?: string;
}

export interface OutItem {
  id: string;
  user: string;
  device: string;
  op: OutOp;
  room: string;
  message?: string;
  reply_to?: number;
  action?: boolean;
  files?: OutFile[];
  target?: number;
  emoji?: string;
  on?: boolean;
  // Local facts, never transmitted.
  created: number;
  state: 'waiting' | 'flying' | 'failed';
  // Its files wait until somebody has them go on.
  paused?: boolean;
  refusals?: number;
  code?: string;
  reason?: string;
}

export interface OutStore {
  put(item: OutItem): Promise<void>;
  remove(id: string): Promise<void>;
}

export const IN_FLIGHT_MAX = 16;
const REFUSALS_MAX = 2;
const PASSING = new Set(['busy', 'rate_limited', 'store_failed']);
// Errors that the server may give without an id: of what it could not read.
const UNREADABLE = new Set(['bad_json', 'bad_field', 'too_large']);

export function requestOf(item: OutItem): WireObject {
  const { id, op, room } = item;
  const request: Record<string, unknown> = { op, id, room };
  for (const key of ['message', 'reply_to', 'action', 'target', 'emoji', 'on'] as const) {
    if (item[key] !== undefined) request[key] = item[key];
  }
  if (item.files) request.files = item.files.map(({ file }) => file);
  return request as WireObject;
}

export function needsUpload({ files, state }: OutItem): boolean {
  return state === 'waiting' && files?.some(({ file }) => !file) === true;
}

// Another tab sent it, with files that it uploaded itself: the id is there, with other files.
export function isStored({ files }: OutItem, code: string): boolean {
  return code === 'id_reused' && files !== undefined;
}

// Half of a surrogate pair is not a character, and no UTF-8 can carry it.
export function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, '\ufffd');
}

export class Outbox {
  items: OutItem[] = [];
  private store: OutStore;
  private changed: () => void;
  private upload: () => void;
  private saving: Promise<void> = Promise.resolve();
  private unsaved = new Set<string>();
  private transmit: ((request: WireObject) => boolean) | null = null;
  // So many items still go one at a time, until it is known which of them ends the line.
  private careful = 0;

  // `upload` is called whenever the line is up and an item has files that are not on the server.
  constructor(store: OutStore, changed: () => void, upload: () => void = () => undefined) {
    this.store = store;
    this.changed = changed;
    this.upload = upload;
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

  clear(): void {
    this.items = [];
    this.changed();
  }

  find(id: string): OutItem | undefined {
    return this.items.find((item) => item.id === id);
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
    const item = this.find(id);
    if (!item) return undefined;
    if (this.careful > 0) this.careful--;
    this.items = this.items.filter((other) => other !== item);
    void this.store.remove(id).catch(() => undefined);
    this.changed();
    this.pump();
    return item;
  }

  // Returns whether the item should be tried again by itself, after a pause.
  refused(id: string, code: string, reason: string): boolean {
    const item = this.find(id);
    if (!item) return false;
    if (isStored(item, code)) {
      this.acked(id);
      return false;
    }
    item.refusals = (item.refusals ?? 0) + 1;
    if (code === 'no_file' && item.files && item.refusals < REFUSALS_MAX) {
      // It waited longer than the server keeps a file that no message has.
      for (const file of item.files) file.file = '';
      item.state = 'waiting';
      void this.save(item);
      this.changed();
      return false;
    }
    const again = PASSING.has(code) && !(code === 'store_failed' && item.refusals >= REFUSALS_MAX);
    if (!again) {
      this.setAside(item, code, reason);
      this.pump();
      return false;
    }
    const at = this.items.indexOf(item);
    for (const later of this.items.slice(at)) if (later.state === 'flying') later.state = 'waiting';
    this.transmit = null;
    this.changed();
    return true;
  }

  // The server could not read something, and did not say what: the oldest item on its way is under
  // suspicion, and is sent alone the next time.
  unreadable(code: string, reason: string): void {
    const item = this.items.find((other) => other.state === 'flying');
    if (!item || !UNREADABLE.has(code)) return;
    const alone = this.items.filter((other) => other.state === 'flying').length === 1;
    this.careful = IN_FLIGHT_MAX;
    if (alone) item.refusals = (item.refusals ?? 0) + 1;
    if ((item.refusals ?? 0) >= REFUSALS_MAX) this.setAside(item, code, reason);
    else void this.save(item);
  }

  // One of its files is on the server now, or is to be uploaded again.
  uploaded(item: OutItem): Promise<void> {
    this.changed();
    return this.items.includes(item) ? this.save(item) : Promise.resolve();
  }

  setAside(item: OutItem, code: string, reason: string): void {
    item.state = 'failed';
    item.code = code;
    item.reason = reason;
    void this.save(item);
    this.changed();
  }

  retry(id: string): void {
    const item = this.find(id);
    if (item?.state !== 'failed') return;
    item.state = 'waiting';
    delete item.code;
    delete item.reason;
    delete item.refusals;
    void this.save(item);
    this.changed();
  }

  discard(id: string): void {
    const item = this.find(id);
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
    if (this.transmit && this.items.some(needsUpload)) this.upload();
    for (const item of this.items) {
      if (!this.transmit || flying >= (this.careful ? 1 : IN_FLIGHT_MAX)) break;
      if (item.state === 'failed' || item.state === 'flying' || needsUpload(item)) continue;
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
