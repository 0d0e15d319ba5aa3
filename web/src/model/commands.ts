// What may be typed after a slash: the commands of the terminal, as one table that drives parsing,
// completion and /help. `args` is shown as it stands; `<…>` must be there, `[…]` may be.

export interface Command {
  name: string;
  args: string;
  // Shown in completion only where the reader may use it.
  needs?: 'moderator' | 'account' | 'guest';
}

export const commands: Command[] = [
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
  { name: 'role', args: '<name> <owner|moderator|member>', needs: 'moderator' },
  { name: 'private', args: '<on|off>', needs: 'moderator' },
  { name: 'quit', args: '' },
];

export type Typed =
  | { kind: 'text'; text: string }
  | { kind: 'command'; name: string; rest: string; words: string[] }
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
  return { kind: 'command', name: command.name, rest: rest.trim(), words };
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

// `30s`, `10m`, `2h`, `7d`, `1w` as seconds; anything else is no duration.
export function secondsOf(word: string | undefined): number | undefined {
  const match = /^(\d{1,6})([smhdw])$/.exec(word ?? '');
  return match ? Number(match[1]) * units[match[2]!]! : undefined;
}

// `name [duration] [reason]` of the moderation commands.
export function parseSanction(words: string[]): { name: string; seconds?: number; reason?: string } {
  const name = words[0]!.replace(/^@/, '');
  const seconds = secondsOf(words[1]);
  const reason = words.slice(seconds === undefined ? 1 : 2).join(' ');
  return { name, ...(seconds === undefined ? {} : { seconds }), ...(reason ? { reason } : {}) };
}
