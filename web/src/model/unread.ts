// How much of a room its reader has not seen: a read marker, and the messages of others after it.
//
//   1. Only messages of others count, each once: edits, reactions and one's own never do.
//   2. `base` is what the server counted up to `upTo`; `later` holds each message that came since,
//      so a marker that is moved on another device leaves exactly what lies beyond it.
//   3. 1,000 means at least 1,000, as in the protocol.

export const COUNT_MAX = 1_000;

export interface Counted {
  seq: number;
  // It names the reader, answers them, or is meant for them alone.
  called: boolean;
}

export class Unread {
  read = 0;
  private base = { upTo: 0, count: 0, mentions: 0 };
  private later: Counted[] = [];

  get count(): number {
    return Math.min(COUNT_MAX, this.base.count + this.later.length);
  }

  get mentions(): number {
    let called = this.base.mentions;
    for (const message of this.later) if (message.called) called++;
    return Math.min(COUNT_MAX, called);
  }

  // `counts` is what the server says. A server that does not say leaves only the two ends known.
  startAt(read: number, head: number, counts?: { unread: number; mentions: number }): void {
    this.read = read;
    this.later = [];
    this.base = counts
      ? { upTo: head, count: counts.unread, mentions: counts.mentions }
      : { upTo: head, count: Math.max(0, head - read), mentions: 0 };
  }

  add(seq: number, called: boolean): void {
    if (seq <= this.read || seq <= this.base.upTo || this.later.some((other) => other.seq === seq)) return;
    this.later.push({ seq, called });
    if (this.later.length > COUNT_MAX) this.later.shift();
  }

  // A message turned out to call the reader: it answers one of theirs.
  call(seq: number): boolean {
    const message = this.later.find((other) => other.seq === seq);
    if (!message || message.called) return false;
    message.called = true;
    return true;
  }

  // A deleted message is not unread.
  remove(seq: number): void {
    this.later = this.later.filter((other) => other.seq !== seq);
  }

  // Read here or on another device. Returns whether the marker moved.
  markRead(seq: number, head: number): boolean {
    if (seq <= this.read) return false;
    this.read = seq;
    this.later = this.later.filter((other) => other.seq > seq);
    const { upTo, count, mentions } = this.base;
    if (seq >= upTo || seq >= head) this.base = { upTo, count: 0, mentions: 0 };
    else this.base = { upTo, count: Math.min(count, upTo - seq), mentions: Math.min(mentions, upTo - seq) };
    return true;
  }

  // Goes back: what `after` lists is unread again, and nothing before it.
  markUnread(read: number, head: number, after: Counted[]): void {
    this.read = read;
    this.base = { upTo: Math.max(read, (after[0]?.seq ?? head + 1) - 1), count: 0, mentions: 0 };
    this.later = after.slice(-COUNT_MAX);
  }
}
