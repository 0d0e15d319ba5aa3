// Panels that the server fills: what edited messages said before, and what names or answers one.

import { Person, assertAccessible, withAxe } from './harness.mjs';

async function menu({ page }, text, item) {
  await page.locator('.row', { hasText: text }).first().hover();
  await page.getByRole('button', { name: 'More actions' }).first().click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

export const tests = {
  'what an edited message said before is shown where the room keeps it': {
    needs: 'real',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Edita');
      await anna.joins('#bozze');
      const { page } = anna;
      await page.locator('.room-head').getByRole('button', { name: /bozze/ }).click();
      await page.getByRole('checkbox', { name: /Keep what messages said/ }).check();
      await page.getByText('Edita set the room to keep').waitFor();
      await page.keyboard.press('Escape');
      await anna.say('the first draft');
      await anna.sees('the first draft');
      await anna.composer.press('ArrowUp');
      await anna.composer.fill('the second draft');
      await anna.composer.press('Enter');
      await page.locator('.row', { hasText: 'the second draft' }).locator('.edited').waitFor();
      await menu(anna, 'the second draft', 'Show earlier texts');
      await page.locator('.edits li', { hasText: 'the second draft' }).waitFor();
      await page.locator('.edits li', { hasText: 'the first draft' }).waitFor();
      const apart = await page.locator('.edits li').first().evaluate((item) => {
        const [time, text] = ['small', '.message-text p'].map((part) => item.querySelector(part).getBoundingClientRect());
        return text.top >= time.bottom - 1;
      });
      if (!apart) throw new Error('the time stands in the text');
      await withAxe(anna);
      await assertAccessible(anna, 'the panel of edits');
      await anna.composer.press('ArrowUp');
      await anna.composer.fill('the third draft');
      await anna.composer.press('Enter');
      await page.locator('.edits li', { hasText: 'the third draft' }).waitFor();
      if ((await page.locator('.edits li').count()) !== 3) throw new Error('there are not three texts');
      // One click must not throw them away.
      await page.locator('.room-head').getByRole('button', { name: /bozze/ }).click();
      await page.getByRole('checkbox', { name: /Keep what messages said/ }).click();
      await page.getByText(/will be deleted for good/).waitFor();
      if (await page.getByText('Edita set the room to delete').count()) throw new Error('it was not asked first');
      await page.getByRole('button', { name: 'Delete them' }).click();
      await page.getByText('Edita set the room to delete').waitFor();
    },
  },

  'an answer to me is among my mentions, also after a reload': {
    async run(suite) {
      const anna = await Person.arrive(suite, 'Nomina');
      const leo = await Person.arrive(suite, 'Risponde');
      await anna.joins('#chiamate');
      await leo.joins('#chiamate');
      await anna.say('who comes along');
      await leo.sees('who comes along');
      await leo.page.locator('.row', { hasText: 'who comes along' }).first().hover();
      await leo.page.getByRole('button', { name: 'Reply' }).first().click();
      await leo.say('that would be me');
      await leo.say('hello Nomina');
      await leo.say('and this names nobody');
      await anna.sees('and this names nobody');
      const look = async () => {
        await anna.page.getByRole('button', { name: /Mentions/ }).first().click();
        await anna.page.locator('.result', { hasText: 'that would be me' }).waitFor();
        await anna.page.locator('.result', { hasText: 'hello Nomina' }).waitFor();
        if (await anna.page.locator('.result', { hasText: 'names nobody' }).count()) throw new Error('a message that names nobody is a mention');
      };
      await look();
      await anna.page.reload();
      await anna.composer.waitFor();
      await look();
    },
  },
};
