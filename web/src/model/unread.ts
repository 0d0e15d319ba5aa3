// How much of a room its reader has not seen: a read marker, and what came after it.

import type { Entry } from './protocol.ts';
import { mentions, sameName } from './names.ts';

export class Unread {
  read = 0;
  count = 0;
  mentions = 0;

  // At the start only the two ends are known; edits and reactions between them count too, once.
  startAt(read: number, head: number): void {
    this.read = read;
    this.count = Math.max(0, head - read);
    this.mentions = 0;
  }

  // Entries of others count; whoever writes has seen the room.
  entry(entry: Entry, me: string, direct: boolean): void {
    if (entry.op !== 'message' || entry.seq <= this.read) return;
    if (sameName(entry.from.name, me)) return;
    this.count++;
    if (direct || mentions(entry.message, me)) this.mentions++;
  }

  // Read here or on another device. Returns whether the marker moved.
  markRead(seq: number, head: number): boolean {
    if (seq <= this.read) return false;
    this.read = seq;
    this.count = seq >= head ? 0 : Math.min(this.count, head - seq);
    if (seq >= head) this.mentions = 0;
    return true;
  }
}
