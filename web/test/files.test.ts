import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import type { Client } from '../src/app/client.ts';
import { boxOf, kindOf, languageOf, movesInLog, previewOf, sizeText } from '../src/model/files.ts';
import { messageOf, changed } from '../src/model/roomlog.ts';
import { buildRows } from '../src/model/rows.ts';
import { needsUpload, requestOf } from '../src/model/outbox.ts';
import type { OutFile, OutItem } from '../src/model/outbox.ts';
import { forget, sourceOf } from '../src/views/file-source.ts';
import type { Entry, FileFacts, MessageEntry } from '../src/model/protocol.ts';

function facts(type: string, width?: number, height?: number): FileFacts {
  return { file: 'f1', name: 'a', bytes: 1, type, ...(width ? { width, height: height! } : {}) };
}

function entry(fields: Partial<MessageEntry>): MessageEntry {
  return { op: 'message', room: '#lobby', seq: 1, time: '2026-11-01T10:00:00Z', from: { name: 'Anna' }, message: '', ...fields };
}

function outFile(key: string, file = ''): OutFile {
  return { key, file, name: `${key}.png`, bytes: 3, type: 'image/png', width: 4, height: 2, blob: new Blob(['abc']) };
}

function item(files: OutFile[]): OutItem {
  return { id: 'a1', user: 'anna', device: 'd', op: 'send', room: '#lobby', message: '', files, created: 1, state: 'waiting' };
}

test('a file is shown as what the server says it is, and never as more', () => {
  assert.equal(kindOf(facts('image/webp')), 'picture');
  assert.equal(kindOf(facts('audio/ogg')), 'audio');
  assert.equal(kindOf(facts('video/mp4')), 'video');
  assert.equal(kindOf(facts('text/plain; charset=utf-8')), 'text');
  for (const type of ['image/svg+xml', 'text/html', 'application/octet-stream', '']) assert.equal(kindOf(facts(type)), 'other', type);
});

test('a picture has its box before it is loaded, in its own shape, and no larger than it is', () => {
  assert.deepEqual(boxOf(facts('image/png', 1200, 800)), { width: 360, height: 240 });
  assert.deepEqual(boxOf(facts('image/png', 200, 2800)), { width: 40, height: 280 });
  assert.deepEqual(boxOf(facts('image/png', 100, 60)), { width: 100, height: 60 });
  assert.deepEqual(boxOf(facts('image/png', 1, 1)), { width: 40, height: 40 });
  const { width, height } = boxOf(facts('image/png'));
  assert.ok(width > 0 && height > 0, 'where the size is not known');
});

test('a preview stands for a picture, under a name of its own', () => {
  const plain = facts('image/png', 1200, 800);
  assert.equal(previewOf(plain, 800), plain, 'there is none');
  const file = { ...plain, url: '/f/f1/k/a.png', preview: '/f/f1/k?size=800' };
  assert.deepEqual(previewOf(file, 800), { ...file, file: 'f1?size=800', url: '/f/f1/k?size=800' });
  assert.equal(previewOf(file, 160).url, '/f/f1/k?size=160');
  assert.ok(movesInLog(facts('image/gif')));
  assert.ok(!movesInLog({ ...facts('image/gif'), bytes: 3 << 20 }));
  assert.ok(!movesInLog(facts('image/jpeg')));
});

test('sizes are read in the units of the language', () => {
  assert.equal(sizeText(1, 'en'), '1 byte');
  assert.equal(sizeText(999, 'en'), '999 bytes');
  assert.equal(sizeText(81_234, 'en'), '81.2 kB');
  assert.equal(sizeText(999_600, 'en'), '1 MB');
  assert.equal(sizeText(33_554_432, 'it'), '33,6 MB');
});

test('the language of a text file is that of its ending', () => {
  assert.equal(languageOf('room.h'), 'c');
  assert.equal(languageOf('Makefile'), 'make');
  assert.equal(languageOf('a.b.PY'), 'py');
  assert.equal(languageOf('none'), '');
});

test('a message with files says what was said, without the lines for those who know no files', () => {
  const message = messageOf(entry({ message: 'look\na (1 B) http://x/f/1', text: 'look', files: [facts('image/png')] }))!;
  assert.equal(message.text, 'look');
  assert.equal(message.files?.length, 1);
  assert.equal(messageOf(entry({ message: 'a (1 B) http://x/f/1', text: '', files: [facts('image/png')] }))!.text, '');
});

test('the files stay with an edit and go with a deletion, at once where it is one’s own', () => {
  const message = messageOf(entry({ message: 'look', text: 'look', files: [facts('image/png')] }))!;
  const base = { room: '#lobby', seq: 2, time: '2026-11-01T10:00:01Z', from: { name: 'Anna' }, target: 1 };
  const edited = changed(message, { ...base, op: 'edit', message: 'see' } as Entry);
  assert.deepEqual([edited.text, edited.files?.length], ['see', 1]);
  assert.equal(changed(message, { ...base, op: 'delete' } as Entry).files, undefined);
  const pending: OutItem[] = [{ ...item([]), op: 'delete', target: 1 }];
  const rows = buildRows({ window: [message], atEnd: true, notices: [], pending, me: 'Anna', unreadAfter: -1 });
  const row = rows.find(({ type }) => type === 'message');
  assert.ok(row?.type === 'message' && row.message.deleted && row.message.files === undefined);
});

test('a message leaves when all of its files are on the server, and names them', () => {
  const both = item([outFile('k1', 'f1'), outFile('k2')]);
  assert.equal(needsUpload(both), true);
  both.files![1]!.file = 'f2';
  assert.equal(needsUpload(both), false);
  assert.deepEqual(requestOf(both).files, ['f1', 'f2']);
  assert.equal('blob' in requestOf(both), false);
});

test('pictures that wait are drawn whatever their size, and are let go of when they are taken back', (context) => {
  const revoked: string[] = [];
  context.mock.method(URL, 'revokeObjectURL', (url: string) => revoked.push(url));
  const phase = signal('chat');
  const client = { state: { phase } } as unknown as Client;
  const files = ['one', 'two', 'three'].map((key) => {
    const file = outFile(key);
    Object.defineProperty(file.blob, 'size', { value: 30 << 20 });
    return file;
  });
  const [first, second, third] = files.map((file) => sourceOf(client, file));
  assert.deepEqual(revoked, []);
  assert.equal(sourceOf(client, files[0]!), first);
  forget(files[1]!);
  assert.deepEqual(revoked, [second]);
  // Two are stored: of what is stored, the oldest goes where more comes.
  for (const file of [files[0]!, files[2]!]) {
    file.file = `id-${file.key}`;
    const { blob: _blob, ...stored } = file;
    assert.equal(sourceOf(client, stored), file === files[0] ? first : third);
  }
  const [large, more] = ['large', 'more'].map((key) => outFile(key));
  Object.defineProperty(large!.blob, 'size', { value: 30 << 20 });
  const last = sourceOf(client, large!);
  const { blob: _blob, ...stored } = Object.assign(large!, { file: 'id-large' });
  assert.equal(sourceOf(client, stored), last);
  sourceOf(client, more!);
  assert.deepEqual(revoked, [second, first]);
  phase.value = 'sign-in';
  assert.equal(revoked.length, 5, 'nothing is left for the next person');
});
