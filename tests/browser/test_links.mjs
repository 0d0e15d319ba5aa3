// Invitation links in the page: made in it, and followed by somebody new, somebody with an account, somebody inside.

import assert from 'node:assert/strict';
import { Person, assertAccessible, until, withAxe } from './harness.mjs';

const PASSWORD = 'correct horse battery';

// An account in a private room of its own, with the dialog open that makes links.
async function host(suite, name, room) {
  const person = await Person.arrive(suite, name);
  const { page } = person;
  await page.locator('.me').click();
  await page.locator('dialog').getByRole('button', { name: 'Create an account' }).click();
  await page.locator('dialog input[type=password]').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await person.joins(room);
  await person.runs('/private on');
  await page.locator('.room-head .icon-lock').waitFor();
  return person;
}

async function makeLink(person) {
  const { page } = person;
  await page.locator('.sidebar .invite-people').click();
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.locator('.dialog-list').waitFor();
  return page.locator('.copy-line code').first().innerText();
}

const heading = (person) => person.page.locator('.room-head h1').innerText();

export const tests = {
  'somebody new says a name and is in the room': {
    needs: 'real',
    async run(suite) {
      const anna = await host(suite, 'Ospite', '#orto');
      const link = await makeLink(anna);
      assert.match(link, /\/#\+[\w-]{32}$/);
      await withAxe(anna);
      await assertAccessible(anna, 'the dialog with a link');
      const secret = link.split('+')[1];
      const luca = await Person.arrive(suite, 'Nuovo', { address: link, enter: false });
      const sent = [];
      luca.page.on('request', (request) => sent.push(`${request.url()} ${request.headers().referer ?? ''}`));
      await luca.page.locator('.invited', { hasText: 'Ospite' }).waitFor();
      await withAxe(luca);
      await assertAccessible(luca, 'an invitation');
      await luca.page.locator('#name').fill('Nuovo');
      await luca.page.keyboard.press('Enter');
      await luca.page.locator('.room-head h1', { hasText: 'orto' }).waitFor();
      await luca.composer.waitFor();
      await luca.say('eccomi');
      await anna.page.keyboard.press('Escape');
      await anna.sees('eccomi');
      assert.ok(!sent.some((line) => line.includes(secret)), 'the secret is in no request');
      assert.ok(!(await luca.page.evaluate(() => location.href)).includes(secret), 'nor in the address any more');
      assert.equal(await luca.page.evaluate(() => sessionStorage.getItem('brusio.link')), null);
    },
  },

  'somebody new makes an account on the way': {
    needs: 'real',
    async run(suite) {
      const anna = await host(suite, 'Padrona', '#cortile');
      const link = await makeLink(anna);
      const mara = await Person.arrive(suite, 'Mara', { address: link, enter: false });
      await mara.page.getByText('Keep the name').click();
      await mara.page.locator('#name').fill('Mara');
      await mara.page.locator('#password').fill('short');
      await mara.page.keyboard.press('Enter');
      await mara.page.locator('.problem', { hasText: '8' }).waitFor();
      await mara.page.locator('#password').fill(PASSWORD);
      await mara.page.keyboard.press('Enter');
      await mara.page.locator('.room-head h1', { hasText: 'cortile' }).waitFor();
      await mara.page.locator('.me', { hasText: 'signed in' }).waitFor();
    },
  },

  'somebody inside is asked, and one that was ended leads nowhere': {
    needs: 'real',
    async run(suite) {
      const anna = await host(suite, 'Guida', '#sala');
      const link = await makeLink(anna);
      const leo = await Person.arrive(suite, 'Dentro');
      await leo.page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
      await leo.page.getByRole('button', { name: 'Enter #sala' }).click();
      await until(async () => /sala/.test(await heading(leo)), 'the room is shown');
      await anna.page.locator('.dialog-list').getByRole('button', { name: 'End' }).click();
      await anna.page.locator('.dialog-list').waitFor({ state: 'detached' });
      const late = await Person.arrive(suite, 'Tardi', { address: link, enter: false });
      await late.page.locator('.problem', { hasText: 'used up' }).waitFor();
      await late.page.getByRole('button', { name: 'Sign in' }).click();
      await late.enter();
    },
  },
};
