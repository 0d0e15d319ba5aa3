// What could stand where the caret is: a command, a name, a room, or an emoji.

import type { Command } from './commands.ts';
import { searchEmoji } from './emoji.ts';
import { fold } from './names.ts';

export interface Choice {
  kind: 'command' | 'person' | 'room' | 'emoji';
  // What replaces the typed part, without the space that follows.
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

function person(name: string, sign: string): Choice {
  return { kind: 'person', insert: `${sign}${name}`, label: `${sign}${name}`, detail: '', face: name };
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
    const choices = startingWith(known.names, typed).map((name) => person(name, ''));
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
    choices = startingWith(known.names, typed).map((name) => person(name, '@'));
    if (known.mayCallAll && 'all'.startsWith(fold(typed))) choices.push({ kind: 'person', insert: '@all', label: '@all', detail: 'all' });
  } else {
    choices = startingWith(known.rooms, `#${typed}`).map((room) => ({ kind: 'room', insert: room, label: room, detail: '' }));
  }
  const start = caret - typed.length - 1;
  return choices.length ? { start, end: caret, choices } : null;
}
