// Files on their way: before their message, each once, over broken lines, refusals and closed tabs.

import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { loadEmoji } from '../src/model/emoji.ts';
import type { OutFile, OutItem } from '../src/model/outbox.ts';
import { Refusal } from '../src/model/protocol.ts';
import { upload as realUpload } from '../src/net/upload.ts';
import type { Upload } from '../src/net/upload.ts';
import { memoryDatabase } from '../src/net/database.ts';
import { loadText } from '../src/text.ts';
import { MockChat, closeDevices, enter, findLine, loseLine, roomOf, settled, until } from './fake.ts';
import type { Device } from './fake.ts';

await loadText('en', ['en-GB']);
await loadEmoji();

afterEach(closeDevices);
after(() => setTimeout(() => process.exit(), 200).unref());

function file(key: string, content = 'abc'): OutFile {
  return { key, file: '', name: `${key}.txt`, bytes: content.length, type: 'text/plain', blob: new Blob([content]) };
}

// Puts what comes on the server of `chat`, and notes the names.
function uploader(chat: MockChat) {
  const names: string[] = [];
  let fail: Refusal | null = null;
  let waiting: (() => void) | null = null;
  let holds = false;
  const upload: Upload = async ({ name, blob, progress, signal }) => {
    names.push(name);
    progress(0.5);
    if (holds) {
      await new Promise<void>((resolve, reject) => {
        waiting = resolve;
        signal.addEventListener('abort', () => reject(new Refusal('aborted', '')));
      });
    }
    if (fail) throw fail;
    return chat.upload(name, blob.size, 'text/plain; charset=utf-8');
  };
  return {
    upload,
    names,
    failWith: (refusal: Refusal | null) => (fail = refusal),
    hold: () => (holds = true),
    goOn: () => {
      holds = false;
      waiting?.();
    },
  };
}

async function send(device: Device, text: string, ...files: OutFile[]): Promise<void> {
  const room = roomOf(device);
  room.files.value = files;
  assert.equal((await device.client.commands.submit(room, text, 0)).ok, true);
}

const sent = (chat: MockChat) => chat.rooms.get('#lobby')!.entries.filter(({ op }) => op === 'message').map(({ message, files }) => [message, files?.map(({ name }) => name)]);
const outbox = (device: Device) => device.client.sending.outbox;

test('files go up in order, then their message goes once, and is shown with them', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  const leo = await enter(chat, 'Leo');
  await send(anna, 'look', file('one'), file('two'));
  assert.equal(roomOf(anna).files.value.length, 0);
  await until(() => outbox(anna).items.length === 0, 'it is stored');
  assert.deepEqual(up.names, ['one.txt', 'two.txt']);
  assert.deepEqual(sent(chat), [['look', ['one.txt', 'two.txt']]]);
  for (const device of [anna, leo]) {
    await until(() => roomOf(device).log.window.length === 1, 'it is shown');
    assert.deepEqual(roomOf(device).log.window[0]!.files?.map(({ name }) => name), ['one.txt', 'two.txt']);
  }
});

test('one’s own message learns the links of its files, which the ack does not tell', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { upload: uploader(chat).upload });
  await send(anna, 'mine', file('one'));
  const first = () => roomOf(anna).log.window[0];
  await until(() => first()?.files?.[0]?.url?.startsWith('/f/'), 'it has its link');
  assert.equal(first()!.text, 'mine');
});

test('a message needs no text where it has a file, and nothing is sent where it has neither', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { upload: uploader(chat).upload });
  await send(anna, '', file('one'));
  await until(() => outbox(anna).items.length === 0, 'it is stored');
  assert.equal((await anna.client.commands.submit(roomOf(anna), ' ', 0)).ok, false);
  assert.deepEqual(sent(chat), [['', ['one.txt']]]);
});

test('what is typed meanwhile does not wait for a long upload', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  up.hold();
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  await send(anna, 'large', file('large'));
  await until(() => up.names.length === 1, 'it goes up');
  assert.deepEqual(anna.client.state.uploading.value, { key: 'large', part: 0.5 });
  await send(anna, 'quick');
  await until(() => outbox(anna).items.length === 1, 'the text is stored');
  up.goOn();
  await until(() => outbox(anna).items.length === 0, 'the file, too');
  assert.deepEqual(sent(chat), [['quick', undefined], ['large', ['large.txt']]]);
});

