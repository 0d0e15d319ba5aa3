// One room as this client knows it: a cursor into the server's log, and a window of messages.
//
//   1. `head` is the highest seq up to which nothing is missing. It rises by one with each entry
//      (next: applied; old: dropped; further: held until the hole before it is filled).
//   2. `window` is an unbroken run of messages, rising in seq. `moreAfter` says that newer ones
//      exist beyond its end; while it is false the window ends at `head`.
//   3. The window never holds more than WINDOW_MAX messages: what is far from the reader goes. While
//      the reader is at the end it holds fewer, since in a busy room it is drawn often.
//   4. Applying an entry again changes nothing, so a page of history, which already reads as of
//      now, and the entries that arrived while it was on its way can be put together in any order.
//   5. Messages are immutable: a change replaces the object, so a view can compare by identity.

import type { Entry, FileFacts, MessageEntry, Reaction, WireObject } from './protocol.ts';
import { isEntry } from './protocol.ts';
import { fold } from './names.ts';

export const WINDOW_MAX = 240;
export const PAGE = 60;
const FOLLOWING_MAX = 180;
const RECENT_MAX = 256;

export interface Message {
  kind: 'message' | 'topic' | 'gap';
  seq: number;
  time: number;
  name: string;
  text: string;
  replyTo?: number;
  action?: boolean;
  // The seq of the edit that made the text what it is.
  edited?: number;
  deleted?: boolean;
  // The id under which it was sent: only the sender's own messages have it.
  id?: string;
  guest?: boolean;
  bot?: boolean;
  reactions: readonly Reaction[];
  files?: readonly FileFacts[];
}

export type Received = 'applied' | 'old' | 'held';

// A message of files alone says nothing.
export function saidIn({ text, message }: MessageEntry): string {
  return text ?? message;
}

export function messageOf(entry: MessageEntry | Entry): Message | null {
  const base = { seq: entry.seq, time: Date.parse(entry.time), name: entry.from?.name ?? '', reactions: [] };
  if (entry.op === 'topic') return { ...base, kind: 'topic', text: entry.topic };
  if (entry.op !== 'message') return null;
  const message: Message = { ...base, kind: 'message', text: saidIn(entry) };
  if (entry.files?.length) message.files = entry.files;
  if (entry.reply_to) message.replyTo = entry.reply_to;
  if (entry.action) message.action = true;
  if (entry.edited) message.edited = entry.edited;
  if (entry.id) message.id = entry.id;
  if (entry.bot) message.bot = true;
  if (entry.guest) message.guest = true;
  if (entry.reactions?.length) {
    message.reactions = entry.reactions.map(({ emoji, count, names }) => ({ emoji, count, names: [...names] }));
  }
  return entry.deleted ? withoutText(message) : message;
}

export function withoutText({ files: _files, ...message }: Message): Message {
  return { ...message, text: '', deleted: true, reactions: [] };
}

export function withReaction(message: Message, emoji: string, name: string, on: boolean): Message {
  const old = message.reactions.find((reaction) => reaction.emoji === emoji);
  const has = old?.names.some((other) => fold(other) === fold(name)) ?? false;
  if (has === on || message.deleted) return message;
  if (!old) return { ...message, reactions: [...message.reactions, { emoji, count: 1, names: [name] }] };
  const names = on ? [...old.names, name] : old.names.filter((other) => fold(other) !== fold(name));
  const next = { emoji, count: old.count + (on ? 1 : -1), names };
  const reactions = message.reactions.map((reaction) => (reaction === old ? next : reaction));
  return { ...message, reactions: reactions.filter((reaction) => reaction.count > 0) };
}

