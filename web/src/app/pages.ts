// Pages of a room's history: read into the window, and into holes of the log. The rules are those of
// model/roomlog.ts; this is their I/O.

import { PAGE, messageOf } from '../model/roomlog.ts';
import type { Message } from '../model/roomlog.ts';
import type { HistoryPage, WireObject } from '../model/protocol.ts';
import type { Result } from '../model/result.ts';
import { done } from '../model/result.ts';
import { seqAtTime } from '../model/time.ts';
import type { Keeping } from './keeping.ts';
import type { Line } from './line.ts';
import type { Refresh } from './refresh.ts';
import type { Room, Target } from './room.ts';
import type { State } from './state.ts';

// A hole may just be our own entry, whose ack is on its way.
const ACK_GRACE_MS = 1_500;
const HOLE_REST_MS = 50;
const HOLE_PAGE = 200;
// The view asks for more whenever it is near an edge; after a failure it has to wait.
const REST_AFTER_FAILURE_MS = 3_000;
const THREAD_PAGE = 200;
const THREAD_PAGES_MAX = 10;

type Where = { before: number } | { after: number };

interface Parts {
  state: State;
  line: Line;
  refresh: Refresh;
  keeping: Keeping;
  // Whether an ack about this room is still to come.
  flyingIn(room: string): boolean;
}

// Thrown inside of one load, and never out of this file.
class Failed extends Error {
  result: Result<never>;

  constructor(result: Result<never>) {
    super('a page could not be read');
    this.result = result;
  }
}

function wireOf(...pages: HistoryPage[]): WireObject[] {
  return pages.flatMap((page) => page.messages) as unknown as WireObject[];
}

export class Pages {
  private parts: Parts;
  private holes = new Map<Room, ReturnType<typeof setTimeout>>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async latest(room: Room): Promise<void> {
    // Nothing was said yet: a conversation that has not begun has no history to ask for either.
    if (room.log.head === 0) {
      room.log.replaceWith([], false, true);
      return this.parts.refresh.touch(room);
    }
    await this.load(room, async () => {
      const page = await this.read(room, { before: room.log.head + 1 });
      room.log.replaceWith(wireOf(page), page.more, true);
    });
  }

  async older(room: Room): Promise<void> {
    if (!this.mayLoad(room) || !room.log.moreBefore || !room.log.first) return;
    await this.load(room, async () => {
      const page = await this.read(room, { before: room.log.first });
      room.log.prepend(wireOf(page), page.more);
    });
  }

  async newer(room: Room): Promise<void> {
    if (!this.mayLoad(room) || !room.log.moreAfter) return;
    await this.load(room, async () => {
      const page = await this.read(room, { after: room.log.last });
      room.log.append(wireOf(page), page.more);
    });
  }

  async toStart(room: Room): Promise<void> {
    room.log.following = false;
    await this.load(room, async () => {
      const page = await this.read(room, { after: 0 });
      room.log.replaceWith(wireOf(page), false, !page.more);
      room.target.value = { seq: room.log.first, place: 'start' };
    });
  }

  async toEnd(room: Room): Promise<void> {
    room.log.following = true;
    room.target.value = null;
    if (room.log.moreAfter && room.isLive) await this.latest(room);
    else this.parts.refresh.touch(room);
  }

  // Shows the message `seq` with what is around it.
  async jumpTo(room: Room, seq: number, place: Target['place'] = 'center'): Promise<void> {
    room.log.following = false;
    if (room.log.find(seq) || (await this.around(room, seq))) {
      room.target.value = { seq, place };
      this.parts.refresh.touch(room);
    }
  }

  // The first message of a day, by halving the log: about 24 questions for 10 million messages.
  async jumpToDate(room: Room, time: number): Promise<Result> {
    try {
      const seq = await seqAtTime(time, room.log.head, async (after) => {
        const message = (await this.read(room, { after }, 1)).messages[0];
        return message ? { seq: message.seq, time: Date.parse(message.time) } : null;
      });
      if (seq === null) await this.toEnd(room);
      else await this.jumpTo(room, seq, 'start');
      return done;
    } catch (error) {
      if (error instanceof Failed) return error.result;
      throw error;
    }
  }

