// Settings and profiles belong to the account: they reach the person's other devices, and other people.

import assert from 'node:assert/strict';
import { Person, assertAccessible, until, withAxe } from './harness.mjs';

const SECRET = 'a long secret';

// At the form that the button leads to.
async function signIn(suite, name, button, options = {}) {
  const person = await Person.arrive(suite, name, { ...options, enter: false });
  await person.page.getByRole('button', { name: button }).click();
  await person.page.locator('#name').fill(name);
  await person.page.locator('#password').fill(SECRET);
  await person.page.keyboard.press('Enter');
  await person.composer.waitFor();
  return person;
}

const theme = ({ page }) => page.evaluate(() => document.documentElement.dataset.theme ?? 'auto');

async function choicesGoAlong(suite) {
  const desk = await signIn(suite, 'Anna', 'Create an account');
  await desk.page.locator('.me').click();
  await desk.page.locator('#set-theme').selectOption('dark');
  await desk.page.locator('#set-density').selectOption('dense');
  const phone = await signIn(suite, 'Anna', 'I have an account', { viewport: { width: 390, height: 844 } });
  await until(async () => (await theme(phone)) === 'dark', 'the phone is dark');
  await desk.page.locator('#set-theme').selectOption('light');
  await until(async () => (await theme(phone)) === 'light', 'the phone is light');
  // Another language is read from the next load on, which comes by itself.
  await desk.page.locator('#set-language').selectOption('it');
  await until(async () => (await phone.page.locator('html').getAttribute('lang').catch(() => '')) === 'it', 'the phone speaks Italian');
  await phone.composer.waitFor();
  await shoot(phone, 'phone');
  await shoot(desk, 'desk');
  assert.equal(await phone.page.evaluate(() => document.documentElement.dataset.density), 'dense');
}

// What is being written stays through another name of the account, and the command that gave it does not.
async function textsStayThroughAnotherName(suite) {
  const desk = await signIn(suite, 'Ortensia', 'Create an account');
  const phone = await signIn(suite, 'Ortensia', 'I have an account');
  await phone.composer.pressSequentially('half written');
  await desk.runs('/nick Ortica');
  for (const { page } of [desk, phone]) await page.locator('.me', { hasText: 'Ortica' }).waitFor();
  await desk.typed('');
  await phone.composer.pressSequentially(' text');
  for (const [{ page }, text] of [[desk, ''], [phone, 'half written text']]) {
    const kept = () => page.evaluate(() => Object.entries(localStorage).filter(([key]) => key.startsWith('brusio.draft.')));
    await until(async () => (await kept()).map(([key, value]) => `${key.split('\n')[0]} ${value}`).join() === (text && `brusio.draft.ortica ${text}`), `"${text}" is kept`);
  }
  await phone.page.reload();
  await phone.typed('half written text');
}

// A picture of one colour, made in the page.
async function pictureOf({ page }) {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 300, height: 200 });
    const context = canvas.getContext('2d');
    context.fillStyle = '#c2410c';
    context.fillRect(0, 0, 300, 200);
    return canvas.toDataURL('image/png');
  });
  return { name: 'me.png', mimeType: 'image/png', buffer: Buffer.from(url.split(',')[1], 'base64') };
}

async function shoot({ page }, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

async function peopleSayWhoTheyAre(suite) {
  const giulia = await signIn(suite, 'Giulia', 'Create an account');
  const leo = await signIn(suite, 'Leonardo', 'Create an account');
  await giulia.joins('#team');
  await leo.joins('#team');
  await giulia.say('good morning');
  await leo.sees('good morning');
  await giulia.page.locator('.me').click();
  await giulia.page.getByRole('button', { name: 'Profile' }).click();
  await giulia.page.locator('#profile-display').fill('Giulia Rossi');
  await giulia.page.locator('#profile-about').fill('Second floor, on the left');
  await giulia.page.locator('dialog input[type="file"]').setInputFiles(await pictureOf(giulia));
  await giulia.page.locator('dialog .avatar img').waitFor();
  await withAxe(giulia);
  await assertAccessible(giulia, 'the profile');
  await shoot(giulia, 'profile');
  await giulia.page.locator('dialog button[type="submit"]').click();
  await giulia.page.locator('dialog').waitFor({ state: 'detached' });
  // The other one sees it at once, with the name beside it.
  const row = leo.message('good morning').first();
  await row.locator('.row-author', { hasText: 'Giulia Rossi' }).waitFor();
  await row.locator('.avatar img').waitFor();
  assert.match(await row.locator('.row-name').innerText(), /Giulia Rossi\s+Giulia\s/);
  await row.locator('.row-author').click();
  await leo.page.getByText('Second floor, on the left').waitFor();
  await shoot(leo, 'person');
  await leo.page.keyboard.press('Escape');
  // Read marks: the dialog names the readers of my last message.
  await leo.say('read this');
  await giulia.sees('read this');
  await leo.page.locator('.seen-by', { hasText: 'Giulia Rossi' }).waitFor();
  await shoot(leo, 'seen');
  await giulia.page.locator('.me').click();
  await giulia.page.getByRole('button', { name: 'Profile' }).click();
  await giulia.page.locator('dialog input[type="checkbox"]').click();
  await leo.page.locator('.seen-by').waitFor({ state: 'detached' });
}

export const tests = {
  'choices go with the account to all devices': choicesGoAlong,
  'what is being written stays through another name of the account': textsStayThroughAnotherName,
  'people say who they are, with a picture, and see who has read': { needs: 'files', run: peopleSayWhoTheyAre },
};
