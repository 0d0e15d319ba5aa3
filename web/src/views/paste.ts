// From the HTML that other programs put on the clipboard to the marks that a message is written in:
// lists, tables, quotes, code, emphasis and links. The HTML is parsed where nothing in it runs or loads.

const SKIPPED = new Set(['SCRIPT', 'STYLE', 'TITLE', 'META', 'LINK', 'HEAD', 'TEMPLATE', 'NOSCRIPT']);
const BLOCKS = new Set(['P', 'DIV', 'SECTION', 'ARTICLE', 'HEADER', 'FOOTER', 'MAIN', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'DL', 'DT', 'DD', 'FIGURE']);
const DEPTH_MAX = 40;

function wrapped(mark: string, text: string): string {
  const [, lead, core, tail] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text)!;
  return core && !core.includes('\n') ? `${lead}${mark}${core}${mark}${tail}` : text;
}

function isStrong(element: HTMLElement): boolean {
  const weight = element.style.fontWeight;
  return weight === 'bold' || weight === 'bolder' || Number(weight) >= 600;
}

function listOf(list: HTMLElement, depth: number): string {
  let number = Number(list.getAttribute('start') ?? 1);
  const ordered = list.tagName === 'OL';
  const lines: string[] = [];
  for (const item of list.children) {
    const inside = textOf(item, depth).trim().replace(/\n{2,}/g, '\n');
    if (!inside) continue;
    const nested = /^(UL|OL)$/.test(item.tagName);
    const sign = ordered ? `${number++}. ` : '- ';
    lines.push(nested ? inside.replace(/^/gm, '  ') : sign + inside.replace(/\n/g, '\n  '));
  }
  return lines.join('\n');
}

function tableOf(table: HTMLElement, depth: number): string {
  const rows = [...table.querySelectorAll('tr')].map((row) =>
    [...row.querySelectorAll('th, td')].map((cell) => textOf(cell, depth).replace(/\s+/g, ' ').trim().replace(/\|/g, '\\|')),
  );
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width < 2) return rows.map((row) => row.join('')).join('\n');
  const line = (cells: string[]) => `| ${Array.from({ length: width }, (_, at) => cells[at] ?? '').join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), `|${' --- |'.repeat(width)}`, ...body.map(line)].join('\n');
}

function elementText(element: HTMLElement, depth: number): string {
  const inside = () => textOf(element, depth);
  switch (element.tagName) {
    case 'BR':
      return '\n';
    case 'HR':
      return '\n\n';
    case 'STRONG':
    case 'B':
      // Some programs wrap everything in a <b> that is not bold.
      return element.style.fontWeight === 'normal' ? inside() : wrapped('**', inside());
    case 'EM':
    case 'I':
      return wrapped('_', inside());
    case 'S':
    case 'DEL':
    case 'STRIKE':
      return wrapped('~~', inside());
    case 'CODE':
      return wrapped('`', element.textContent ?? '');
    case 'PRE':
      return `\n\`\`\`\n${(element.textContent ?? '').replace(/\n$/, '')}\n\`\`\`\n`;
    case 'BLOCKQUOTE':
      return `\n${inside().trim().replace(/\n{2,}/g, '\n').replace(/^/gm, '> ')}\n`;
    case 'UL':
    case 'OL':
      return `\n${listOf(element, depth)}\n`;
    case 'TABLE':
      return `\n${tableOf(element, depth)}\n`;
    case 'A': {
      const href = element.getAttribute('href') ?? '';
      const text = inside().trim();
      if (!/^https?:\/\//.test(href) || !text) return inside();
      return text === href || /[[\]\n]/.test(text) ? href : `[${text}](${href})`;
    }
    default: {
      const text = isStrong(element) ? wrapped('**', inside()) : inside();
      return BLOCKS.has(element.tagName) ? `\n${text}\n` : text;
    }
  }
}

function textOf(parent: Node, depth: number): string {
  if (depth > DEPTH_MAX) return parent.textContent ?? '';
  let text = '';
  for (const node of parent.childNodes) {
    if (node instanceof Text) text += node.data.replace(/\s+/g, ' ');
    else if (node instanceof HTMLElement && !SKIPPED.has(node.tagName)) text += elementText(node, depth + 1);
  }
  return text;
}

export function markupOf(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  return textOf(body, 0)
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
