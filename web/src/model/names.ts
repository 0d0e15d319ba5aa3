// Names of users and rooms: comparing, checking, sorting, and finding mentions; and what the password of one must have.

// In characters here; the server counts bytes, of which there are no fewer.
export const PASSWORD_LEAST = 8;

export function fold(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

export function sameName(a: string, b: string): boolean {
  return fold(a) === fold(b);
}

// Made once: `localeCompare()` with options makes one for each comparison.
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

// Sorts as people do: 2 before 10, whatever the case.
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

const nameBody = /^[\p{L}\p{N}\p{M}_\-.[\]{}|^]+$/u;

export function isUserName(name: string): boolean {
  const length = [...name].length;
  return length >= 1 && length <= 32 && nameBody.test(name) && !/^[\p{Nd}-]/u.test(name);
}

export function isRoomName(name: string): boolean {
  const body = name.slice(1);
  const length = [...body].length;
  return name.startsWith('#') && length >= 1 && length <= 48 && nameBody.test(body);
}

// A conversation with somebody who is gone has a number that tells apart several of one name: `@luca!7`.
export function isConversation(name: string): boolean {
  return isRoomName(name) || (name.startsWith('@') && isUserName(name.slice(1).replace(/!\d{1,19}$/, '')));
}

// Reads a typed room name: `ops`, `#ops` and ` #ops ` are all `#ops`.
export function asRoomName(typed: string): string {
  const trimmed = typed.trim().replace(/\s+/g, '_');
  return trimmed.startsWith('#') ? trimmed : `#${trimmed}`;
}

export function isDirect(room: string): boolean {
  return room.startsWith('@');
}

// The name without the sign that says what it is, and without the number of those who are gone.
export function titleOf(room: string): string {
  return room.slice(1).replace(/^([^!]+)!\d+$/, '$1');
}

const wordCharacter = /[\p{L}\p{N}_]/u;

// Whether `text` calls `name`: as a whole word, with or without `@`, in any case.
export function mentions(text: string, name: string): boolean {
  const where = fold(text);
  const what = fold(name);
  if (!what) return false;
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1)) {
    const before = where[at - 1] ?? ' ';
    const after = where[at + what.length] ?? ' ';
    if (!wordCharacter.test(before) && !wordCharacter.test(after)) return true;
  }
  return false;
}

const all = /(?:^|[^\p{L}\p{N}_@])@all(?![\p{L}\p{N}_])/iu;

export function callsEverybody(text: string): boolean {
  return all.test(text);
}

export const HUES = 10;

// The colour that a name keeps everywhere: an index into the palette of the style sheet.
export function hueOf(name: string): number {
  let hash = 2166136261;
  for (const unit of fold(name)) hash = Math.imul(hash ^ unit.codePointAt(0)!, 16777619);
  return (hash >>> 8) % HUES;
}

// The two letters of a face: those that begin its first two words, or the name's first two.
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}\p{M}]+|(?<=\p{Ll})(?=\p{Lu})/u).filter(Boolean);
  const first = (word: string | undefined) => [...(word ?? '')][0] ?? '';
  const letters = words.length > 1 ? first(words[0]) + first(words[1]) : [...(words[0] ?? name)].slice(0, 2).join('');
  return letters ? letters.charAt(0).toUpperCase() + letters.slice(1) : '?';
}
