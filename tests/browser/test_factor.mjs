// The second factor in the page: turned on with an authenticator app, asked for at the next login.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Person } from './harness.mjs';

const PASSWORD = 'correct horse';
const STEP_MS = 30_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

// RFC 6238, of the step that is `ahead` of this one.
function codeOf(secret, ahead) {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + ahead));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function openFactor(person) {
  await person.page.locator('.me').click();
  await person.page.getByRole('button', { name: 'Second factor' }).click();
}

export const tests = {
  'a second factor is turned on in the page and asked for at the next login': {
    needs: 'kill',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Orsola', { enter: false });
      await anna.page.getByRole('button', { name: 'Create an account' }).click();
      await anna.page.locator('#name').fill('Orsola');
      await anna.page.locator('#password').fill(PASSWORD);
      await anna.page.keyboard.press('Enter');
      await anna.composer.waitFor();
      await openFactor(anna);
      await anna.page.locator('#totp-field').fill(PASSWORD);
      await anna.page.keyboard.press('Enter');
      await anna.page.locator('dialog .qr').waitFor();
      const secret = await anna.page.locator('dialog .copy-line code').innerText();
      await anna.page.locator('#totp-field').fill(codeOf(secret, 0));
      await anna.page.keyboard.press('Enter');
      const recovery = (await anna.page.locator('dialog pre').innerText()).split('\n');
      assert.equal(recovery.length, 10);

      const phone = await Person.arrive(suite, 'Orsola', { enter: false });
      await phone.page.getByRole('button', { name: 'I have an account' }).click();
      await phone.page.locator('#name').fill('Orsola');
      await phone.page.locator('#password').fill(PASSWORD);
      await phone.page.keyboard.press('Enter');
      await phone.page.locator('#code').fill('abcd-efgh-ijkl-mnop');
      await phone.page.keyboard.press('Enter');
      await phone.page.getByText('The code is wrong').waitFor();
      await phone.page.locator('#code').fill(codeOf(secret, 1));
      await phone.page.keyboard.press('Enter');
      await phone.composer.waitFor();

      // Turned off again by a recovery code.
      await openFactor(phone);
      await phone.page.locator('#totp-field').fill(recovery[0]);
      await phone.page.getByRole('button', { name: 'Turn it off' }).click();
      await phone.page.getByText('The second factor is off.').waitFor();
    },
  },
};
