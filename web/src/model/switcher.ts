// The offers of Ctrl+K for the typed text: rooms and people, those looked at last first.

import { compareNames, fold, isRoomName, isUserName } from './names.ts';

export interface Place {
  // `#room` or `@name`.
  name: string;
  title: string;
  // One is in it, or the conversation has begun.
  known: boolean;
  unread: number;
  mentions: number;
  // When it was last looked at; 0 for never.
  opened: number;
}

const MAX = 14;

function score(title: string, typed: string): number {
  const name = fold(title);
  if (!typed || name.startsWith(typed)) return 0;
  if (name.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(typed))) return 1;
  return name.includes(typed) ? 2 : 3;
}

// `current` is where one is already: it comes last, since nobody goes there.
export function rank(places: readonly Place[], typed: string, current: string): Place[] {
  const sign = /^[#@]/.exec(typed.trim())?.[0] ?? '';
  const what = fold(typed.trim().replace(/^[#@]/, ''));
  return places
    .filter((place) => place.name.startsWith(sign) && score(place.title, what) < 3)
    .sort(
      (a, b) =>
        Number(a.name === current) - Number(b.name === current) ||
        score(a.title, what) - score(b.title, what) ||
        Number(b.mentions > 0) - Number(a.mentions > 0) ||
        Number(b.known) - Number(a.known) ||
        b.opened - a.opened ||
        b.unread - a.unread ||
        compareNames(a.title, b.title),
    )
    .slice(0, MAX);
}

// A room or person that is not in the list, by its whole name.
export function named(typed: string): string {
  const trimmed = typed.trim().replace(/\s+/g, '_');
  if (trimmed.startsWith('@')) return isUserName(trimmed.slice(1)) ? trimmed : '';
  const room = trimmed.startsWith('#') ? trimmed : `#${trimmed}`;
  return isRoomName(room) ? room : '';
}
