// The slash commands, as one table that drives parsing, completion and /help: the commands that the page
// does in its own way, and those of the server's own table. `args` is shown as it stands; `<…>` must be there, `[…]`
// may be.

import rows from 'virtual:operations';

// A line of src/base/operations.h. The field of an argument is the one that it becomes.
export interface Row {
  name: string;
  op: string;
  inRoom: boolean;
  preset: { field: string; on: boolean } | null;
  arguments: { kind: string; needed: boolean; shown: string; field: string }[];
}

export interface Command {
  name: string;
  args: string;
  // Shown in completion only where the reader may use it.
  needs?: 'moderator' | 'owner' | 'account' | 'guest';
  // The row of a command that the server's table has.
  row?: Row | undefined;
}

const own: Command[] = [
  { name: 'help', args: '' },
  { name: 'me', args: '<text>' },
  { name: 'join', args: '<#room>' },
  { name: 'leave', args: '' },
  { name: 'msg', args: '<name> [text]' },
  { name: 'rooms', args: '' },
  { name: 'list', args: '' },
  { name: 'topic', args: '<text>' },
  { name: 'nick', args: '<name>' },
  { name: 'away', args: '[text]' },
  { name: 'back', args: '' },
  { name: 'search', args: '<text>' },
  { name: 'history', args: '[date]' },
  { name: 'edit', args: '<text>' },
  { name: 'delete', args: '' },
  { name: 'react', args: '<emoji>' },
  { name: 'register', args: '', needs: 'guest' },
  { name: 'login', args: '' },
  { name: 'passwd', args: '', needs: 'account' },
  { name: 'invite', args: '<name>', needs: 'moderator' },
  { name: 'kick', args: '<name> [reason]', needs: 'moderator' },
  { name: 'ban', args: '<name> [duration] [reason]', needs: 'moderator' },
  { name: 'unban', args: '<name>', needs: 'moderator' },
  { name: 'mute', args: '<name> [duration] [reason]', needs: 'moderator' },
  { name: 'unmute', args: '<name>', needs: 'moderator' },
  { name: 'role', args: '<name> <owner|moderator|speaker|member>', needs: 'owner' },
  { name: 'private', args: '<on|off>', needs: 'owner' },
  { name: 'keep', args: '<days>', needs: 'owner' },
  { name: 'close', args: '', needs: 'owner' },
  { name: 'quit', args: '' },
];

function argsOf(row: Row): string {
  return row.arguments.map(({ shown, needed }) => (needed ? `<${shown.toLowerCase()}>` : `[${shown.toLowerCase()}]`)).join(' ');
}

export const commands: Command[] = [
  ...own.map((command) => ({ ...command, row: rows.find((row) => row.name === command.name) })),
  ...rows
    .filter((row) => !own.some((command) => command.name === row.name))
    .map((row) => ({ name: row.name, args: argsOf(row), row })),
];

export type Typed =
  | { kind: 'text'; text: string }
  | { kind: 'command'; command: Command; name: string; rest: string; words: string[] }
  | { kind: 'unknown'; name: string }
  | { kind: 'usage'; command: Command };

// `//` sends a text that begins with one slash.
export function parseTyped(typed: string): Typed {
  if (!typed.startsWith('/')) return { kind: 'text', text: typed };
  if (typed.startsWith('//')) return { kind: 'text', text: typed.slice(1) };
  const [, name = '', rest = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(typed)!;
  const command = commands.find((other) => other.name === name.toLowerCase());
  if (!command) return { kind: 'unknown', name };
  const words = rest.trim() ? rest.trim().split(/\s+/) : [];
  const least = (command.args.match(/</g) ?? []).length;
  if (words.length < least) return { kind: 'usage', command };
  return { kind: 'command', command, name: command.name, rest: rest.trim(), words };
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

// `30s`, `10m`, `2h`, `7d`, `1w` as seconds; anything else is not a duration.
export function secondsOf(word: string | undefined): number | undefined {
  const match = /^(\d{1,6})([smhdw])$/.exec(word ?? '');
  return match ? Number(match[1]) * units[match[2]!]! : undefined;
}

// A word that was meant as a duration and is not one, such as `5y`: it must not become part of a reason.
export function isWrongDuration(word: string | undefined): boolean {
  return /^\d+\p{L}?$/u.test(word ?? '') && secondsOf(word) === undefined;
}

export function usageOf({ name, args }: Command): string {
  return `/${name}${args ? ` ${args}` : ''}`;
}

const on = ['on', 'yes', 'true', '1', 'sì', 'si'];
const off = ['off', 'no', 'false', '0'];

// A switch is understood or refused, by the words that the server takes.
export function switchOf(word: string): boolean | undefined {
  const folded = word.toLowerCase();
  return on.includes(folded) ? true : off.includes(folded) ? false : undefined;
}

function valueOf(kind: string, word: string): string | number | boolean | undefined {
  if (kind === 'switch') return switchOf(word);
  if (kind === 'seconds') return secondsOf(word) ?? (/^\d{1,10}$/.test(word) ? Number(word) : undefined);
  if (kind === 'count' || kind === 'target' || kind === 'days') return /^\d{1,15}$/.test(word) ? Number(word) : undefined;
  if (kind === 'room') return /^[#@]/.test(word) ? word : `#${word}`;
  return kind === 'name' ? word.replace(/^@/, '') : word;
}

// The request that a typed line becomes by its row, in the room where it was typed; null where it is not what the
// command takes.
export function requestOf(row: Row, room: string, rest: string): Record<string, string | number | boolean> | null {
  const fields: Record<string, string | number | boolean> = { op: row.op, ...(row.inRoom ? { room } : {}) };
  if (row.preset) fields[row.preset.field] = row.preset.on;
  let left = rest.trim();
  for (const { kind, needed, field } of row.arguments) {
    const word = kind === 'text' ? left : (/^\S*/.exec(left)![0] ?? '');
    const value = word ? valueOf(kind, word) : undefined;
    if (value !== undefined) {
      fields[field] = field === 'room' && kind === 'name' ? `@${value}` : value;
      left = left.slice(word.length).trim();
    } else if (needed || (word && kind !== 'seconds')) {
      return null;
    }
  }
  return left ? null : fields;
}