test('what was sent without a line goes when it is back, once, and also after a reload', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  const anna = await enter(chat, 'Anna', { upload: up.upload, device: 'web-1' });
  await loseLine(anna);
  await send(anna, 'later', file('one'));
  await settled();
  assert.deepEqual(up.names, []);
  anna.network.up = false;
  const again = await enter(chat, 'Anna', { upload: up.upload, device: 'web-1', database: anna.database, local: anna.local });
  await until(() => outbox(again).items.length === 0 && sent(chat).length === 1, 'it is stored');
  assert.deepEqual(sent(chat), [['later', ['one.txt']]]);
  assert.deepEqual(up.names, ['one.txt']);
});

test('a lost ack sends the same files again, and the message is there once', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  chat.loseAcks = 1;
  await send(anna, 'once', file('one'));
  await until(() => anna.client.state.line.value.state !== 'online', 'the line breaks');
  await findLine(anna);
  await until(() => outbox(anna).items.length === 0, 'it is acknowledged');
  assert.deepEqual(sent(chat), [['once', ['one.txt']]]);
  assert.deepEqual(up.names, ['one.txt'], 'the file is not uploaded again');
});

test('a file that the server dropped meanwhile is uploaded again', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  await loseLine(anna);
  const old = { ...file('one'), file: 'f'.repeat(32) };
  await send(anna, 'late', old);
  await findLine(anna);
  await until(() => outbox(anna).items.length === 0, 'it is stored');
  assert.deepEqual(up.names, ['one.txt']);
  assert.deepEqual(sent(chat), [['late', ['one.txt']]]);
});

test('a refusal is shown with its reason, and can be tried again', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  up.failWith(new Refusal('limit', 'The server has no more room for files.'));
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  await send(anna, 'full', file('one'));
  await until(() => outbox(anna).items[0]?.state === 'failed', 'it is refused');
  assert.equal(outbox(anna).items[0]!.reason, 'The server has no more room for files.');
  await send(anna, 'the next one goes');
  await until(() => sent(chat).length === 1, 'it went');
  up.failWith(null);
  outbox(anna).retry(outbox(anna).items[0]!.id);
  await until(() => outbox(anna).items.length === 0, 'it is stored');
});

test('a file that cannot be read any more is told, and does not wait for ever', async () => {
  const chat = new MockChat();
  const anna = await enter(chat, 'Anna', { upload: uploader(chat).upload });
  const gone = file('gone');
  gone.blob.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) as unknown as Blob;
  await send(anna, 'where is it', gone);
  await until(() => outbox(anna).items[0]?.state === 'failed', 'it is set aside');
  assert.match(outbox(anna).items[0]!.reason!, /gone.txt cannot be read/);
});

test('an upload can be stopped, and the next one goes', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  up.hold();
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  await send(anna, 'no', file('no'));
  await send(anna, 'yes', file('yes'));
  await until(() => up.names.length === 1, 'it goes up');
  (await anna.client.uploads()).cancel(outbox(anna).items[0]!.id);
  await until(() => up.names.length === 2, 'the next one goes up');
  up.goOn();
  await until(() => outbox(anna).items.length === 0, 'it is stored');
  assert.deepEqual(sent(chat), [['yes', ['yes.txt']]]);
});

function left(id: string, more: Partial<OutItem> = {}): OutItem {
  return { id, user: 'anna', device: 'web-1', op: 'send', room: '#lobby', message: id, files: [file(id)], created: 1, state: 'waiting', ...more };
}

test('the files of a closed tab go up before its messages are carried', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  const anna = await enter(chat, 'Anna', { upload: up.upload, device: 'web-2' });
  const item = left('one');
  await (await anna.client.uploads()).run([item]);
  assert.match(item.files![0]!.file, /^0+1$/);
  const kept = await anna.database.outbox.all('anna');
  assert.equal(kept[0]!.files![0]!.file, item.files![0]!.file, 'the id is kept before the message goes');
});

test('a closed tab’s message that another tab sent with files of its own is stored, and not refused', async () => {
  const chat = new MockChat();
  const { local } = await enter(chat, 'Anna', { upload: uploader(chat).upload, password: 'correct horse', register: true });
  const up = uploader(chat);
  const database = memoryDatabase();
  await database.outbox.put(left('one'));
  const first = await enter(chat, 'Anna', { upload: up.upload, local, database, alone: true, password: 'correct horse' });
  await until(() => sent(chat).length === 1, 'it is carried');
  await settled();
  const again = memoryDatabase();
  await again.outbox.put(left('one'));
  const second = await enter(chat, 'Anna', { upload: up.upload, local, database: again, alone: true, password: 'correct horse' });
  await until(() => up.names.length === 2, 'it goes up again');
  await settled();
  assert.deepEqual(await again.outbox.all('anna'), []);
  assert.deepEqual([...outbox(first).items, ...outbox(second).items], []);
  assert.deepEqual(sent(chat), [['one', ['one.txt']]]);
});

