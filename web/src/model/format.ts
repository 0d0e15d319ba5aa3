// The buttons and keys of the composer as edits of its text: marks around the selection, or in
// front of its lines. Done again, they are taken away.

export type Format = 'strong' | 'em' | 'strike' | 'code' | 'quote' | 'list' | 'numbers' | 'link';

export interface Selection {
  text: string;
  start: number;
  end: number;
}

// The part from `from` to `to` becomes `insert`, then `start` to `end` is selected.
export interface Change {
  from: number;
  to: number;
  insert: string;
  start: number;
  end: number;
}

const marks: Partial<Record<Format, string>> = { strong: '**', em: '_', strike: '~~', code: '`' };

function around(mark: string, { text, start, end }: Selection): Change {
  const chosen = text.slice(start, end);
  const isInside = chosen.length > 2 * mark.length && chosen.startsWith(mark) && chosen.endsWith(mark);
  if (isInside) {
    const insert = chosen.slice(mark.length, -mark.length);
    return { from: start, to: end, insert, start, end: start + insert.length };
  }
  if (text.slice(0, start).endsWith(mark) && text.slice(end).startsWith(mark) && chosen) {
    const from = start - mark.length;
    return { from, to: end + mark.length, insert: chosen, start: from, end: from + chosen.length };
  }
  // Marks stand at words, not at spaces.
  const lead = /^\s*/.exec(chosen)![0];
  const core = chosen.slice(lead.length).trimEnd();
  const tail = chosen.slice(lead.length + core.length);
  const at = start + lead.length + mark.length;
  return { from: start, to: end, insert: lead + mark + core + mark + tail, start: at, end: at + core.length };
}

function inFront(format: Format, { text, start, end }: Selection): Change {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const until = text.indexOf('\n', end);
  const to = until < 0 ? text.length : until;
  const lines = text.slice(from, to).split('\n');
  const pattern = format === 'quote' ? /^> ?/ : format === 'list' ? /^[-*] / : /^\d+\. /;
  const has = lines.every((line) => pattern.test(line));
  const sign = (at: number) => (format === 'quote' ? '> ' : format === 'list' ? '- ' : `${at + 1}. `);
  const insert = lines.map((line, at) => (has ? line.replace(pattern, '') : sign(at) + line)).join('\n');
  const isCaret = start === end;
  return { from, to, insert, start: isCaret ? from + insert.length : from, end: from + insert.length };
}

export function formatted(format: Format, selection: Selection): Change {
  const { text, start, end } = selection;
  const chosen = text.slice(start, end);
  if (format === 'link') {
    const insert = `[${chosen}](https://)`;
    const at = start + insert.length - 1;
    return { from: start, to: end, insert, start: chosen ? at : start + 1, end: chosen ? at : start + 1 };
  }
  if (format === 'code' && chosen.includes('\n')) {
    const lead = start > 0 && text[start - 1] !== '\n' ? '\n' : '';
    const insert = `${lead}\`\`\`\n${chosen}\n\`\`\``;
    return { from: start, to: end, insert, start: start + lead.length + 4, end: start + lead.length + 4 + chosen.length };
  }
  const mark = marks[format];
  return mark ? around(mark, selection) : inFront(format, selection);
}

// The key that does it, with Ctrl or the Mac's command key; capitals also need Shift.
export const formatKeys: Record<string, Format> = {
  b: 'strong',
  i: 'em',
  X: 'strike',
  C: 'code',
  '(': 'quote',
  '*': 'list',
  '&': 'numbers',
  U: 'link',
};

// A new line in a list goes on with the list; in an empty item it ends it.
export function continued({ text, start, end }: Selection): Change | null {
  if (start !== end) return null;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const match = /^(\s*)(?:([-*]) |(\d{1,9})\. |(> ))/.exec(text.slice(from, start));
  if (!match) return null;
  const [sign, indent, bullet, number] = match;
  if (from + sign.length === start) return { from, to: start, insert: '', start: from, end: from };
  const next = number ? `${Number(number) + 1}. ` : bullet ? `${bullet} ` : '> ';
  const insert = `\n${indent}${next}`;
  return { from: start, to: end, insert, start: start + insert.length, end: start + insert.length };
}
