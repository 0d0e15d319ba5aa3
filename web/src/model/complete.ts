// Completions at the caret: a command, a name, a room, or an emoji.

import type { Command } from './commands.ts';
import { searchEmoji } from './emoji.ts';
import { fold } from './names.ts';

export interface Choice {
  kind: 'command' | 'person' | 'room' | 'emoji';
  // The text that replaces the typed part, without the space that follows.
  insert: string;
  label: string;
  detail: string;
  // The emoji itself, or the name whose face is shown.
  face?: string;
}

export interface Completion {
  start: number;
  end: number;
  choices: Choice[];
}

export interface Known {
  // Those who wrote last come first.
  names: string[];
  // The name that somebody goes by, or their name.
  shownAs: (name: string) => string;
  rooms: string[];
  // Calls everybody, where the role allows it.
  mayCallAll: boolean;
  // Those that the reader may use.
  commands: readonly Command[];
}

const MAX = 8;
const argument = /^\/(msg|block|unblock|kick|ban|unban|mute|unmute|role|invite)\s+@?([^\s@]*)$/i;

function startingWith(list: string[], typed: string): string[] {
  const what = fold(typed);
  const begins = list.filter((name) => fold(name).startsWith(what));
  const contains = what.length > 1 ? list.filter((name) => !begins.includes(name) && fold(name).includes(what)) : [];
  return [...begins, ...contains].slice(0, MAX);
}

// Whose name, or any word of the name that they go by, begins so.
function peopleStartingWith(typed: string, { names, shownAs }: Known): string[] {
  const what = fold(typed);
  const known = names.filter((name) => what && shownAs(name).split(/\s+/).some((word) => fold(word).startsWith(what)));
  return [...new Set([...startingWith(names, typed), ...known])].slice(0, MAX);
}

function person(name: string, sign: string, { shownAs }: Known): Choice {
  const shown = shownAs(name);
  return { kind: 'person', insert: `${sign}${name}`, label: `${sign}${name}`, detail: shown === name ? '' : shown, face: name };
}

export function complete(text: string, caret: number, known: Known): Completion | null {
  const before = text.slice(0, caret);
  const command = /^\/([a-z]*)$/i.exec(before);
  if (command) {
    const typed = command[1]!.toLowerCase();
    const choices = known.commands
      .filter((other) => other.name.startsWith(typed))
      .map((other): Choice => ({ kind: 'command', insert: `/${other.name}`, label: `/${other.name}`, detail: other.args }));
    return choices.length ? { start: 0, end: caret, choices } : null;
  }
  const called = argument.exec(before);
  if (called) {
    const typed = called[2]!;
    const choices = peopleStartingWith(typed, known).map((name) => person(name, '', known));
    return choices.length ? { start: caret - typed.length, end: caret, choices } : null;
  }
  const word = /(?:^|[\s(])([@#:])([^\s@#:()]*)$/u.exec(before);
  return word ? completeWord(word[1]!, word[2]!, caret, known) : null;
}

function completeWord(sign: string, typed: string, caret: number, known: Known): Completion | null {
  let choices: Choice[];
  if (sign === ':') {
    if (typed.length < 2) return null;
    choices = searchEmoji(typed.toLowerCase(), MAX).map(({ name, emoji }) => ({
      kind: 'emoji',
      insert: emoji,
      label: name.replaceAll('_', ' '),
      detail: '',
      face: emoji,
    }));
  } else if (sign === '@') {
    choices = peopleStartingWith(typed, known).map((name) => person(name, '@', known));
    if (known.mayCallAll && 'all'.startsWith(fold(typed))) choices.push({ kind: 'person', insert: '@all', label: '@all', detail: 'all' });
  } else {
    choices = startingWith(known.rooms, `#${typed}`).map((room) => ({ kind: 'room', insert: room, label: room, detail: '' }));
  }
  const start = caret - typed.length - 1;
  return choices.length ? { start, end: caret, choices } : null;
}
