// The pages of administrators and moderators: who sees them, and what they do.

import assert from 'node:assert/strict';
import { Person, assertAccessible, until, withAxe } from './harness.mjs';

const SECRET = 'a long secret';

async function signIn(suite, name, button, options = {}) {
  const person = await Person.arrive(suite, name, { ...options, enter: false });
  await person.page.getByRole('button', { name: button }).click();
  await person.page.locator('#name').fill(name);
  await person.page.locator('#password').fill(SECRET);
  await person.page.keyboard.press('Enter');
  await person.composer.waitFor();
  return person;
}

async function shoot({ page }, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

async function openAdmin({ page }) {
  await page.locator('.me').click();
  await page.getByRole('button', { name: 'Administration' }).click();
  await page.locator('.accounts summary').first().waitFor();
}

const tab = ({ page }, name) => page.locator('dialog nav').getByRole('button', { name, exact: true }).click();

async function anAdministratorLooksAfterPeople(suite) {
  const leo = await signIn(suite, 'Leonardo', 'Create an account');
  await signIn(suite, 'Olga', 'Create an account');
  await leo.joins('#leos');
  await leo.runs('/ban Olga 10m leos own');
  suite.server.command('user', 'admin', 'Olga');
  // The server learns of it within moments.
  let olga;
  await until(async () => {
    olga = await signIn(suite, 'Olga', 'I have an account', { viewport: { width: 900, height: 760 } });
    await olga.page.locator('.me').click();
    const isAdmin = await olga.page.getByRole('button', { name: 'Administration' }).isVisible();
    await olga.page.keyboard.press('Escape');
    return isAdmin;
  }, 'the page of administrators is offered');
  await openAdmin(olga);
  await shoot(olga, 'admin-people');
  const row = olga.page.locator('.accounts details', { hasText: 'Leonardo' });
  await row.locator('summary').click();
  await withAxe(olga);
  await assertAccessible(olga, 'the accounts');
  await shoot(olga, 'admin-person');
  // The password does not stay in the field once it is set.
  await row.locator('input[type=password]').fill('another long secret');
  await row.locator('form button').click();
  await until(async () => (await row.locator('input[type=password]').inputValue()) === '', 'the field is empty');
  await row.getByRole('button', { name: 'Make an administrator' }).click();
  await row.locator('summary', { hasText: 'administrator' }).waitFor();
  await tab(olga, 'Record');
  await olga.page.locator('dialog .dialog-list li', { hasText: 'Leonardo' }).first().waitFor();
  await shoot(olga, 'admin-record');
  await olga.page.evaluate(() => document.querySelector('dialog').close());
  await olga.composer.fill('/link 5');
  await olga.composer.press('Enter');
  await olga.page.getByText(/#\+/).first().waitFor();
  await openAdmin(olga);
  await tab(olga, 'Invitations');
  const invitation = olga.page.locator('dialog .dialog-list li', { hasText: 'by 0 of 5' });
  await invitation.waitFor();
  await assertAccessible(olga, 'the invitations');
  await shoot(olga, 'admin-links');
  await invitation.getByRole('button').click();
  await invitation.getByRole('button', { name: 'Really? Press again' }).click();
  await invitation.waitFor({ state: 'detached' });
  await tab(olga, 'Rooms');
  await olga.page.locator('dialog .dialog-list li', { hasText: '#lobby' }).waitFor();
  await shoot(olga, 'admin-rooms');
  await tab(olga, 'Settings');
  const guests = olga.page.getByLabel('People may join without an account');
  await guests.waitFor();
  await assertAccessible(olga, 'the settings');
  await shoot(olga, 'admin-settings');
  await olga.page.getByLabel('Whose invitation links').locator('option', { hasText: "nobody's" }).waitFor({ state: 'attached' });
  await guests.selectOption('no');
  await olga.page.getByText('configured: yes').waitFor();
  const stranger = await Person.arrive(suite, 'Stranger', { enter: false });
  await stranger.page.locator('#password').waitFor();
  await guests.selectOption('yes');
  await olga.page.getByText('configured: yes').waitFor({ state: 'detached' });
  // What the server does not take is said, and the old value stands there again.
  const rate = olga.page.getByLabel('New guests an hour from one address');
  const before = await rate.inputValue();
  await rate.fill('-1');
  await rate.press('Tab');
  await olga.page.locator('dialog [role=alert]').waitFor();
  await until(async () => (await rate.inputValue()) === before, 'the value that holds');
  await tab(olga, 'Record');
  await olga.page.locator('dialog .dialog-list li', { hasText: 'guests = no' }).waitFor();
  // Also of a room that is not hers.
  await olga.page.getByLabel('Room', { exact: true }).selectOption('#leos');
  await olga.page.locator('dialog .dialog-list li', { hasText: 'leos own' }).waitFor();
  await tab(olga, 'Server');
  await olga.page.locator('.counters .chart path[d^="M"]').first().waitFor();
  await olga.page.locator('.counters th', { hasText: 'Connections now' }).waitFor();
  await assertAccessible(olga, 'the counters');
  await shoot(olga, 'admin-status');
  // Deleting an account asks twice, since it cannot be undone; then the account is gone.
  await tab(olga, 'People');
  await olga.page.locator('.accounts details', { hasText: 'Leonardo' }).locator('summary').click();
  // A disabled account lets nobody in, and says so to its owner alone.
  const press = (name) => row.getByRole('button', { name, exact: true }).click();
  const comes = async () => {
    await leo.page.locator('#name').fill('Leonardo');
    await leo.page.locator('#password').fill('another long secret');
    await leo.page.keyboard.press('Enter');
  };
  await leo.page.getByRole('button', { name: 'I have an account' }).click();
  await comes();
  await leo.composer.waitFor();
  await press('Disable the account');
  await press('Really? Press again');
  await row.locator('summary', { hasText: 'disabled' }).waitFor();
  await leo.page.locator('[role=alert]', { hasText: 'An administrator has disabled this account' }).waitFor();
  await leo.page.getByRole('button', { name: 'I have an account' }).click();
  await comes();
  await leo.page.locator('[role=alert]', { hasText: 'This account is disabled' }).waitFor();
  await press('Enable the account');
  await row.locator('summary', { hasText: 'disabled' }).waitFor({ state: 'detached' });
  await comes();
  await leo.composer.waitFor();
  const remove = olga.page.locator('.accounts details', { hasText: 'Leonardo' }).getByRole('button').last();
  await remove.click();
  await remove.click();
  await olga.page.locator('.accounts details', { hasText: 'Leonardo' }).waitFor({ state: 'detached' });
  await leo.page.locator('#name').waitFor();
}

async function moderatorsSeeWhatWasDone(suite) {
  const owner = await Person.arrive(suite, 'Owner');
  const guest = await Person.arrive(suite, 'Guest');
  await owner.joins('#club');
  await guest.joins('#club');
  await owner.runs('/mute Guest 10m too loud');
  await owner.page.locator('.log', { hasText: 'too loud' }).waitFor();
  const openRecord = async () => {
    await owner.page.locator('.room-head').getByRole('button').last().click();
    await owner.page.getByRole('button', { name: 'Moderation record' }).click();
  };
  await openRecord();
  await owner.page.locator('dialog .dialog-list li', { hasText: 'too loud' }).first().waitFor();
  await withAxe(owner);
  await assertAccessible(owner, 'the moderation of a room');
  await shoot(owner, 'moderation');
  await owner.page.locator('dialog .dialog-list button').first().click();
  await owner.page.locator('dialog .dialog-list button').waitFor({ state: 'detached' });
  await owner.page.evaluate(() => document.querySelector('dialog').close());
  await openRecord();
  await owner.page.locator('dialog .dialog-list li', { hasText: 'unmuted' }).waitFor();
  // An owner of two rooms finds the other one's record here, too.
  await owner.page.evaluate(() => document.querySelector('dialog').close());
  await owner.joins('#second');
  await openRecord();
  await owner.page.getByText('Nothing was recorded yet.').waitFor();
  await owner.page.getByLabel('Room', { exact: true }).selectOption('#club');
  await owner.page.getByRole('heading', { name: 'Moderation of #club' }).waitFor();
  await owner.page.locator('dialog .dialog-list li', { hasText: 'unmuted' }).waitFor();
  await guest.say('heard again');
  await owner.page.evaluate(() => document.querySelector('dialog').close());
  await owner.page.locator('.room-link', { hasText: 'club' }).click();
  await owner.page.locator('.log', { hasText: 'heard again' }).waitFor();
  await guest.page.locator('.room-head').getByRole('button').last().click();
  await guest.page.locator('dialog').waitFor();
  if (await guest.page.getByRole('button', { name: 'Moderation record' }).isVisible()) throw new Error('a member is offered the record');
}

// Also on another device of theirs.
async function blockingIsShown(suite) {
  const nina = await signIn(suite, 'Nina', 'Create an account');
  const other = await signIn(suite, 'Nina', 'I have an account');
  const otto = await Person.arrive(suite, 'Otto');
  await otto.say('hello from Otto');
  const open = async (person) => {
    await person.sees('hello from Otto');
    await person.page.locator('.row-author', { hasText: 'Otto' }).first().click();
  };
  const button = (person, name) => person.page.locator('dialog').getByRole('button', { name, exact: true });
  await open(nina);
  await button(nina, 'Block').click();
  await button(nina, 'Unblock').waitFor();
  await open(other);
  await other.page.getByText('You have blocked them').waitFor();
  assert.equal(await button(other, 'Block').count(), 0);
  await button(other, 'Unblock').click();
  await button(other, 'Block').waitFor();
}

export const tests = {
  'who is blocked is shown as blocked': { needs: 'real', run: blockingIsShown },
  'an administrator looks after people, rooms and the server': { needs: 'files', run: anAdministratorLooksAfterPeople },
  'moderators see what was banned and done': { needs: 'files', run: moderatorsSeeWhatWasDone },
};
