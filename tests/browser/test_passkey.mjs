// Passkeys in the page, with an authenticator that Chromium plays.

import assert from 'node:assert/strict';
import { Person } from './harness.mjs';

const PASSWORD = 'correct horse';

// A phone that has just seen its owner's finger.
async function giveAuthenticator(person) {
  const devtools = await person.context.newCDPSession(person.page);
  await devtools.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
  return { devtools, authenticatorId };
}

async function openPasskeys(person) {
  await person.page.locator('.me').click();
  await person.page.getByRole('button', { name: 'Passkeys' }).click();
  await person.page.locator('#passkey-label').waitFor();
}

async function make(person, label, password) {
  await person.page.locator('#passkey-label').fill(label);
  await person.page.locator('#passkey-password').fill(password);
  await person.page.getByRole('button', { name: 'Make a passkey' }).click();
}

async function signOut(person) {
  await person.page.keyboard.press('Escape');
  await person.page.locator('.me').click();
  await person.page.getByRole('button', { name: 'Sign out' }).click();
  await person.page.locator('#name').waitFor();
}

export const tests = {
  'a passkey is made in the page and signs in without a name or a password': {
    needs: 'kill',
    async run(suite) {
      // Browsers give passkeys to names, not to addresses.
      const address = suite.server.url.replace('127.0.0.1', 'localhost');
      const anna = await Person.arrive(suite, 'Fulvia', { enter: false, address });
      await giveAuthenticator(anna);
      await anna.page.getByRole('button', { name: 'Create an account' }).click();
      await anna.page.locator('#name').fill('Fulvia');
      await anna.page.locator('#password').fill(PASSWORD);
      await anna.page.keyboard.press('Enter');
      await anna.composer.waitFor();

      await openPasskeys(anna);
      await make(anna, 'laptop', 'a wrong password');
      await anna.page.getByRole('alert').filter({ hasText: 'password' }).waitFor();
      await make(anna, 'laptop', PASSWORD);
      await anna.page.locator('dialog li', { hasText: 'laptop' }).waitFor();
      // The authenticator keeps one for each user: what the server refuses must not take its place there.
      await make(anna, 'laptop', PASSWORD);
      await anna.page.getByRole('alert').filter({ hasText: 'There is a passkey laptop already' }).waitFor();
      await make(anna, 'tablet', 'a wrong password');
      await anna.page.getByRole('alert').filter({ hasText: 'password' }).waitFor();
      await signOut(anna);
      await anna.page.getByRole('button', { name: 'I have an account' }).click();
      await anna.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await anna.composer.waitFor();
      await openPasskeys(anna);
      await make(anna, 'laptop anew', PASSWORD);
      await anna.page.locator('dialog li', { hasText: 'laptop anew' }).waitFor();

      await signOut(anna);
      await anna.page.getByRole('button', { name: 'I have an account' }).click();
      await anna.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await anna.composer.waitFor();
      assert.match(await anna.page.locator('.me').innerText(), /Fulvia/);
      await anna.say('in without a password');
      await anna.sees('in without a password');
      // The session stays: a reload asks for nothing.
      await anna.page.reload();
      await anna.composer.waitFor();

      await openPasskeys(anna);
      const newer = anna.page.locator('dialog li', { hasText: 'laptop anew' });
      await newer.filter({ hasText: 'last used' }).waitFor();
      await newer.getByRole('button').click();
      await newer.waitFor({ state: 'detached' });
      await signOut(anna);
      await anna.page.getByRole('button', { name: 'I have an account' }).click();
      await anna.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await anna.page.getByText('This passkey was not accepted').waitFor();
    },
  },
};
