// What a screen reader is told: calmly. Messages are collected for a moment; one is read out,
// several are counted. The log itself is silent, so scrolling back does not read the history aloud.

import { signal } from '@preact/signals';
import type { Entry } from '../model/protocol.ts';
import { sameName } from '../model/names.ts';
import { summaryOf } from '../model/markup.ts';
import type { Room } from './room.ts';
import { active, me } from './state.ts';
import { t, tn } from '../text.ts';

const COLLECT_MS = 1_200;
const REST_MS = 4_000;

export const announcement = signal('');

let waiting: { name: string; text: string }[] = [];
let planned = false;
let last = 0;

export function announce(text: string): void {
  // The same words twice must still be a change.
  announcement.value = announcement.value === text ? `${text}\u00a0` : text;
}

export function announceEntry(room: Room, entry: Entry): void {
  if (entry.op !== 'message' || room !== active.value || sameName(entry.from.name, me.value.name)) return;
  waiting.push({ name: entry.from.name, text: entry.message });
  if (planned) return;
  planned = true;
  setTimeout(tell, Math.max(COLLECT_MS, last + REST_MS - Date.now()));
}

function tell(): void {
  const list = waiting;
  waiting = [];
  planned = false;
  last = Date.now();
  const only = list[0]!;
  if (list.length === 1) announce(t('announce.one', { name: only.name, text: summaryOf(only.text, 200) }));
  else announce(tn('announce.many', list.length));
}
