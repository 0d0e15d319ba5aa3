// Files of messages: chosen, pasted and dropped; sent, shown, looked at and deleted.

import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { Person, assertAccessible, until, withAxe } from './harness.mjs';

// A picture of one colour.
export function png(width, height, [red, green, blue] = [40, 120, 200]) {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes) => {
    let c = 0xffffffff;
    for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
  };
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const whole = Buffer.alloc(body.length + 8);
    whole.writeUInt32BE(data.length);
    body.copy(whole, 4);
    whole.writeUInt32BE(crc(body), body.length + 4);
    return whole;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const line = Buffer.concat([Buffer.from([0]), ...Array.from({ length: width }, () => Buffer.from([red, green, blue]))]);
  const rows = Buffer.concat(Array.from({ length: height }, () => line));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function file(name, buffer, mimeType = '') {
  return { name, mimeType, buffer: Buffer.from(buffer) };
}

// Chooses the files as with the button's dialog.
async function choose(person, ...files) {
  await person.page.locator('.attach .icon-button').waitFor();
  await person.page.locator('.attach input[multiple]').setInputFiles(files);
  await person.page.locator('.attached li').nth(files.length - 1).waitFor();
}

// Pastes or drops them, as the browser's own events do.
function handOver(person, event, target, list, text = '') {
  return person.page.evaluate(
    ([what, selector, files, plain]) => {
      const data = new DataTransfer();
      for (const [name, bytes, type] of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
      if (plain) data.setData('text/plain', plain);
      const element = document.querySelector(selector);
      const options = { bubbles: true, cancelable: true };
      if (what === 'paste') element.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
      else for (const step of ['dragover', 'drop']) element.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: data }));
    },
    [event, target, list, text],
  );
}

// A second of silence.
function wav() {
  const bytes = Buffer.alloc(44 + 16_000);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.set([1, 0, 1, 0], 20);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(16_000, 28);
  bytes.set([2, 0, 16, 0], 32);
  bytes.write('data', 36);
  bytes.writeUInt32LE(16_000, 40);
  return bytes;
}

// True once the browser has drawn it, which says more than that the element is there.
function isDrawn(picture) {
  return picture.evaluate((img) => img.complete && img.naturalWidth > 0);
}