// The message after `entry`, which aims at it.
export function changed(message: Message, entry: Entry): Message {
  if (message.kind !== 'message') return message;
  switch (entry.op) {
    case 'edit':
      // A page may be ahead of the entries that are replayed after it.
      if (message.deleted || entry.seq <= (message.edited ?? 0)) return message;
      return { ...message, text: entry.message, edited: entry.seq };
    case 'delete':
      return message.deleted ? message : withoutText(message);
    case 'react':
      return withReaction(message, entry.emoji, entry.from.name, entry.on);
    default:
      return message;
  }
}

export class RoomLog {
  head = 0;
  window: Message[] = [];
  loaded = false;
  moreBefore = true;
  moreAfter = true;
  // The reader is at the end: what is old leaves the window first.
  following = true;
  private held = new Map<number, Entry>();
  private recent: Entry[] = [];
  private loads = 0;
  private onApplied: (entry: Entry) => void;

  // `onApplied` sees every entry once, in order, whether it came at once or had to be held.
  constructor(onApplied: (entry: Entry) => void = () => undefined) {
    this.onApplied = onApplied;
  }

  // The place where the log starts for us when nothing was known of it before.
  startAt(seq: number): void {
    this.head = seq;
    this.held.clear();
    this.recent = [];
    this.unload();
  }

  unload(): void {
    this.window = [];
    this.loaded = false;
    this.moreBefore = true;
    this.moreAfter = true;
  }

  receive(entry: Entry): Received {
    if (entry.seq <= this.head) return 'old';
    if (entry.seq > this.head + 1) {
      this.held.set(entry.seq, entry);
      return 'held';
    }
    this.apply(entry);
    for (;;) {
      const next = this.held.get(this.head + 1);
      if (!next) return 'applied';
      this.held.delete(next.seq);
      this.apply(next);
    }
  }

  // An ack does not say under which links the files of one's own message are read.
  learnFiles({ seq, files }: MessageEntry): void {
    const at = this.indexOf(seq);
    if (files && this.window[at]?.files) this.window = this.window.with(at, { ...this.window[at]!, files });
  }

  // The lowest seq that waits behind a hole, or 0.
  get firstHeld(): number {
    let lowest = 0;
    for (const seq of this.held.keys()) if (!lowest || seq < lowest) lowest = seq;
    return lowest;
  }

  // Retention removed the entries up to `toSeq`; the reader is told where they were.
  skip(toSeq: number, time: number): void {
    if (toSeq <= this.head) return;
    this.head = toSeq;
    for (const seq of [...this.held.keys()]) if (seq <= toSeq) this.held.delete(seq);
    if (this.loaded && !this.moreAfter) {
      this.window = [...this.window, { kind: 'gap', seq: toSeq, time, name: '', text: '', reactions: [] }];
    }
    const next = this.held.get(this.head + 1);
    if (next) {
      this.held.delete(next.seq);
      this.receive(next);
    }
  }

  // Fills the hole before `firstHeld` from a history page that was asked for with `after: head`.
  // Returns whether the hole is closed and whether it held entries that a page does not show
  // (edits, deletions, reactions), so that the window has to be read again.
  fill(page: WireObject[], more: boolean): { closed: boolean; stale: boolean } {
    const upTo = this.firstHeld;
    if (!upTo) return { closed: true, stale: false };
    let stale = false;
    let last = this.head;
    for (const object of page) {
      if (!isEntry(object)) continue;
      const entry = object as unknown as Entry;
      last = Math.max(last, entry.seq);
      if (entry.seq <= this.head || entry.seq >= upTo) continue;
      if (entry.seq > this.head + 1) stale = true;
      this.head = entry.seq - 1;
      this.apply(entry);
    }
    const closed = !more || last >= upTo;
    if (!closed) return { closed, stale };
    if (this.head + 1 < upTo) {
      stale = true;
      this.head = upTo - 1;
    }
    const next = this.held.get(upTo)!;
    this.held.delete(upTo);
    this.receive(next);
    return { closed, stale };
  }

  find(seq: number): Message | undefined {
    const at = this.indexOf(seq);
    return at >= 0 ? this.window[at] : undefined;
  }