test('what another tab sent while its files went up is not sent again', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  up.hold();
  const database = memoryDatabase();
  await database.outbox.put(left('one'));
  await enter(chat, 'Anna', { upload: up.upload, database, alone: true });
  await until(() => up.names.length === 1, 'it goes up');
  const { put } = database.outbox;
  database.outbox.put = async () => undefined;
  await database.outbox.remove('one');
  up.goOn();
  await settled();
  database.outbox.put = put;
  assert.deepEqual(sent(chat), []);
});

test('who signs out ends the upload of what a closed tab left, and nothing of it comes back', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  up.hold();
  const database = memoryDatabase();
  await database.outbox.put(left('one', { files: [file('one'), file('two')] }));
  const anna = await enter(chat, 'Anna', { upload: up.upload, database, alone: true });
  await until(() => up.names.length === 1, 'it goes up');
  await anna.client.session.signOut();
  assert.deepEqual(await database.outbox.all('anna'), []);
  up.goOn();
  await settled();
  assert.deepEqual(await database.outbox.all('anna'), []);
  assert.deepEqual(up.names, ['one.txt']);
});

test('what one person left does not go out as the next one at the same page', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  up.hold();
  const database = memoryDatabase();
  await database.outbox.put(left('one'));
  const { files, ...plain } = left('plain');
  await database.outbox.put(plain);
  // Its end comes late.
  const upload: Upload = (request) => up.upload({ ...request, signal: new AbortController().signal });
  const anna = await enter(chat, 'Anna', { upload, database, alone: true });
  await until(() => up.names.length === 1, 'it goes up');
  anna.client.session.leave();
  anna.client.session.signIn({ name: 'Ben', stay: false });
  await until(() => anna.client.state.phase.value === 'chat' && anna.client.line.isOnline, 'Ben is in');
  up.goOn();
  await settled();
  assert.deepEqual(sent(chat), []);
  assert.deepEqual(outbox(anna).items, []);
  assert.deepEqual((await database.outbox.all('anna')).map(({ id, device }) => [id, device]), [['one', 'web-1'], ['plain', 'web-1']], 'it waits for Anna');
});

test('lost lines do not use up the tries of what time heals', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  const uploads = await anna.client.uploads();
  up.failWith(new Refusal('offline', ''));
  await send(anna, 'patient', file('one'));
  await until(() => up.names.length === 1, 'it is tried');
  for (let n = 0; n < 3; n++) await uploads.run();
  up.failWith(new Refusal('busy', 'later'));
  await uploads.run();
  assert.equal(outbox(anna).items[0]!.state, 'waiting');
  for (let n = 0; n < 3; n++) await uploads.run();
  assert.equal(outbox(anna).items[0]!.state, 'failed', 'what is refused four times is set aside');
});

const plainRequest = { name: 'a', half: '', secret: 's', language: 'en', progress: () => undefined, keep: async () => undefined };

// A server that speaks tus, whose line ends where `cut` says.
class TusRequest {
  static bytes = -1;
  static cut = -1;
  static asked: string[] = [];
  upload: { onprogress?: (event: object) => void } = {};
  status = 0;
  responseText = '';
  onload = () => undefined;
  onerror = () => undefined;
  onloadend = () => undefined;
  private fields: Record<string, string> = {};
  private answer: Record<string, string> = {};
  private method = '';
  open(method: string, path: string) {
    this.method = method;
    TusRequest.asked.push(`${method} ${path}`);
  }
  setRequestHeader(name: string, value: string) {
    this.fields[name] = value;
  }
  getResponseHeader(name: string) {
    return this.answer[name] ?? null;
  }
  abort() {}
  send(body: Blob | null) {
    const { bytes, cut } = TusRequest;
    if (this.method === 'POST') {
      TusRequest.bytes = 0;
      this.status = 201;
      this.answer = { Location: '/files/half' };
    } else if (bytes < 0) {
      this.status = 404;
    } else if (this.method === 'HEAD') {
      this.status = 200;
    } else {
      const end = bytes + body!.size;
      this.status = Number(this.fields['Upload-Offset']) !== bytes ? 409 : cut >= 0 && end > cut ? 0 : 204;
      TusRequest.bytes = this.status === 204 ? end : this.status ? bytes : cut;
    }
    if (this.status === 409) this.responseText = '{"code":"bad_field","message":"Another offset."}';
    if (this.method !== 'POST') this.answer = { 'Upload-Offset': String(TusRequest.bytes) };
    queueMicrotask(() => {
      if (this.status) this.onload();
      else this.onerror();
      this.onloadend();
    });
  }
}

