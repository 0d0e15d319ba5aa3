// Files of messages: chosen, pasted and dropped; sent, shown, looked at and deleted.

import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { Person, until } from './harness.mjs';

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
      await anna.message('look at this').locator('.state', { hasText: 'sent' }).waitFor();
      assert.equal(await anna.page.locator('.attached').count(), 0);
      assert.deepEqual(await leo.texts(), ['look at this'], 'the line for others is not shown');
      await anna.page.reload();
      await until(() => isDrawn(anna.message('look at this').locator('.picture img')), 'after a reload, too');
    },
  },
};