  get first(): number {
    return this.window[0]?.seq ?? 0;
  }

  get last(): number {
    return this.window.at(-1)?.seq ?? 0;
  }

  // Call before asking for a page: from here on, what arrives is kept until the page is put in.
  beginLoad(): void {
    this.loads++;
  }

  endLoad(): void {
    this.loads--;
    this.trimRecent();
  }

  // A page that becomes the whole window. `atEnd`: it ends at the newest message.
  replaceWith(page: WireObject[], moreBefore: boolean, atEnd: boolean): void {
    this.window = this.reconcile(page);
    this.loaded = true;
    this.moreBefore = moreBefore;
    this.moreAfter = !atEnd;
    if (atEnd) this.appendRecent();
  }

  prepend(page: WireObject[], more: boolean): void {
    const first = this.first;
    const older = this.reconcile(page).filter((message) => !first || message.seq < first);
    this.window = [...older, ...this.window];
    this.moreBefore = more;
    if (this.window.length > WINDOW_MAX) {
      this.window = this.window.slice(0, WINDOW_MAX);
      this.moreAfter = true;
    }
  }

  append(page: WireObject[], more: boolean): void {
    const newer = this.reconcile(page).filter((message) => message.seq > this.last);
    this.window = [...this.window, ...newer];
    this.moreAfter = more;
    if (!more) this.appendRecent();
    if (this.window.length > WINDOW_MAX) {
      this.window = this.window.slice(-WINDOW_MAX);
      this.moreBefore = true;
    }
  }

  private indexOf(seq: number): number {
    let low = 0;
    let high = this.window.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.window[middle]!.seq;
      if (at === seq) return middle;
      if (at < seq) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  private apply(entry: Entry): void {
    this.head = entry.seq;
    this.recent.push(entry);
    this.trimRecent();
    if (this.loaded) this.show(entry);
    this.onApplied(entry);
  }

  private show(entry: Entry): void {
    const message = messageOf(entry);
    if (message) {
      if (!this.moreAfter && message.seq > this.last) this.push(message);
    } else if ('target' in entry) {
      const at = this.indexOf(entry.target);
      if (at >= 0) this.window = this.window.with(at, changed(this.window[at]!, entry));
    }
  }

  private push(message: Message): void {
    if (this.window.length < (this.following ? FOLLOWING_MAX : WINDOW_MAX)) {
      this.window = [...this.window, message];
    } else if (this.following) {
      this.window = [...this.window.slice(PAGE - FOLLOWING_MAX), message];
      this.moreBefore = true;
    } else {
      // The reader is further up: the end leaves the window, and is fetched when wanted.
      this.moreAfter = true;
    }
  }

  private reconcile(page: WireObject[]): Message[] {
    const messages = new Map<number, Message>();
    for (const object of page) {
      if (!isEntry(object)) continue;
      const message = messageOf(object as unknown as Entry);
      if (message) messages.set(message.seq, message);
    }
    for (const entry of this.recent) {
      if (!('target' in entry)) continue;
      const message = messages.get(entry.target);
      if (message) messages.set(entry.target, changed(message, entry));
    }
    return [...messages.values()].sort((a, b) => a.seq - b.seq);
  }

  private appendRecent(): void {
    const last = this.last;
    const newer: Message[] = [];
    for (const entry of this.recent) {
      if (entry.seq <= last) continue;
      const message = messageOf(entry);
      if (message) newer.push(message);
    }
    for (const entry of this.recent) {
      if (!('target' in entry)) continue;
      const at = newer.findIndex((message) => message.seq === entry.target);
      if (at >= 0) newer[at] = changed(newer[at]!, entry);
    }
    if (newer.length) this.window = [...this.window, ...newer];
  }

  private trimRecent(): void {
    if (this.loads === 0 && this.recent.length > RECENT_MAX) this.recent = this.recent.slice(-RECENT_MAX / 2);
  }
}
