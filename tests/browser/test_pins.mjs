// The pinned messages of a room: pinned from a message's menu, shown in a panel, gone with their messages.

import { Person, assertAccessible, withAxe } from './harness.mjs';

export const tests = {
  'a pinned message stands in the panel until it is unpinned or deleted': {
    needs: 'real',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Pinna');
      await anna.joins('#bacheca');
      await anna.say('the rules of the house');
      await anna.say('another line');
      await anna.sees('another line');
      const { page } = anna;
      const menu = async (text, item) => {
        await anna.message(text).first().hover();
        await page.getByRole('button', { name: 'More actions' }).first().click();
        await page.getByRole('menuitem', { name: item, exact: true }).click();
      };
      await menu('the rules of the house', 'Pin');
      await page.getByText('Pinna pinned message').waitFor();
      await page.locator('.room-head').getByRole('button', { name: /bacheca/ }).click();
      await page.getByRole('button', { name: 'Pinned messages' }).click();
      await page.locator('.pin', { hasText: 'the rules of the house' }).waitFor();
      await withAxe(anna);
      await assertAccessible(anna, 'the panel of pinned messages');
      await menu('another line', 'Pin');
      await page.locator('.pin', { hasText: 'another line' }).waitFor();
      await page.locator('.pin', { hasText: 'another line' }).getByRole('button', { name: 'Unpin' }).click();
      await page.locator('.pin', { hasText: 'another line' }).waitFor({ state: 'detached' });
      await page.keyboard.press('Escape');
      await anna.runs('/pins');
      await page.locator('.pin .result').first().click();
      await page.locator('.row-marked', { hasText: 'the rules of the house' }).waitFor();
    },
  },

  'what is saved is read anew, so that nothing deleted is shown': {
    needs: 'real',
    async run(suite) {
      const anna = await Person.arrive(suite, 'Salva');
      const leo = await Person.arrive(suite, 'Detto');
      await anna.joins('#quaderno');
      await leo.joins('#quaderno');
      await leo.say('keep this');
      await leo.say('and that');
      await anna.sees('and that');
      const { page } = anna;
      for (const text of ['keep this', 'and that']) {
        await anna.message(text).first().hover();
        await page.getByRole('button', { name: 'More actions' }).first().click();
        await page.getByRole('menuitem', { name: 'Save for later' }).click();
      }
      await page.getByRole('button', { name: 'Saved', exact: true }).click();
      await page.locator('.result', { hasText: 'keep this' }).waitFor();
      await page.locator('.result', { hasText: 'and that' }).waitFor();
      const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
      if (kept.includes('keep this')) throw new Error('the text of what is saved is kept in the browser');
      await leo.message('keep this').first().hover();
      await leo.page.locator('.row', { hasText: 'keep this' }).getByRole('button', { name: /Delete/ }).click();
      await leo.page.locator('dialog').getByRole('button', { name: /Delete/ }).click();
      await anna.message('keep this').waitFor({ state: 'detached' });
      await page.locator('.panel').getByRole('button', { name: 'Close' }).click();
      await page.getByRole('button', { name: 'Saved', exact: true }).click();
      await page.locator('.panel', { hasText: 'One saved message is not shown' }).waitFor();
      await page.locator('.result', { hasText: 'and that' }).waitFor();
      await withAxe(anna);
      await assertAccessible(anna, 'the panel of saved messages');
    },
  },
};