  // The message that a reply answers: from the window, or asked for once and remembered.
  quoteOf(room: Room, seq: number): Message | null | undefined {
    const near = room.log.find(seq) ?? room.quotes.get(seq);
    if (near !== undefined || !room.isLive) return near;
    void this.quote(room, seq);
    return null;
  }

  async quote(room: Room, seq: number): Promise<Message | null> {
    const near = room.log.find(seq) ?? room.quotes.get(seq);
    if (near) return near;
    room.quotes.set(seq, null);
    const answer = await this.parts.line.request<HistoryPage>({ op: 'history', room: room.name, after: seq - 1, limit: 1 });
    if (!answer.ok) {
      room.quotes.delete(seq);
      return null;
    }
    const found = answer.value.messages.find((message) => message.seq === seq);
    const message = found ? messageOf(found) : null;
    if (message) room.quotes.set(seq, message);
    this.parts.refresh.touch(room);
    return message;
  }

  // A message and all that answers it, directly or through others, as far as the pages after it go.
  async thread(room: Room, root: number): Promise<Result<{ messages: Message[]; more: boolean }>> {
    const messages: Message[] = [];
    const inside = new Set([root]);
    let after = root - 1;
    let more = true;
    try {
      for (let n = 0; n < THREAD_PAGES_MAX && more; n++) {
        const page = await this.read(room, { after }, THREAD_PAGE);
        for (const entry of page.messages) {
          after = entry.seq;
          const message = messageOf(entry);
          if (!message || (message.seq !== root && !inside.has(message.replyTo ?? 0))) continue;
          inside.add(message.seq);
          messages.push(message);
        }
        more = page.more;
      }
      return { ok: true, value: { messages, more } };
    } catch (error) {
      if (error instanceof Failed) return error.result;
      throw error;
    }
  }

  mindTheHole(room: Room): void {
    if (this.holes.has(room)) return;
    const wait = this.parts.flyingIn(room.name) ? ACK_GRACE_MS : HOLE_REST_MS;
    const timer = setTimeout(() => {
      this.holes.delete(room);
      if (room.log.firstHeld) void this.fillHole(room);
    }, wait);
    this.holes.set(room, timer);
  }

  private async fillHole(room: Room): Promise<void> {
    let stale = false;
    while (room.log.firstHeld) {
      const { head } = room.log;
      const request = { op: 'history', room: room.name, after: head, limit: HOLE_PAGE };
      const page = await this.parts.line.request<HistoryPage>(request);
      if (!page.ok) return; // The line is gone; the resume that follows replays what is missing.
      const filled = room.log.fill(wireOf(page.value), page.value.more);
      stale ||= filled.stale;
      if (!filled.closed && room.log.head === head) break;
    }
    this.parts.refresh.touch(room);
    if (!stale || !room.log.loaded) return;
    if (room.log.following) return this.latest(room);
    const middle = room.log.window[room.log.window.length >> 1];
    if (middle) await this.around(room, middle.seq);
  }

  private mayLoad(room: Room): boolean {
    return room.isLive && !room.loading.peek() && room.log.loaded && Date.now() >= room.restUntil;
  }

  // Half a page on each side, asked for as two, so that it is known of both sides whether there is more.
  private around(room: Room, seq: number): Promise<boolean> {
    return this.load(room, async () => {
      const [older, newer] = await Promise.all([
        this.read(room, { before: seq }, PAGE / 2),
        this.read(room, { after: seq - 1 }, PAGE / 2),
      ]);
      room.log.replaceWith(wireOf(older, newer), older.more, !newer.more);
    });
  }

  private async read(room: Room, where: Where, limit = PAGE): Promise<HistoryPage> {
    const answer = await this.parts.line.request<HistoryPage>({ op: 'history', room: room.name, limit, ...where });
    if (!answer.ok) throw new Failed(answer);
    return answer.value;
  }

  // `act` asks for pages and puts them into the log; what arrives meanwhile is kept for it.
  private async load(room: Room, act: () => Promise<void>): Promise<boolean> {
    room.loading.value = true;
    room.log.beginLoad();
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      const { result } = error;
      if (!result.ok && result.code !== 'offline') this.parts.state.say(result.text, 'problem');
      room.restUntil = Date.now() + REST_AFTER_FAILURE_MS;
      return false;
    } finally {
      room.log.endLoad();
      room.loading.value = false;
      this.parts.refresh.touch(room);
      this.parts.keeping.saveSoon(room);
    }
  }
}

