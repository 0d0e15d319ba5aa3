// Files in Firefox: chosen, pasted and dropped, looked at, saved, and sent when a server that was killed is back.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Person, startFirefox, until } from './harness.mjs';
import { png } from './test_files.mjs';

// True once the browser has drawn it.
function isDrawn(picture) {
  return picture.evaluate((img) => img.complete && img.naturalWidth > 0);
}

// Firefox takes no files into a ClipboardEvent that a script makes, and none into its clipboard where it has no screen: its
// paste event gets them here.
function handOver(person, what, selector, name, content, type = '') {
  return person.page.evaluate(
    ([step, target, called, bytes, kind]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], called, { type: kind }));
      const options = { bubbles: true, cancelable: true, dataTransfer: data };
      const events = step === 'paste' ? [new Event('paste', options)] : ['dragover', 'drop'].map((one) => new DragEvent(one, options));
      if (step === 'paste') Object.defineProperty(events[0], 'clipboardData', { value: data });
      for (const event of events) document.querySelector(target).dispatchEvent(event);
    },
    [what, selector, name, [...content], type],
  );
}

async function choose(person, name, mimeType, buffer) {
  await person.page.locator('.attach .icon-button').waitFor();
  await person.page.locator('.attach input[multiple]').setInputFiles([{ name, mimeType, buffer }]);
  await person.page.locator('.attached li', { hasText: name }).waitFor();
}

async function inFirefox(suite, run) {
  const browser = await startFirefox();
  try {
    await run({ ...suite, browser });
    // Firefox tells of a line that breaks as of an error in a script.
    const others = suite.problems.filter((problem) => !/to the server at ws:|connection to ws:/.test(problem));
    suite.problems.splice(0, suite.problems.length, ...others);
  } finally {
    await browser.close();
  }
}

export const tests = {
  'files in Firefox': {
    needs: 'firefox',
    run: (all) =>
      inFirefox(all, async (suite) => {
        const anna = await Person.arrive(suite, 'Frida');
        await anna.joins('#firefox');
        await choose(anna, 'large.png', 'image/png', png(1200, 900));
        await handOver(anna, 'paste', '#composer-text', 'pasted.png', png(20, 20), 'image/png');
        await handOver(anna, 'drop', '.log', 'dropped.bin', [0, 1, 2]);
        await anna.page.locator('.attached li').nth(2).waitFor();
        await anna.say('three of them');
        const row = anna.message('three of them');
        await row.locator('.delivery', { hasText: 'sent' }).waitFor();
        const pictures = row.locator('.picture img');
        await until(async () => (await isDrawn(pictures.nth(0))) && (await isDrawn(pictures.nth(1))), 'both are drawn');
        await row.locator('.picture').nth(0).click();
        const viewer = anna.page.locator('dialog.viewer img');
        await until(() => isDrawn(viewer), 'the viewer has the picture');
        assert.equal(await viewer.evaluate((img) => img.naturalWidth), 1200);
        await anna.page.keyboard.press('Escape');
        const [saved] = await Promise.all([
          anna.page.waitForEvent('download'),
          anna.page.getByRole('button', { name: 'Save dropped.bin' }).click(),
        ]);
        assert.deepEqual([...readFileSync(await saved.path())], [0, 1, 2]);
        // So large that it goes in pieces.
        await choose(anna, 'large.bin', '', Buffer.alloc(6 << 20, 'x'));
        await suite.server.kill();
        await anna.say('through a kill');
        const other = anna.message('through a kill');
        await other.locator('.upload').waitFor();
        await suite.server.restart();
        await other.locator('.delivery', { hasText: 'sent' }).waitFor({ timeout: 60_000 });
        await other.locator('.file-card', { hasText: 'large.bin' }).waitFor();
      }),
  },
};
