import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, isLong, isOnlyEmoji, piecesOf, summaryOf } from '../src/model/markup.ts';
import { loadEmoji, searchEmoji, withEmoji } from '../src/model/emoji.ts';
import { plainOf } from '../src/model/inline.ts';
import { highlight } from '../src/views/highlight.ts';
import type { Piece } from '../src/model/markup.ts';

await loadEmoji();

// Pieces as a short text: [b: …] for strong and so on.
function short(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => ('pieces' in piece ? `[${piece.kind}: ${short(piece.pieces)}]` : piece.kind === 'text' ? piece.text : `<${piece.kind} ${piece.text}>`))
    .join('');
}

test('plain text stays one piece', () => {
  assert.deepEqual(piecesOf('2 * 3 * 4 = 24, isn’t it? <b>no</b>'), [{ kind: 'text', text: '2 * 3 * 4 = 24, isn’t it? <b>no</b>' }]);
});

test('links end before the punctuation of the sentence', () => {
  const links = (text: string) => piecesOf(text).flatMap((piece) => (piece.kind === 'link' ? [piece.href] : []));
  assert.deepEqual(links('see https://example.org/a_b(c), or (https://example.org/d).'), ['https://example.org/a_b(c)', 'https://example.org/d']);
  assert.deepEqual(links('http://localhost:5000/?q=1&r=2!'), ['http://localhost:5000/?q=1&r=2']);
});

test('only web addresses become links', () => {
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https://']) {
    assert.ok(piecesOf(text).every((piece) => piece.kind !== 'link'), text);
  }
});

test('code hides what would be special in it', () => {
  assert.deepEqual(piecesOf('a `@b #c :tada: https://d.e` f'), [
    { kind: 'text', text: 'a ' },
    { kind: 'code', text: '@b #c :tada: https://d.e' },
    { kind: 'text', text: ' f' },
  ]);
  assert.deepEqual(piecesOf('``a`b``'), [{ kind: 'code', text: 'a`b' }]);
  assert.deepEqual(piecesOf('a lone ` stays'), [{ kind: 'text', text: 'a lone ` stays' }]);
});

test('blocks of code keep their lines and their language', () => {
  assert.deepEqual(blocksOf('before\n```c\nint x;\n\tx++;\n```\nafter'), [
    { kind: 'line', pieces: [{ kind: 'text', text: 'before' }] },
    { kind: 'code', text: 'int x;\n\tx++;', language: 'c' },
    { kind: 'line', pieces: [{ kind: 'text', text: 'after' }] },
  ]);
  assert.deepEqual(blocksOf('```one line```'), [{ kind: 'code', text: 'one line', language: '' }]);
  assert.equal(blocksOf('``` never closed')[0]!.kind, 'line');
});

test('mentions and rooms are found, addresses and numbers are not', () => {
  assert.deepEqual(
    piecesOf('@anna: come to #cucina.').map((piece) => piece.kind),
    ['mention', 'text', 'room', 'text'],
  );
  assert.deepEqual(piecesOf('me@example.org has issue #12').map((piece) => piece.kind), ['text']);
});

test('names of emoji become emoji, except in code', () => {
  assert.equal(withEmoji(':wave: `:wave:` :unknown: 10:30:00'), '👋 `:wave:` :unknown: 10:30:00');
  assert.equal(withEmoji('x:100: and :100:'), 'x:100: and 💯');
  assert.equal(short(piecesOf('x:100: :100:')), 'x:100: 💯');
  assert.ok(searchEmoji('tad').some(({ emoji }) => emoji === '🎉'));
  assert.equal(isOnlyEmoji('👍 🎉'), true);
  assert.equal(isOnlyEmoji('42'), false);
  assert.equal(isOnlyEmoji('👍 yes'), false);
});

test('a summary is one line and cut between characters', () => {
  assert.equal(summaryOf('a\n```\nb\n```'), 'a b');
  assert.equal(summaryOf('> **see** [it](https://a.b) `x`\n- one\n- two :tada:'), 'see it x one, two 🎉');
  assert.equal(summaryOf('👍'.repeat(10), 4), '👍👍👍…');
  assert.equal(isLong('x\n'.repeat(40)), true);
  assert.equal(isLong('x'), false);
});

