// The files of the messages that wait, one after the other. A message leaves when the server has all of
// its files; an upload that breaks off goes on where it was, and what the server refuses is set aside with the reason.

import { needsUpload } from '../model/outbox.ts';
import type { OutFile, OutItem } from '../model/outbox.ts';
import { giveUp } from '../net/upload.ts';
import { Refusal } from '../model/protocol.ts';
import type { HistoryPage } from '../model/protocol.ts';
import { language, t } from '../text.ts';
import type { Environment } from './environment.ts';
import type { Keeping } from './keeping.ts';
import type { Line } from './line.ts';
import type { Refresh } from './refresh.ts';
import type { Room } from './room.ts';
import type { Sending } from './sending.ts';
import type { State } from './state.ts';

const TRIES_MAX = 4;
const REST_MS = 2_000;
// Faults that pass with time.
const PASSING = new Set(['offline', 'busy', 'rate_limited', 'store_failed', 'auth_failed', 'auth_required']);

interface Parts {
  environment: Environment;
  state: State;
  line: Line;
  refresh: Refresh;
  keeping: Keeping;
  sending: Sending;
  secret(): string;
}

export class Uploads {
  private parts: Parts;
  private current: { id: string; abort: AbortController } | null = null;
  // Failed tries in a row, counted apart for those with a connection and those without.
  private tries = new Map<string, { count: number; isOffline: boolean }>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private queue: Promise<void> = Promise.resolve();
  private isQueued = false;
  // Grows when somebody signs out: what was theirs ends.
  private visit = 0;

  constructor(parts: Parts) {
    this.parts = parts;
    parts.state.phase.subscribe((phase) => {
      if (phase !== 'sign-in') return;
      this.visit++;
      this.tries.clear();
      this.current?.abort.abort();
    });
  }

  // Uploads what this page's messages need; or the files of `orphans`, which a closed tab left behind.
  run(orphans?: OutItem[]): Promise<void> {
    if (!orphans && this.isQueued) return this.queue;
    this.isQueued ||= !orphans;
    const { visit } = this;
    this.queue = this.queue.then(() => this.work(orphans, visit));
    return this.queue;
  }

  // Until it is called again with `paused` false, also after a reload.
  pause(id: string, paused: boolean): void {
    const { outbox } = this.parts.sending;
    const item = outbox.find(id);
    if (!item) return;
    item.paused = paused;
    void outbox.uploaded(item);
    if (!paused) void this.run();
    else if (this.current?.id === id) this.current.abort.abort();
  }

  // The message goes, and with it what has gone up already: the server drops whole files by itself.
  cancel(id: string): void {
    const { outbox } = this.parts.sending;
    const { secret } = this.parts;
    for (const { file, half } of outbox.find(id)?.files ?? []) if (half && !file) void giveUp(half, secret());
    outbox.discard(id);
    this.tries.delete(id);
    if (this.current?.id === id) this.current.abort.abort();
  }

  async learnLinks(room: Room, seq: number): Promise<void> {
    const { line, refresh, keeping } = this.parts;
    const page = await line.request<HistoryPage>({ op: 'history', room: room.name, around: seq, limit: 1 });
    const entry = page.ok && page.value.messages.find((message) => message.seq === seq);
    if (!entry || entry.op !== 'message') return;
    // The page knows by its key what it sent.
    const known = room.log.find(seq)?.files;
    room.log.learnFiles({ ...entry, files: entry.files?.map((file, at) => ({ ...known?.[at], ...file })) });
    refresh.touch(room);
    keeping.saveSoon(room);
  }

  private async work(orphans: OutItem[] | undefined, visit: number): Promise<void> {
    if (!orphans) this.isQueued = false;
    clearTimeout(this.timer);
    const { keeping, line, sending } = this.parts;
    const { outbox } = sending;
    const isWanted = (item: OutItem) => (orphans ? visit === this.visit && item.user === keeping.user : outbox.items.includes(item));
    const next = () => (orphans ?? outbox.items).find((item) => needsUpload(item) && !item.paused && isWanted(item));
    for (let item = next(); item && line.isOnline; item = next()) {
      if (!(await this.item(item, orphans !== undefined, isWanted))) return this.rest();
    }
  }

  // False where nothing more is to be tried for now. What is not wanted any more leaves no trace.
  private async item(item: OutItem, isOrphan: boolean, isWanted: (item: OutItem) => boolean): Promise<boolean> {
    const { outbox } = this.parts.sending;
    const check = () => {
      if (!isWanted(item)) throw new Refusal('aborted', '');
    };
    try {
      for (const [at, file] of item.files!.entries()) {
        if (file.file) continue;
        const save = async () => {
          if (isOrphan) await this.parts.keeping.database.outbox.put({ ...item });
          else await outbox.uploaded(item);
        };
        const keep = (half: string) => {
          file.half = half;
          check();
          return save();
        };
        const facts = await this.file(item, file, check, keep);
        check();
        item.files![at] = { ...file, ...facts };
        await save();
      }
      this.tries.delete(item.id);
      return true;
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('offline', '');
      const before = this.tries.get(item.id);
      this.tries.delete(item.id);
      if (refusal.code === 'aborted') return true;
      const isOffline = refusal.code === 'offline';
      const count = before?.isOffline === isOffline ? before.count + 1 : 1;
      // A lost line is waited for as long as it takes.
      if (isOffline || (PASSING.has(refusal.code) && count < TRIES_MAX)) {
        this.tries.set(item.id, { count, isOffline });
        return false;
      }
      const reason = refusal.message || t('error.offline');
      if (isOrphan) Object.assign(item, { state: 'failed', code: refusal.code, reason });
      else outbox.setAside(item, refusal.code, reason);
      return true;
    } finally {
      this.current = null;
      this.parts.state.uploading.value = { key: '', part: 0 };
    }
  }

  private async file(item: OutItem, { key, name, blob, half = '' }: OutFile, check: () => void, keep: (half: string) => Promise<void>) {
    const { environment, state, secret } = this.parts;
    const upload = await environment.loadUpload();
    // Deleted or changed since it was chosen: no line would help.
    await blob.slice(0, 1).arrayBuffer().catch(() => {
      throw new Refusal('input', t('error.unreadable', { name }));
    });
    check();
    const abort = new AbortController();
    this.current = { id: item.id, abort };
    const progress = (part: number) => void (state.uploading.value = { key, part });
    progress(0);
    const { file, ...facts } = await upload({ name, blob, half, secret: secret(), language: language(), progress, keep, signal: abort.signal });
    return { ...facts, file };
  }

  private rest(): void {
    const tries = Math.max(1, ...[...this.tries.values()].map(({ count }) => count));
    this.timer = setTimeout(() => void this.run(), REST_MS * 2 ** Math.min(tries, 5));
  }
}
