// From a message's text to what is shown: code blocks, `code`, links, mentions, rooms and emoji.
// The result is data; the views make elements of it, so no text ever becomes HTML.

import { emojiByName } from './emoji.ts';
import { isRoomName, isUserName } from './names.ts';

export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mention'; text: string; name: string }
  | { kind: 'room'; text: string; room: string };

export type Block = { kind: 'code'; text: string; language: string } | { kind: 'line'; pieces: Piece[] };

const fence = /^```([\w+#-]*)[ \t]*\n?/;

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let rest = text;
  for (;;) {
    const open = rest.indexOf('```');
    const close = open < 0 ? -1 : rest.indexOf('```', open + 3);
    if (close < 0 || (open > 0 && rest[open - 1] !== '\n')) break;
    const inside = rest.slice(open, close);
    const [opening, language] = fence.exec(inside)!;
    const body = inside.includes('\n') ? inside.slice(opening.length) : inside.slice(3);
    const before = rest.slice(0, open).replace(/\n$/, '');
    if (before) blocks.push({ kind: 'line', pieces: piecesOf(before) });
    blocks.push({ kind: 'code', text: body.replace(/\n$/, ''), language: inside.includes('\n') ? language! : '' });
    rest = rest.slice(close + 3).replace(/^\n/, '');
    if (!rest) return blocks;
  }
  blocks.push({ kind: 'line', pieces: piecesOf(rest) });
  return blocks;
}

// One pass over all that can begin inside a line; the first alternative that fits wins.
const special =
  /(`+)([^`\n](?:[^\n]*?[^`\n])?)\1(?!`)|\bhttps?:\/\/[^\s<>"'`]+|(?<![\p{L}\p{N}_/])[@#][\p{L}\p{N}_\-.[\]{}|^]+|:[a-z0-9_+-]{2,}:/gu;

function trimmedLink(link: string): string {
  for (;;) {
    const last = link.at(-1)!;
    const unbalanced = (last === ')' && !link.includes('(')) || (last === ']' && !link.includes('['));
    if (!unbalanced && !/[.,;:!?*_]/.test(last)) return link;
    link = link.slice(0, -1);
  }
}

function pieceOf(found: string, ticks: string | undefined, code: string | undefined): Piece | null {
  if (ticks) return { kind: 'code', text: code! };
  if (found.startsWith('http')) {
    const link = trimmedLink(found);
    return URL.canParse(link) ? { kind: 'link', text: link, href: link } : null;
  }
  if (found.startsWith(':')) {
    const emoji = emojiByName(found.slice(1, -1));
    return emoji ? { kind: 'text', text: emoji } : null;
  }
  const name = found.replace(/[.\-|]+$/, '');
  if (found.startsWith('@')) {
    return isUserName(name.slice(1)) ? { kind: 'mention', text: name, name: name.slice(1) } : null;
  }
  return isRoomName(name) && !/^#\d+$/.test(name) ? { kind: 'room', text: name, room: name } : null;
}

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  const addText = (part: string) => {
    const last = pieces.at(-1);
    if (!part) return;
    if (last?.kind === 'text') last.text += part;
    else pieces.push({ kind: 'text', text: part });
  };
  let done = 0;
  for (const match of text.matchAll(special)) {
    const piece = pieceOf(match[0], match[1], match[2]);
    if (!piece) continue;
    addText(text.slice(done, match.index));
    const length = match[1] || match[0].startsWith(':') ? match[0].length : piece.text.length;
    done = match.index + length;
    if (piece.kind === 'text') addText(piece.text);
    else pieces.push(piece);
  }
  addText(text.slice(done));
  return pieces;
}

// A few emoji and nothing else are shown larger.
export function isOnlyEmoji(text: string): boolean {
  const pieces = piecesOf(text.trim());
  if (pieces.length !== 1 || pieces[0]!.kind !== 'text') return false;
  const shown = pieces[0]!.text.replace(/\s+/g, '');
  return shown.length <= 24 && /^(?:\p{Extended_Pictographic}|\p{Emoji_Component})+$/u.test(shown) && !/^[\d#*]+$/.test(shown);
}

export const LONG_CHARACTERS = 1800;
export const LONG_LINES = 24;

export function isLong(text: string): boolean {
  if (text.length > LONG_CHARACTERS) return true;
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines > LONG_LINES;
}

// One line that says what a message is about, for quotes, notifications and announcements.
export function summaryOf(text: string, characters = 120): string {
  const line = text.replace(/```[\w+#-]*/g, ' ').replace(/:([a-z0-9_+-]{2,}):/g, (all, name) => emojiByName(name) ?? all);
  const flat = line.replace(/\s+/g, ' ').trim();
  const points = [...flat];
  return points.length > characters ? `${points.slice(0, characters - 1).join('')}…` : flat;
}
