// Times and days as the reader's language writes them.

import { dayKey } from './rows.ts';

export interface TimeText {
  clock(time: number): string;
  day(time: number, now: number): string;
  full(time: number): string;
  short(time: number, now: number): string;
}

const DAY_MS = 86_400_000;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// `clockLocale` decides between 12 and 24 hours, where it is another one than that of the words.
export function timeText(language: string, clockLocale = language): TimeText {
  const { hourCycle } = new Intl.DateTimeFormat(clockLocale, { hour: 'numeric' }).resolvedOptions();
  const cycle = hourCycle ? { hourCycle } : {};
  const hour = hourCycle?.startsWith('h2') ? '2-digit' : 'numeric';
  const clock = new Intl.DateTimeFormat(language, { hour, minute: '2-digit', ...cycle });
  const thisYear = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' });
  const otherYear = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const full = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'medium', ...cycle });
  const shortDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
  const shortYear = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const sameYear = (a: number, b: number) => new Date(a).getFullYear() === new Date(b).getFullYear();
  return {
    clock: (time) => clock.format(time),
    day(time, now) {
      if (dayKey(time) === dayKey(now)) return capital(relative.format(0, 'day'));
      if (dayKey(time) === dayKey(now - DAY_MS)) return capital(relative.format(-1, 'day'));
      return capital((sameYear(time, now) ? thisYear : otherYear).format(time));
    },
    full: (time) => capital(full.format(time)),
    short(time, now) {
      if (dayKey(time) === dayKey(now)) return clock.format(time);
      return (sameYear(time, now) ? shortDay : shortYear).format(time);
    },
  };
}

export interface Stamp {
  seq: number;
  time: number;
}

// The first message at or after `time`, found by asking for single messages between the two ends:
// `firstAfter(seq)` gives the first message with a higher seq, or null. The log is ordered by seq,
// and times rise with it but for a clock that was set, which costs at most a nearby answer.
export async function seqAtTime(
  time: number,
  head: number,
  firstAfter: (seq: number) => Promise<Stamp | null>,
): Promise<number | null> {
  let low = 0; // everything up to here is earlier than `time`
  let high = head; // the answer, if there is one, is the first message after some seq < high
  let best: number | null = null;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const stamp = await firstAfter(middle);
    if (stamp && stamp.time < time) {
      low = stamp.seq;
    } else {
      if (stamp) best = stamp.seq;
      high = middle;
    }
  }
  return best;
}