export const tests = {
  'a picture goes with a message, and both sides see it': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Anna');
      const leo = await Person.arrive(suite, 'Leo');
      const chooser = anna.page.waitForEvent('filechooser');
      await anna.page.locator('.attach .icon-button').click();
      const item = anna.page.getByRole('menuitem', { name: 'Choose files' });
      await item.click();
      await (await chooser).setFiles([file('cat.png', png(300, 200), 'image/png')]);
      await anna.page.locator('.attached img').waitFor();
      await anna.say('look at this');
      for (const person of [anna, leo]) {
        const picture = person.message('look at this').locator('.picture img');
        await until(() => isDrawn(picture), `${person.name} sees the picture`);
        assert.equal(await picture.getAttribute('alt'), 'look at this');
      }
      await anna.message('look at this').locator('.delivery', { hasText: 'sent' }).waitFor();
      assert.equal(await anna.page.locator('.attached').count(), 0);
      assert.deepEqual(await leo.texts(), ['look at this'], 'the line for others is not shown');
      await anna.page.reload();
      await until(() => isDrawn(anna.message('look at this').locator('.picture img')), 'after a reload, too');
    },
  },

  'the log has a preview of its own size, the viewer has the whole picture': {
    needs: 'real',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Petra');
      await anna.joins('#previews');
      await choose(anna, file('large.png', png(1800, 1350), 'image/png'), file('small.png', png(120, 90), 'image/png'));
      await anna.say('previews');
      await anna.message('previews').locator('.delivery', { hasText: 'sent' }).waitFor();
      const leo = await Person.arrive(suite, 'Quirin');
      // The box stands before the preview comes.
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await leo.page.route('**/f/**', async (route) => {
        await held;
        await route.continue();
      });
      await leo.joins('#previews');
      const boxes = leo.message('previews').locator('.picture');
      await boxes.nth(1).waitFor();
      const sizes = () => boxes.evaluateAll((list) => list.map((box) => [box.clientWidth, box.clientHeight]));
      const before = await sizes();
      release();
      const [large, small] = [boxes.nth(0).locator('img'), boxes.nth(1).locator('img')];
      await until(async () => (await isDrawn(large)) && (await isDrawn(small)), 'both are drawn');
      assert.deepEqual(await sizes(), before);
      assert.deepEqual(before[0], [360, 270]);
      const about = (img) => img.evaluate((one) => [one.naturalWidth, new URL(one.src).search]);
      assert.deepEqual(await about(large), [800, '?size=800']);
      assert.deepEqual(await about(small), [120, '']);
      await boxes.nth(0).click();
      const viewer = leo.page.locator('dialog.viewer img');
      await until(() => isDrawn(viewer), 'the viewer has it');
      assert.deepEqual(await about(viewer), [1800, '']);
      await leo.page.keyboard.press('Escape');
      // A restore without files loses the previews: the picture itself is shown.
      await leo.page.unroute('**/f/**');
      await leo.page.route(/size=800/, (route) => route.fulfill({ status: 410, body: '' }));
      await leo.page.reload();
      await until(() => isDrawn(large), 'the picture stands in for its preview');
      assert.deepEqual(await about(large), [1800, '']);
    },
  },

  'several at once, pasted, dropped, and taken back before they are sent': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Berta');
      await anna.joins('#drops');
      await choose(anna, file('one.txt', 'first\n'), file('two.txt', 'second\n'));
      await handOver(anna, 'paste', '#composer-text', [['pasted.png', [...png(20, 20)], 'image/png']]);
      await handOver(anna, 'drop', '.log', [['dropped.bin', [0, 1, 2], '']]);
      await anna.page.locator('.attached li').nth(3).waitFor();
      await anna.page.getByRole('button', { name: 'Remove one.txt' }).click();
      await anna.say('');
      await anna.page.locator('.row .file-card', { hasText: 'dropped.bin' }).waitFor();
      await anna.page.locator('.row .picture img[alt="pasted.png"]').waitFor();
      assert.deepEqual(await anna.page.locator('.row .file-name').allInnerTexts(), ['two.txt', 'dropped.bin']);
      await until(async () => (await anna.page.locator('.row .text-file code').innerText()) === 'second\n', 'the text is shown');
    },
  },

  'text that is copied from a page is pasted as text, though a picture comes with it': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Cilla');
      await anna.page.locator('.attach .icon-button').waitFor();
      await handOver(anna, 'paste', '#composer-text', [['cell.png', [...png(20, 20)], 'image/png']], 'A1');
      await handOver(anna, 'drop', '.log', [['marker.bin', [1], '']]);
      await anna.page.locator('.attached li').waitFor();
      assert.deepEqual(await anna.page.locator('.attached-name').allInnerTexts().then((all) => all.map((name) => name.split('\n')[0])), ['marker.bin']);
    },
  },

  'what is too large or too many is refused before it is sent, and says the bound': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Dora');
      await anna.page.locator('.attach .icon-button').waitFor();
      await anna.page.evaluate(() => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(33_600_000)], 'film.mp4'));
        document.querySelector('.log').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      });
      await anna.page.locator('.toast-problem', { hasText: '33.6 MB' }).waitFor();
      await anna.page.evaluate(() => {
        const folder = new File([], 'holidays');
        folder.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('it is a folder')) });
        const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() });
        Object.defineProperty(event, 'dataTransfer', { value: { types: ['Files'], files: [folder] } });
        document.querySelector('.log').dispatchEvent(event);
      });
      await anna.page.locator('.toast-problem', { hasText: 'holidays cannot be read' }).waitFor();
      await handOver(anna, 'drop', '.log', Array.from({ length: 12 }, (_, n) => [`${n}.bin`, [n], '']));
      await anna.page.locator('.toast-problem', { hasText: 'at most 10' }).waitFor();
      assert.equal(await anna.page.locator('.attached li').count(), 10);
    },
  },

  'written without a line, the file goes when it is back, also after a reload': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Elvira');
      await anna.joins('#outbox');
      await anna.say('before');
      await anna.message('before').locator('.delivery', { hasText: 'sent' }).waitFor();
      const leo = await Person.arrive(suite, 'Fabio');
      await leo.joins('#outbox');
      await anna.page.locator('.attach .icon-button').waitFor();
      await anna.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await suite.server.kill();
      await choose(anna, file('kept.png', png(60, 30), 'image/png'));
      await anna.say('written offline');
      const row = anna.message('written offline');
      await row.locator('.upload', { hasText: 'Waiting for the connection' }).waitFor();
      await until(() => isDrawn(row.locator('.picture img')), 'it is shown at once');
      await anna.page.reload();
      await row.locator('.upload').waitFor();
      await suite.server.restart();
      await row.locator('.delivery', { hasText: 'sent' }).waitFor({ timeout: 40_000 });
      await until(() => isDrawn(leo.message('written offline').locator('.picture img')), 'the other one sees it', 40_000);
      assert.equal(await leo.message('written offline').count(), 1);
    },
  },

  'an upload shows how far it is, and can be stopped': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Gina');
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await anna.page.route('**/files?*', async (route) => {
        await held;
        await route.abort().catch(() => undefined);
      });
      await choose(anna, file('slow.bin', Buffer.alloc(1000)));
      await anna.say('slow one');
      const row = anna.message('slow one');
      await row.locator('.upload progress').waitFor();
      await row.getByRole('button', { name: 'Cancel' }).click();
      await row.waitFor({ state: 'detached' });
      release();
      await anna.say('still here');
      await anna.message('still here').locator('.delivery', { hasText: 'sent' }).waitFor();
    },
  },

  'a large upload is paused, and goes on after a reload from where it was': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Ginevra');
      const offsets = [];
      let holds = true;
      await anna.page.route('**/files/*', async (route) => {
        const request = route.request();
        if (request.method() !== 'PATCH') return route.continue();
        const offset = Number(request.headers()['upload-offset']);
        offsets.push(offset);
        if (!offset || !holds) return route.continue();
      });
      await choose(anna, file('large.bin', Buffer.alloc(9 << 20, 7)));
      await anna.say('large one');
      const row = anna.message('large one');
      await row.locator('.upload-share', { hasText: '88 %' }).waitFor();
      await row.getByRole('button', { name: 'Pause' }).click();
      await row.locator('.upload', { hasText: 'Paused' }).waitFor();
      await anna.page.reload();
      await row.locator('.upload', { hasText: 'Paused' }).waitFor();
      holds = false;
      await row.getByRole('button', { name: 'Resume' }).click();
      await row.locator('.delivery', { hasText: 'sent' }).waitFor({ timeout: 20_000 });
      assert.deepEqual(offsets, [0, 8 << 20, 8 << 20]);
    },
  },

  'what the server refuses stays with its reason, and goes at the second try': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Helga');
      let full = true;
      await anna.page.route('**/files?*', (route) => {
        if (!full) return route.continue();
        return route.fulfill({ status: 507, contentType: 'application/json', body: JSON.stringify({ op: 'error', code: 'limit', message: 'No more room.' }) });
      });
      await choose(anna, file('a.bin', [0]));
      await anna.say('try it');
      await anna.message('try it').locator('.delivery-failed', { hasText: 'No more room.' }).waitFor();
      full = false;
      await anna.message('try it').getByRole('button', { name: 'Try again' }).click();
      await anna.message('try it').locator('.delivery', { hasText: 'sent' }).waitFor();
    },
  },

  'a picture stands in its box before it is loaded, and nothing moves when it comes': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Irma');
      await anna.joins('#still');
      await choose(anna, file('wide.png', png(1200, 400), 'image/png'));
      await anna.say('a wide one');
      await anna.message('a wide one').locator('.delivery', { hasText: 'sent' }).waitFor();
      const leo = await Person.arrive(suite, 'Karl');
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await leo.page.route('**/f/**', async (route) => {
        await held;
        await route.continue();
      });
      await leo.joins('#still');
      const picture = leo.message('a wide one').locator('.picture');
      await picture.waitFor();
      const before = await picture.boundingBox();
      assert.deepEqual([before.width, before.height], [360, 120]);
      release();
      await until(() => isDrawn(picture.locator('img')), 'it is loaded');
      assert.deepEqual(await picture.boundingBox(), before);
    },
  },

  'the viewer: arrows lead through the room, keys zoom, Escape closes, a deletion too': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Lena');
      const leo = await Person.arrive(suite, 'Mario');
      await anna.joins('#gallery');
      await leo.joins('#gallery');
      for (const name of ['first', 'second']) {
        await choose(anna, file(`${name}.png`, png(300, 200), 'image/png'));
        await anna.say(name);
        await anna.message(name).locator('.delivery', { hasText: 'sent' }).waitFor();
      }
      const { page } = leo;
      await leo.message('first').locator('.picture').focus();
      await page.keyboard.press('Enter');
      const viewer = page.locator('dialog.viewer');
      await viewer.getByText('1 of 2').waitFor();
      await page.keyboard.press('ArrowRight');
      await viewer.getByText('2 of 2').waitFor();
      await until(() => isDrawn(viewer.locator('img')), 'it is drawn');
      const width = () => viewer.locator('img').evaluate((img) => img.getBoundingClientRect().width);
      const fitted = await width();
      await page.keyboard.press('+');
      await until(async () => (await width()) > fitted * 1.4, 'it is larger');
      await page.keyboard.press('0');
      await until(async () => (await width()) === fitted, 'it fits again');
      await withAxe(leo);
      await assertAccessible(leo, 'the viewer');
      await page.keyboard.press('Escape');
      await viewer.waitFor({ state: 'detached' });
      assert.equal(await page.evaluate(() => document.activeElement.className), 'picture', 'the focus is where it was');

      await leo.message('second').locator('.picture').click();
      await viewer.waitFor();
      await anna.runs('/delete');
      await viewer.waitFor({ state: 'detached' });
      await until(async () => (await leo.page.locator('.picture').count()) === 1, 'the picture is gone from the page');
    },
  },

  'sound and video have controls, code its colours, and all else is a card that can be saved': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Nora');
      await anna.joins('#kinds');
      const html = '<script>document.title = "run"</script>';
      await choose(anna, file('song.wav', wav(), 'audio/wav'), file('main.c', 'int main(void)\n{\n\treturn 0;\n}\n'), file('page.html', html, 'text/html'), file('x.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>\0', 'image/svg+xml'));
      await anna.say('kinds');
      const leo = await Person.arrive(suite, 'Otto');
      await leo.joins('#kinds');
      const { page } = leo;
      await until(() => page.locator('audio').evaluate((audio) => audio.duration > 0.5), 'the sound can be played');
      await page.locator('.text-file .hl-keyword', { hasText: 'return' }).waitFor();
      await until(async () => (await page.locator('.text-file code').nth(1).innerText()).includes('<script>'), 'HTML is text');
      assert.notEqual(await page.title(), 'run');
      assert.equal(await page.locator('.files img').count(), 0, 'SVG is not a picture');
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save x.svg' }).click();
      assert.equal((await saved).suggestedFilename(), 'x.svg');
      await withAxe(leo);
      await assertAccessible(leo, 'the files');
    },
  },

  'the files of a room are a list, and are found by name': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Paola');
      await anna.joins('#shelf');
      for (const name of ['holiday.png', 'budget.ods']) {
        await choose(anna, file(name, name.endsWith('png') ? png(30, 30) : [0, 1]));
        await anna.say(`here is ${name}`);
        await anna.message(`here is ${name}`).locator('.delivery', { hasText: 'sent' }).waitFor();
      }
      const { page } = anna;
      await page.getByRole('button', { name: 'More about #shelf' }).or(page.locator('.room-head .icon-button').last()).first().click();
      await page.locator('dialog').getByRole('button', { name: 'Files', exact: true }).click();
      const names = () => page.locator('.room-file .file-name').allInnerTexts();
      const shows = (...wanted) =>
        until(async () => {
          if (JSON.stringify(await names()) === JSON.stringify(wanted)) return true;
          await page.locator('.panel button[type=submit]').click();
          return false;
        }, `${wanted} in the list`);
      await shows('budget.ods', 'holiday.png');
      await withAxe(anna);
      await assertAccessible(anna, 'the list of files');
      await page.locator('#files-name').fill('holi');
      await shows('holiday.png');
      await page.locator('.room-file .result').click();
      await page.locator('.row-marked', { hasText: 'holiday' }).waitFor();
    },
  },

  'a voice message is recorded in the page': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Rita', { permissions: ['microphone'] });
      const { page } = anna;
      await page.locator('.attach .icon-button').waitFor();
      // A tone instead of a microphone.
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = async () => {
          const context = new AudioContext();
          const tone = context.createOscillator();
          const out = context.createMediaStreamDestination();
          tone.connect(out);
          tone.start();
          return out.stream;
        };
      });
      await page.locator('.attach .icon-button').first().click();
      await page.getByRole('menuitem', { name: 'Record a voice message' }).click();
      await page.getByRole('timer').filter({ hasText: '0:01' }).waitFor();
      // Another room ends it, and what was said waits where it began.
      await anna.joins('#elsewhere');
      await page.locator('.attach .icon-button').waitFor();
      assert.equal(await page.locator('.attached li').count(), 0);
      await page.locator('.sidebar .room-link', { hasText: 'lobby' }).click();
      await page.locator('.attached li', { hasText: 'Voice' }).waitFor();
      await page.locator('.attached').getByRole('button').click();
      await page.locator('.attach .icon-button').first().click();
      await page.getByRole('menuitem', { name: 'Record a voice message' }).click();
      await page.getByRole('timer').filter({ hasText: '0:01' }).waitFor();
      await page.getByRole('button', { name: 'End the recording' }).click();
      await page.locator('.attached li', { hasText: 'Voice' }).waitFor();
      await anna.say('listen');
      await anna.message('listen').locator('.delivery', { hasText: 'sent' }).waitFor();
      await page.reload();
      const sound = anna.message('listen').locator('audio');
      await until(() => sound.evaluate((audio) => audio.readyState > 0 && audio.duration > 0), 'it can be heard');
    },
  },

  'a closed tab’s file is carried by the one that stays open': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Sara');
      await anna.joins('#carry');
      const first = anna.page;
      const second = await anna.open();
      await second.locator('.room-head h1').waitFor();
      await anna.joins('#carry');
      anna.page = first;
      await first.locator('.attach .icon-button').waitFor();
      await suite.server.kill();
      await choose(anna, file('left.png', png(40, 40), 'image/png'));
      await anna.say('left behind');
      await anna.message('left behind').locator('.upload').waitFor();
      await first.close();
      await suite.server.restart();
      anna.page = second;
      await until(() => isDrawn(anna.message('left behind').locator('.picture img')), 'the other tab carried it', 60_000);
      assert.equal(await anna.message('left behind').count(), 1);
    },
  },

  'what another application shares waits in the room that one chooses': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Tina');
      await anna.joins('#shared');
      const { page } = anna;
      const share = () =>
        page.evaluate(async (bytes) => {
          await navigator.serviceWorker.ready;
          const form = new FormData();
          form.append('title', 'A picture');
          form.append('url', 'https://example.org/');
          form.append('files', new File([new Uint8Array(bytes)], 'fiore è.png', { type: 'image/png' }));
          return (await fetch('/share', { method: 'POST', body: form })).url;
        }, [...png(40, 40)]);
      await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null), 'the worker is there');
      assert.equal(await share(), `${suite.server.url}/`);
      await page.goto(suite.server.url);
      await page.locator('#switch-to').waitFor();
      // No room is chosen yet: it is still there.
      await page.reload();
      // Keys go to where the focus is, and Enter to what is listed by then.
      await page.locator('#switch-to:focus').waitFor();
      const isUp = async () => !(await page.locator('.line-state').count()) && (await page.locator('.log[aria-busy="false"]').count()) === 1;
      await until(isUp, 'the line is up');
      await page.keyboard.type('shared');
      await page.locator('#switch-list [aria-selected=true]', { hasText: 'shared' }).waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.room-head h1', { hasText: 'shared' }).waitFor();
      await page.locator('.attached li', { hasText: 'fiore è.png' }).waitFor();
      await anna.typed('A picture\nhttps://example.org/');
      await anna.composer.press('Enter');
      await until(() => isDrawn(anna.message('A picture').locator('.picture img')), 'it is sent');
      await page.reload();
      await anna.sees('A picture');
      assert.equal(await page.locator('.attached').count(), 0, 'it is taken once');
      const kept = () => page.evaluate(() => caches.has('brusio-shared'));
      assert.equal(await kept(), false);
      // The page has looked for what is shared, and does so no more.
      await page.waitForLoadState('networkidle');
      await until(isUp, 'the line is up again');
      await share();
      assert.equal(await kept(), true);
      await anna.runs('/quit');
      await page.locator('#name').waitFor();
      await until(async () => !(await kept()), 'the next person does not get it');
      // More than a message can have: the page opens, and the bound holds.
      const files = await page.evaluate(async () => {
        const form = new FormData();
        for (let n = 0; n < 12; n++) form.append('files', new File(['a'], `${n}.txt`));
        await fetch('/share', { method: 'POST', body: form });
        const cache = await caches.open('brusio-shared');
        const all = await Promise.all((await cache.keys()).map((request) => cache.match(request)));
        return all.filter(({ headers }) => headers.has('X-Name') && !headers.has('X-Lost')).length;
      });
      assert.equal(files, 10);
    },
  },

  'files are shown also where their views come while the page is busy, on a narrow one without scrolling sideways': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Ugo');
      await anna.joins('#busy');
      await choose(anna, file('wide.png', png(1200, 800), 'image/png'), file('a name that is longer than any phone is wide.bin', [0]));
      await anna.say('on a phone');
      await anna.message('on a phone').locator('.delivery', { hasText: 'sent' }).waitFor();
      const leo = await Person.arrive(suite, 'Vera', { viewport: { width: 320, height: 640 }, serviceWorkers: 'block', enter: false });
      // The message behind a drawing comes late, once the later views are on their way.
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await leo.page.route('**/app-later-*', async (route) => {
        await held;
        await route.continue();
      });
      await leo.page.addInitScript(() => {
        const [later, frame] = [window.setTimeout, window.requestAnimationFrame];
        window.requestAnimationFrame = (act) => (window.isBusy ? later(act, 1_500) : frame(act));
        window.setTimeout = (act, ms, ...rest) => later(act, window.isBusy && ms < 100 ? 1_500 : ms, ...rest);
      });
      const wanted = leo.page.waitForRequest('**/app-later-*');
      await leo.page.reload();
      await leo.enter();
      await wanted;
      await leo.page.evaluate(() => {
        window.isBusy = true;
        location.hash = '#/busy';
      });
      await leo.sees('on a phone');
      release();
      const picture = leo.message('on a phone').locator('.picture');
      await until(() => isDrawn(picture.locator('img')), 'the picture is shown');
      for (const part of ['.picture', '.file-card']) {
        const { x, width } = await leo.message('on a phone').locator(part).boundingBox();
        assert.ok(x >= 0 && x + width <= 320, `${part} from ${x}, ${width} wide`);
      }
    },
  },

  'what one reads stays where it is when pictures above it come': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Wanda');
      await anna.joins('#steady');
      for (let n = 0; n < 6; n++) {
        await choose(anna, file(`${n}.png`, png(400, 300), 'image/png'));
        await anna.say(`picture ${n}`);
        await anna.message(`picture ${n}`).locator('.delivery', { hasText: 'sent' }).waitFor();
      }
      for (let n = 0; n < 30; n++) await anna.say(`line ${n}`);
      await anna.message('line 29').locator('.delivery', { hasText: 'sent' }).waitFor();
      const leo = await Person.arrive(suite, 'Xaver', { serviceWorkers: 'block', enter: false });
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await leo.page.route('**/app-later-*', async (route) => {
        await held;
        await route.continue();
      });
      const seq = await anna.message('line 3').first().getAttribute('data-seq');
      await leo.page.goto(`${suite.server.url}/#/steady/${seq}`);
      await leo.page.reload();
      await leo.enter();
      await leo.page.locator('.row-marked', { hasText: 'line 3' }).waitFor();
      const place = async () => Math.round((await leo.page.locator(`.row[data-seq="${seq}"]`).boundingBox()).y);
      const before = await place();
      release();
      await until(() => leo.page.locator('.picture').count(), 'the pictures have their boxes');
      await until(() => isDrawn(leo.page.locator('.picture img').last()), 'the last one is loaded');
      assert.equal(await place(), before);
    },
  },

  'nothing of a file stays in the page when its owner signs out': {
    needs: 'files',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Zita');
      await choose(anna, file('mine.png', png(50, 50), 'image/png'));
      await anna.say('only for now');
      await anna.message('only for now').locator('.delivery', { hasText: 'sent' }).waitFor();
      const source = await anna.message('only for now').locator('.picture img').getAttribute('src');
      assert.match(source, /^blob:/);
      await anna.runs('/quit');
      await anna.page.locator('#name').waitFor();
      const isThere = () => anna.page.evaluate((url) => new Promise((resolve) => {
        const img = new Image();
        img.onload = () => resolve(true);
        img.onerror = () => resolve(false);
        img.src = url;
      }), source);
      await until(async () => !(await isThere()), 'the picture is gone');
    },
  },
};
