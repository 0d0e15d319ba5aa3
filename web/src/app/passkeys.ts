// Passkeys by navigator.credentials: made by whoever is in, shown in place of a name and a password. The fields that
// come out are those of the protocol, in base64url.

import { done, failure, success } from '../model/result.ts';
import type { PasskeyRow } from '../model/protocol.ts';
import type { Result } from '../model/result.ts';
import type { Client } from './client.ts';
import type { Line } from './line.ts';
import { t } from '../text.ts';

// ES256, EdDSA, RS256: what the server can verify.
const ALGORITHMS = [-7, -8, -257];
// The dialog of the browser stays so long.
const PATIENCE_MS = 120_000;

function toText(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

export interface Proof {
  credential: string;
  client_data: string;
  auth_data: string;
  signature: string;
}

interface NewPasskey {
  credential: string;
  key: string;
  client_data: string;
  auth_data: string;
}

// The person closed the browser's dialog, or their device has none for this page.
function refusal(): Result<never> {
  return failure('passkey', t('passkey.none'));
}

async function showPasskey(challenge: string): Promise<Result<Proof>> {
  try {
    const found = (await navigator.credentials.get({
      publicKey: { challenge: toBytes(challenge), userVerification: 'required', timeout: PATIENCE_MS },
    })) as PublicKeyCredential;
    const { clientDataJSON, authenticatorData, signature } = found.response as AuthenticatorAssertionResponse;
    return success({
      credential: toText(found.rawId),
      client_data: toText(clientDataJSON),
      auth_data: toText(authenticatorData),
      signature: toText(signature),
    });
  } catch {
    return refusal();
  }
}

async function makePasskey(challenge: string, user: string, name: string): Promise<Result<NewPasskey>> {
  try {
    const made = (await navigator.credentials.create({
      publicKey: {
        challenge: toBytes(challenge),
        rp: { name: 'brusio' },
        user: { id: toBytes(user), name, displayName: name },
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        timeout: PATIENCE_MS,
      },
    })) as PublicKeyCredential;
    const response = made.response as AuthenticatorAttestationResponse;
    const key = response.getPublicKey();
    if (!key) return refusal();
    return success({
      credential: toText(made.rawId),
      key: toText(key),
      client_data: toText(response.clientDataJSON),
      auth_data: toText(response.getAuthenticatorData()),
    });
  } catch {
    return refusal();
  }
}

// The challenge is fetched anew, since it is good for a few minutes only.
export async function signInByPasskey({ environment, session }: Client, stay: boolean): Promise<Result> {
  const facts = await environment.fetchFacts();
  if (!facts?.challenge) return failure('offline', t('sign_in.no_server'));
  const proof = await showPasskey(facts.challenge);
  if (!proof.ok) return proof;
  session.signIn({ name: '', proof: proof.value, stay });
  return done;
}

export function listPasskeys(line: Line): Promise<Result<{ passkeys: PasskeyRow[] }>> {
  return line.request<{ passkeys: PasskeyRow[] }>({ op: 'passkey' });
}

// A device forgets the passkey that it has for this account when it makes another one: the server looks first
// whether it would take it.
export async function addPasskey(line: Line, name: string, label: string, password: string): Promise<Result> {
  const offered = await line.request<{ challenge: string; user: string }>({ op: 'passkey', label, password });
  if (!offered.ok) return offered;
  const made = await makePasskey(offered.value.challenge, offered.value.user, name);
  return made.ok ? line.order({ op: 'passkey', label, password, ...made.value }) : made;
}

export function removePasskey(line: Line, label: string): Promise<Result> {
  return line.order({ op: 'passkey', label, revoke: true });
}