test('a large file goes on where it broke off, and begins anew where nothing is known of it', async (context) => {
  context.after(() => Reflect.deleteProperty(globalThis, 'XMLHttpRequest'));
  Object.assign(globalThis, { XMLHttpRequest: TusRequest });
  const blob = new Blob([new Uint8Array(20 << 20)]);
  let half = '';
  const keep = async (path: string) => void (half = path);
  const request = () => ({ ...plainRequest, blob, half, keep, signal: new AbortController().signal });
  TusRequest.cut = 10 << 20;
  await assert.rejects(realUpload(request()), { code: 'offline' });
  assert.equal(half, '/files/half');
  TusRequest.cut = -1;
  TusRequest.asked = [];
  assert.deepEqual(await realUpload(request()), { file: 'half' });
  assert.deepEqual(TusRequest.asked, ['HEAD /files/half', 'PATCH /files/half', 'PATCH /files/half']);
  TusRequest.bytes = -1;
  TusRequest.asked = [];
  await realUpload(request());
  assert.deepEqual(TusRequest.asked.slice(0, 2), ['HEAD /files/half', 'POST /files']);
});

test('what another line has sent meanwhile is asked for again, and sets nothing aside', async (context) => {
  context.after(() => Reflect.deleteProperty(globalThis, 'XMLHttpRequest'));
  Object.assign(globalThis, { XMLHttpRequest: TusRequest });
  const blob = new Blob([new Uint8Array(20 << 20)]);
  TusRequest.cut = -1;
  const keep = async () => void setImmediate(() => undefined);
  const progress = () => void (TusRequest.bytes = 1 << 20);
  await assert.rejects(realUpload({ ...plainRequest, blob, half: '', keep, progress, signal: new AbortController().signal }), { code: 'busy' });
});

test('what is paused waits, also for a line that comes back, until it is to go on', async () => {
  const chat = new MockChat();
  const up = uploader(chat);
  up.hold();
  const anna = await enter(chat, 'Anna', { upload: up.upload });
  await send(anna, 'large', file('large'));
  await until(() => up.names.length === 1, 'it goes up');
  const { id } = outbox(anna).items[0]!;
  const uploads = await anna.client.uploads();
  uploads.pause(id, true);
  await settled();
  up.goOn();
  await send(anna, 'other', file('other'));
  await until(() => sent(chat).length === 1, 'others pass');
  assert.deepEqual(up.names, ['large.txt', 'other.txt']);
  assert.equal(outbox(anna).items[0]!.paused, true);
  uploads.pause(id, false);
  await until(() => outbox(anna).items.length === 0, 'it goes on');
  assert.deepEqual(sent(chat).map(([text]) => text), ['other', 'large']);
});

test('an upload whose line dies without a word breaks off, and one that goes on does not', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const made: FakeRequest[] = [];
  class FakeRequest {
    upload: { onprogress?: (event: object) => void } = {};
    onabort = () => undefined;
    onloadend = () => undefined;
    constructor() {
      made.push(this);
    }
    open() {}
    setRequestHeader() {}
    send() {}
    abort() {
      this.onabort();
      this.onloadend();
    }
  }
  context.after(() => Reflect.deleteProperty(globalThis, 'XMLHttpRequest'));
  Object.assign(globalThis, { XMLHttpRequest: FakeRequest });
  const abort = new AbortController();
  const request = { ...plainRequest, blob: new Blob(['a']), signal: abort.signal };
  let code = '';
  realUpload(request).catch((refusal: Refusal) => (code = refusal.code));
  context.mock.timers.tick(60_000);
  made[0]!.upload.onprogress!({ loaded: 1, total: 2 });
  context.mock.timers.tick(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(code, '');
  context.mock.timers.tick(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(code, 'offline');
  const stopped = realUpload(request).catch((refusal: Refusal) => (code = refusal.code));
  abort.abort();
  await stopped;
  assert.equal(code, 'aborted');
});