test('emphasis is what CommonMark makes of it, and what is not meant stays text', () => {
  const cases: [string, string][] = [
    ['**bold** and _it_ and *it* and ~~gone~~', '[strong: bold] and [em: it] and [em: it] and [strike: gone]'],
    ['***both***', '[strong: [em: both]]'],
    ['**bold _it_**', '[strong: bold [em: it]]'],
    ['*it **bold***', '[em: it [strong: bold]]'],
    ['snake_case_name and __init__.py', 'snake_case_name and [strong: init].py'],
    ['2*3*4 and 2 * 3 * 4', '2*3*4 and 2 * 3 * 4'],
    ['**never closed', '**never closed'],
    ['a ** b ** c', 'a ** b ** c'],
    ['****', '****'],
    ['**`a**b`**', '[strong: <code a**b>]'],
    ['\\*not\\*', '*not*'],
    ['**@anna** *#room*', '[strong: <mention @anna>] [em: <room #room>]'],
    ['*https://example.org/x*', '[em: <link https://example.org/x>]'],
    ['_@anna _b', '_<mention @anna> _b'],
  ];
  for (const [text, wanted] of cases) assert.equal(short(piecesOf(text)), wanted, text);
  assert.equal(plainOf(piecesOf('a **b _c_** d')), 'a b c d');
});

test('a link shows where it leads', () => {
  const links = (text: string) => piecesOf(text).flatMap((piece) => (piece.kind === 'link' ? [[piece.text, piece.href, piece.label ?? false]] : []));
  assert.deepEqual(links('[the notes](https://example.org/n)'), [['the notes', 'https://example.org/n', true]]);
  assert.deepEqual(links('[bank.example](https://evil.test/)'), [['https://evil.test/', 'https://evil.test/', false]], 'an address does not stand for another');
  const [shown] = links('https://example.org/\u202Egpj.exe');
  assert.ok(!/\u202e/.test(String(shown![0])), 'marks of direction hide nothing');
  assert.match(String(links('https://аррӏе.com/x')[0]![0]), /xn--/, 'letters of other scripts are not taken for ours');
  assert.deepEqual(links('[x](javascript:alert(1))'), []);
});

test('quotes, lists and tables are blocks; a face with a nose is not a quote', () => {
  assert.deepEqual(blocksOf('> one\n> two\nthree').map((block) => block.kind), ['quote', 'line']);
  assert.deepEqual(blocksOf('>_< and >:('), [{ kind: 'line', pieces: [{ kind: 'text', text: '>_< and >:(' }] }]);
  const [list] = blocksOf('- a\n  - b\n- c\n\nafter');
  assert.ok(list?.kind === 'list' && list.items.length === 2 && list.items[0]![1]!.kind === 'list' && list.start === null);
  const [numbered] = blocksOf('3. three\n4. four');
  assert.ok(numbered?.kind === 'list' && numbered.start === 3 && numbered.items.length === 2);
  const [table, after] = blocksOf('| a | b |\n|---|:-:|\n| 1 | **2** |\n| 3 |\nend');
  assert.ok(table?.kind === 'table' && table.rows.length === 2 && table.rows[1]!.length === 2);
  assert.equal(short(table.rows[0]![1]!), '[strong: 2]');
  assert.equal(after!.kind, 'line');
  assert.equal(blocksOf('a | b\nc | d')[0]!.kind, 'line', 'no rule, no table');
  assert.deepEqual(blocksOf('one\n\ntwo'), [{ kind: 'line', pieces: [{ kind: 'text', text: 'one\n\ntwo' }] }]);
});

test('code has colours in the languages that are known, and loses no letter', () => {
  const text = 'def f(x): # why\n\treturn "a\\"b" + 0x1F';
  const parts = highlight(text, 'py')!;
  assert.equal(parts.map((part) => part.text).join(''), text);
  const kindOf = (part: string) => parts.find((one) => one.text.includes(part))?.kind;
  assert.deepEqual([kindOf('def'), kindOf('# why'), kindOf('"a'), kindOf('0x1F'), kindOf('f')], ['keyword', 'comment', 'string', 'number', 'keyword']);
  assert.equal(highlight('x', 'constructor'), null);
  assert.deepEqual(highlight('+a\n-b', 'diff')!.map((part) => part.kind), ['added', 'removed']);
});

test('hostile texts are handled in time that does not explode', () => {
  const start = process.cpuUsage();
  for (const text of ['`'.repeat(8000), '``a'.repeat(2600), 'http://'.repeat(1100), '@'.repeat(8000), ':a'.repeat(4000), '('.repeat(4000) + 'https://a.b' + ')'.repeat(4000), '```\n'.repeat(2000), '*a'.repeat(4000), '**a_'.repeat(2000), '> '.repeat(4000), '- '.repeat(4000), '- a\n'.repeat(2000), '|a'.repeat(4000) + '\n' + '|-'.repeat(4000), '[a]('.repeat(2000), '\\'.repeat(8000), '_*~~'.repeat(2000)]) {
    blocksOf(text);
    isOnlyEmoji(text);
  }
  // Time of the processor: a busy machine takes longer, a search that goes back over and over takes minutes.
  const { user } = process.cpuUsage(start);
  assert.ok(user < 5e6, `${user} µs`);
});
