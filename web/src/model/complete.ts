// What could stand where the caret is: a command, a name, a room, or an emoji.

import { commands } from './commands.ts';
import type { Command } from './commands.ts';
import { searchEmoji } from './emoji.ts';
import { fold } from './names.ts';

export interface Choice {
  // What replaces the typed part, without the space that follows.
  insert: string;
  label: string;
  detail: string;
  command?: Command;
}

export interface Completion {
  start: number;
  end: number;
  choices: Choice[];
}

export interface Known {
  names: string[];
  rooms: string[];
  allows(command: Command): boolean;
}

const MAX = 8;

function startingWith(list: string[], typed: string): string[] {
  const what = fold(typed);
  return list.filter((name) => fold(name).startsWith(what)).slice(0, MAX);
}

export function complete(text: string, caret: number, known: Known): Completion | null {
  const before = text.slice(0, caret);
  const command = /^\/([a-z]*)$/i.exec(before);
  if (command) {
    const typed = command[1]!.toLowerCase();
    const choices = commands
      .filter((other) => other.name.startsWith(typed) && known.allows(other))
      .map((other) => ({ insert: `/${other.name}`, label: `/${other.name}`, detail: other.args, command: other }));
    return choices.length ? { start: 0, end: caret, choices } : null;
  }
  const word = /(?:^|[\s(])([@#:])([^\s@#:()]*)$/u.exec(before);
  if (word) return completeWord(word[1]!, word[2]!, caret, known);
  const argument = /^\/(msg|kick|ban|unban|mute|unmute|role|invite)\s+([^\s@]*)$/i.exec(before);
  if (!argument) return null;
  const typed = argument[2]!;
  const choices = startingWith(known.names, typed).map((name) => ({ insert: name, label: name, detail: '' }));
  return choices.length ? { start: caret - typed.length, end: caret, choices } : null;
}

function completeWord(sign: string, typed: string, caret: number, known: Known): Completion | null {
  let choices: Choice[];
  if (sign === ':') {
    if (typed.length < 2) return null;
    choices = searchEmoji(typed.toLowerCase(), MAX).map(({ name, emoji }) => ({
      insert: emoji,
      label: `${emoji} ${name}`,
      detail: '',
    }));
  } else if (sign === '@') {
    choices = startingWith(known.names, typed).map((name) => ({ insert: `@${name}`, label: `@${name}`, detail: '' }));
  } else {
    choices = startingWith(known.rooms, `#${typed}`).map((room) => ({ insert: room, label: room, detail: '' }));
  }
  const start = caret - typed.length - 1;
  return choices.length ? { start, end: caret, choices } : null;
}
