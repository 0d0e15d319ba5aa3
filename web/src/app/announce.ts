// Announcements for screen readers, calmly made. Messages are collected for a moment; one is read out, several are
// counted. The log itself is silent, so scrolling back does not read the history aloud.

import { signal } from '@preact/signals';
import type { Entry } from '../model/protocol.ts';
import { gistOf } from '../model/markup.ts';
import { saidIn } from '../model/roomlog.ts';
import type { Room } from './room.ts';
import type { State } from './state.ts';
import { t, tn } from '../text.ts';

const COLLECT_MS = 1_200;
const REST_MS = 4_000;

export class Announcer {
  readonly said = signal('');
  private state: State;
  private waiting: { name: string; text: string }[] = [];
  private planned = false;
  private last = 0;

  constructor(state: State) {
    this.state = state;
  }

  say(text: string): void {
    // The same words twice must still be a change.
    this.said.value = this.said.value === text ? `${text}\u00a0` : text;
  }

  entry(room: Room, entry: Entry): void {
    if (entry.op !== 'message' || room !== this.state.active.value || this.state.isMe(entry.from.name)) return;
    this.waiting.push({ name: entry.from.name, text: gistOf({ text: saidIn(entry), files: entry.files }, 200) });
    if (this.planned) return;
    this.planned = true;
    setTimeout(() => this.tell(), Math.max(COLLECT_MS, this.last + REST_MS - Date.now()));
  }

  private tell(): void {
    const list = this.waiting;
    this.waiting = [];
    this.planned = false;
    this.last = Date.now();
    const only = list[0]!;
    if (list.length === 1) this.say(t('announce.one', { name: only.name, text: only.text }));
    else this.say(tn('announce.many', list.length));
  }
}
