// From a message's text to what is shown: paragraphs, quotes, lists, tables and code, as CommonMark's
// everyday part. The result is data; the views make elements of it, so no text ever becomes HTML.
// The stored text stays as it was typed, and reads well in clients that show it as it is.

import { piecesOf, plainOf } from './inline.ts';
import type { Piece } from './inline.ts';

export { piecesOf };
export type { Piece };

export type Block =
  | { kind: 'line'; pieces: Piece[] }
  | { kind: 'code'; text: string; language: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; start: number | null; items: Block[][] }
  | { kind: 'table'; head: Piece[][]; rows: Piece[][][] };

const DEPTH_MAX = 4;
const CELLS_MAX = 400;

const fence = /^ {0,3}```/;
const quoted = /^ {0,3}>(?: |>|$)/;
const item = /^( {0,3})([-*+•]|(\d{1,9})[.)])[ \t]+(?=\S)/;
const rule = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

interface Reader {
  lines: string[];
  at: number;
  depth: number;
}

// A fence that is never closed is text. One line may hold a whole block.
function readCode(reader: Reader): Block | null {
  const { lines, at } = reader;
  const opening = lines[at]!.replace(/^ +/, '').slice(3);
  const whole = opening.indexOf('```');
  if (whole >= 0) {
    if (opening.slice(whole + 3).trim()) return null;
    reader.at++;
    return { kind: 'code', text: opening.slice(0, whole), language: '' };
  }
  for (let end = at + 1; end < lines.length; end++) {
    const close = lines[end]!.indexOf('```');
    if (close < 0) continue;
    const body = lines.slice(at + 1, end);
    if (lines[end]!.slice(0, close).trim()) body.push(lines[end]!.slice(0, close));
    const rest = lines[end]!.slice(close + 3);
    // Text behind the fence on its line is read as a line of its own.
    if (rest.trim()) lines[end] = rest;
    reader.at = rest.trim() ? end : end + 1;
    const [, language = '', more = ''] = /^\s*([\w+#-]*)(.*)$/.exec(opening)!;
    if (more.trim()) body.unshift(opening);
    return { kind: 'code', text: body.join('\n'), language: more.trim() ? '' : language };
  }
  return null;
}

function readQuote(reader: Reader): Block {
  const inside: string[] = [];
  while (reader.at < reader.lines.length && quoted.test(reader.lines[reader.at]!)) {
    inside.push(reader.lines[reader.at++]!.replace(/^ {0,3}> ?/, ''));
  }
  return { kind: 'quote', blocks: blocksIn(inside, reader.depth + 1) };
}

function readList(reader: Reader): Block {
  const [, , , number] = item.exec(reader.lines[reader.at]!)!;
  const ordered = number !== undefined;
  const items: Block[][] = [];
  for (;;) {
    const match = item.exec(reader.lines[reader.at] ?? '');
    if (!match || (match[3] !== undefined) !== ordered) break;
    const inside = [reader.lines[reader.at++]!.slice(match[0].length)];
    // Indented lines belong to the item, as does an empty line before an indented one.
    for (; reader.at < reader.lines.length; reader.at++) {
      const line = reader.lines[reader.at]!;
      const isInside = /^(?: {2,}|\t)\S/.test(line) || (!line.trim() && /^(?: {2,}|\t)\S/.test(reader.lines[reader.at + 1] ?? ''));
      if (!isInside) break;
      inside.push(line.replace(/^(?:\t| {1,4})/, ''));
    }
    items.push(blocksIn(inside, reader.depth + 1));
    if (!reader.lines[reader.at]?.trim() && item.test(reader.lines[reader.at + 1] ?? '')) reader.at++;
  }
  return { kind: 'list', start: ordered ? Number(number) : null, items };
}

function cellsOf(line: string): Piece[][] {
  const inside = line.trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '');
  return inside.split(/(?<!\\)\|/).map((cell) => piecesOf(cell.trim()));
}

function isTable({ lines, at }: Reader): boolean {
  const next = lines[at + 1] ?? '';
  return lines[at]!.includes('|') && next.includes('|') && rule.test(next) && cellsOf(next).length === cellsOf(lines[at]!).length;
}

function readTable(reader: Reader): Block {
  const head = cellsOf(reader.lines[reader.at]!);
  const rows: Piece[][][] = [];
  reader.at += 2;
  while (reader.lines[reader.at]?.includes('|') && rows.length * head.length < CELLS_MAX) {
    const cells = cellsOf(reader.lines[reader.at++]!).slice(0, head.length);
    while (cells.length < head.length) cells.push([]);
    rows.push(cells);
  }
  return { kind: 'table', head, rows };
}

function blockAt(reader: Reader): Block | null {
  const line = reader.lines[reader.at]!;
  if (fence.test(line)) return readCode(reader);
  if (reader.depth >= DEPTH_MAX) return null;
  if (quoted.test(line)) return readQuote(reader);
  if (item.test(line)) return readList(reader);
  return isTable(reader) ? readTable(reader) : null;
}

function blocksIn(lines: string[], depth: number): Block[] {
  const reader: Reader = { lines, at: 0, depth };
  const blocks: Block[] = [];
  let text: string[] = [];
  const flush = () => {
    const joined = text.join('\n').replace(/^\n+|\s+$/g, '');
    if (joined) blocks.push({ kind: 'line', pieces: piecesOf(joined) });
    text = [];
  };
  while (reader.at < reader.lines.length) {
    const before = reader.at;
    const block = blockAt(reader);
    if (!block) {
      text.push(reader.lines[before]!);
      reader.at = before + 1;
      continue;
    }
    flush();
    blocks.push(block);
  }
  flush();
  return blocks;
}

export function blocksOf(text: string): Block[] {
  return blocksIn(text.split('\n'), 0);
}

// A few emoji and nothing else are shown larger.
export function isOnlyEmoji(text: string): boolean {
  if (text.length > 60) return false;
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

function plainBlock(block: Block): string {
  switch (block.kind) {
    case 'line':
      return plainOf(block.pieces);
    case 'code':
      return block.text;
    case 'quote':
      return block.blocks.map(plainBlock).join(' ');
    case 'list':
      return block.items.map((inside) => inside.map(plainBlock).join(' ')).join(', ');
    case 'table':
      return [block.head, ...block.rows].map((row) => row.map(plainOf).join(' ')).join(', ');
  }
}

// A message in one line: what it says, and what its files are called.
export function gistOf({ text, files }: { text: string; files?: readonly { name: string }[] | undefined }, characters?: number): string {
  return [summaryOf(text, characters), ...(files ?? []).map(({ name }) => name)].filter(Boolean).join(' · ');
}

// One line that says what a text is about, for quotes, notifications and announcements.
export function summaryOf(text: string, characters = 120): string {
  const flat = blocksOf(text.slice(0, characters * 8)).map(plainBlock).join(' ').replace(/\s+/g, ' ').trim();
  const points = [...flat];
  return points.length > characters ? `${points.slice(0, characters - 1).join('')}…` : flat;
}
