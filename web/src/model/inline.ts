// Inside a line: emphasis, `code`, links, mentions, rooms and emoji, as CommonMark's everyday part.
//
// One pass. What a delimiter like `**` opens is kept on a short stack until it is closed; what is
// never closed is text again. The stack has a fixed depth, so the time is linear in the text.

import { emojiByName } from './emoji.ts';
import { isRoomName, isUserName } from './names.ts';

export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  // `href` alone says where it leads; `text` shows as much of it as the writer left.
  | { kind: 'link'; text: string; href: string; label?: true }
  | { kind: 'mention'; text: string; name: string }
  | { kind: 'room'; text: string; room: string }
  | { kind: 'strong' | 'em' | 'strike'; pieces: Piece[] };

const DEPTH_MAX = 12;

// All that can begin inside a line; the first alternative that fits wins.
const special = new RegExp(
  [
    /\\([!-/:-@[-`{-~])/u, // 1: escaped
    /(`+)([^`\n](?:[^\n]*?[^`\n])?)\2(?!`)/u, // 2, 3: code
    /\[([^[\]\n]{1,300})\]\((https?:\/\/[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)\)/u, // 4, 5: link with a text of its own
    /\bhttps?:\/\/[^\s<>"'`]+/u,
    /(?<![\p{L}\p{N}/@])[@#][\p{L}\p{N}\p{M}_\-.[\]{}|^]+/u,
    /(?<![\p{L}\p{N}_:]):[a-z0-9_+-]{1,32}:/u,
    /(\*{1,3}|_{1,3}|~~)/u, // 6: delimiter
  ]
    .map((part) => part.source)
    .join('|'),
  'gu',
);

function trimmedLink(link: string): string {
  for (;;) {
    const last = link.at(-1)!;
    const unbalanced = (last === ')' && !link.includes('(')) || (last === ']' && !link.includes('['));
    if (!unbalanced && !/[.,;:!?*_~|]/.test(last)) return link;
    link = link.slice(0, -1);
  }
}

// Marks of direction and other invisible letters could show another end than the link has, and letters
// of other scripts another host: such a link is shown as the browser will ask for it.
function shownLink(link: string): string {
  const { href, hostname } = new URL(link);
  return /[\p{Cf}\p{Cc}]/u.test(link) || /(^|\.)xn--/.test(hostname) ? href : link;
}

function linkOf(found: string): Piece | null {
  const link = trimmedLink(found);
  return URL.canParse(link) ? { kind: 'link', text: shownLink(link), href: link } : null;
}

// A text that looks like an address itself must not stand for another one.
function labelledLink(label: string, href: string): Piece | null {
  if (!URL.canParse(href)) return null;
  if (/[\p{Cf}\p{Cc}]/u.test(label) || /\w\.\w|:\/\//.test(label)) return { kind: 'link', text: shownLink(href), href };
  return { kind: 'link', text: label, href, label: true };
}

function callOf(found: string): Piece | null {
  const name = found.replace(/[.\-|]+$/, '');
  if (name.startsWith('@')) return isUserName(name.slice(1)) ? { kind: 'mention', text: name, name: name.slice(1) } : null;
  return isRoomName(name) && !/^#\d+$/.test(name) ? { kind: 'room', text: name, room: name } : null;
}

interface Found {
  piece: Piece;
  // How much of the text it stands for.
  length: number;
}

function foundIn(match: RegExpMatchArray): Found | null {
  const [whole, escaped, , code, label, href] = match;
  const of = (piece: Piece | null, length = whole.length) => piece && { piece, length };
  if (escaped) return of({ kind: 'text', text: escaped });
  if (code) return of({ kind: 'code', text: code });
  if (label) return of(labelledLink(label, href!));
  if (whole.startsWith('http')) {
    const link = linkOf(whole);
    return of(link, link?.kind === 'link' ? link.href.length : 0);
  }
  if (whole.startsWith(':')) {
    const emoji = emojiByName(whole.slice(1, -1));
    return of(emoji ? { kind: 'text', text: emoji } : null);
  }
  const call = callOf(whole);
  return of(call, call && 'text' in call ? call.text.length : 0);
}

const blank = /^[\s]?$/u;
const punctuation = /[\p{P}\p{S}]/u;
const word = /[\p{L}\p{N}]/u;

function flanks(run: string, before: string, after: string): { opens: boolean; closes: boolean } {
  const left = !blank.test(after) && (!punctuation.test(after) || blank.test(before) || punctuation.test(before));
  const right = !blank.test(before) && (!punctuation.test(before) || blank.test(after) || punctuation.test(after));
  // `snake_case` and `2*3*4` mean themselves.
  if (run[0] === '_') return { opens: left && !word.test(before), closes: right && !word.test(after) };
  if (/\d/.test(before) && /\d/.test(after)) return { opens: false, closes: false };
  return { opens: left, closes: right };
}

interface Frame {
  mark: string;
  pieces: Piece[];
}

class Builder {
  private frames: Frame[] = [{ mark: '', pieces: [] }];

  get top(): Frame {
    return this.frames.at(-1)!;
  }

  add(piece: Piece): void {
    const { pieces } = this.top;
    const last = pieces.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text') last.text += piece.text;
    else if (piece.kind !== 'text' || piece.text) pieces.push(piece.kind === 'text' ? { ...piece } : piece);
  }

  text(text: string): void {
    this.add({ kind: 'text', text });
  }

  delimiter(run: string, before: string, after: string): void {
    const { opens, closes } = flanks(run, before, after);
    let rest = run;
    while (closes && rest) {
      const mark = this.closable(rest);
      if (!mark) break;
      this.close(mark);
      rest = rest.slice(mark.length);
    }
    if (!rest) return;
    if (!opens || this.frames.length > DEPTH_MAX) return this.text(rest);
    // Three are both: strong, and emphasis in it.
    for (const mark of rest.length === 3 ? [rest.slice(0, 2), rest.slice(0, 1)] : [rest]) this.frames.push({ mark, pieces: [] });
  }

  finish(): Piece[] {
    while (this.frames.length > 1) this.dissolve();
    return this.top.pieces;
  }

  // The innermost open mark that `run` can close.
  private closable(run: string): string {
    for (let at = this.frames.length - 1; at > 0; at--) {
      const { mark, pieces } = this.frames[at]!;
      const holds = pieces.length > 0 || at < this.frames.length - 1;
      if (run.startsWith(mark) && holds) return mark;
    }
    return '';
  }

  private close(mark: string): void {
    while (this.top.mark !== mark) this.dissolve();
    const { pieces } = this.frames.pop()!;
    const kind = mark === '~~' ? 'strike' : mark.length === 2 ? 'strong' : 'em';
    this.add({ kind, pieces });
  }

  // A mark that was opened and never closed is text.
  private dissolve(): void {
    const { mark, pieces } = this.frames.pop()!;
    this.text(mark);
    for (const piece of pieces) this.add(piece);
  }
}

export function piecesOf(text: string): Piece[] {
  const builder = new Builder();
  let done = 0;
  special.lastIndex = 0;
  for (let match = special.exec(text); match; match = special.exec(text)) {
    const at = match.index;
    const run = match[6];
    const found = run ? null : foundIn(match);
    if (!run && !found) continue;
    builder.text(text.slice(done, at));
    if (run) builder.delimiter(run, [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? '', [...text.slice(at + run.length, at + run.length + 2)][0] ?? '');
    else builder.add(found!.piece);
    // The rest of the match is looked at again.
    done = special.lastIndex = at + (run?.length ?? found!.length);
  }
  builder.text(text.slice(done));
  return builder.finish();
}

// The pieces as the text that one reads.
export function plainOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => ('pieces' in piece ? plainOf(piece.pieces) : piece.text)).join('');
}
