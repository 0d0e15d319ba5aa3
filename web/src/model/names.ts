// Names of users and rooms: comparing, checking, and finding mentions.

export function fold(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

export function sameName(a: string, b: string): boolean {
  return fold(a) === fold(b);
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

// What somebody typed as a room: `ops`, `#ops` and ` #ops ` are all `#ops`.
export function asRoomName(typed: string): string {
  const trimmed = typed.trim().replace(/\s+/g, '_');
  return trimmed.startsWith('#') ? trimmed : `#${trimmed}`;
}

export function isDirect(room: string): boolean {
  return room.startsWith('@');
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

export const HUES = 10;

// The colour that a name keeps everywhere: an index into the palette of the style sheet.
export function hueOf(name: string): number {
  let hash = 2166136261;
  for (const unit of fold(name)) hash = Math.imul(hash ^ unit.codePointAt(0)!, 16777619);
  return (hash >>> 8) % HUES;
}

export function initialOf(name: string): string {
  const letter = [...name].find((c) => /[\p{L}\p{N}]/u.test(c)) ?? [...name][0] ?? '?';
  return letter.toUpperCase();
}
