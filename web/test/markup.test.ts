import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, isLong, isOnlyEmoji, piecesOf, summaryOf } from '../src/model/markup.ts';
import { searchEmoji, withEmoji } from '../src/model/emoji.ts';

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
  assert.ok(searchEmoji('tad').some(({ emoji }) => emoji === '🎉'));
  assert.equal(isOnlyEmoji('👍 🎉'), true);
  assert.equal(isOnlyEmoji('42'), false);
  assert.equal(isOnlyEmoji('👍 yes'), false);
});

test('a summary is one line and cut between characters', () => {
  assert.equal(summaryOf('a\n```\nb\n```'), 'a b');
  assert.equal(summaryOf('👍'.repeat(10), 4), '👍👍👍…');
  assert.equal(isLong('x\n'.repeat(40)), true);
  assert.equal(isLong('x'), false);
});

test('hostile texts are handled in time that does not explode', () => {
  const start = performance.now();
  for (const text of ['`'.repeat(8000), '``a'.repeat(2600), 'http://'.repeat(1100), '@'.repeat(8000), ':a'.repeat(4000), '('.repeat(4000) + 'https://a.b' + ')'.repeat(4000), '```\n'.repeat(2000)]) {
    blocksOf(text);
    isOnlyEmoji(text);
  }
  assert.ok(performance.now() - start < 1500, `${performance.now() - start} ms`);
});
