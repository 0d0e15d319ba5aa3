// Who is signed in on this browser. A token or session kept in localStorage is shared by all tabs;
// one in sessionStorage ("do not stay logged in") ends with the tab.

import { randomId } from '../net/random.ts';
import { fold } from '../model/names.ts';
import { me, rooms } from './state.ts';

export interface Kept {
  name: string;
  account: boolean;
  session?: string;
  token?: string;
}

const KEY = 'brusio.who';
const ROOMS_KEY = 'brusio.rooms';
const BROWSER_KEY = 'brusio.browser';
const LAST_NAME_KEY = 'brusio.name';

function read(storage: Storage): Kept | null {
  try {
    return JSON.parse(storage.getItem(KEY) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

export function keptSignIn(): Kept | null {
  return read(sessionStorage) ?? read(localStorage);
}

export function keepSignIn(kept: Kept, stay: boolean): void {
  (stay ? localStorage : sessionStorage).setItem(KEY, JSON.stringify(kept));
  (stay ? sessionStorage : localStorage).removeItem(KEY);
  localStorage.setItem(LAST_NAME_KEY, kept.name);
}

export function staysSignedIn(): boolean {
  return read(sessionStorage) === null;
}

export function forgetSignIn(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

export function lastName(): string {
  return localStorage.getItem(LAST_NAME_KEY) ?? '';
}

// The label under which this browser's token is kept at the server, so that it can be revoked.
export function tokenLabel(): string {
  let browser = localStorage.getItem(BROWSER_KEY);
  if (!browser) {
    browser = randomId(6);
    localStorage.setItem(BROWSER_KEY, browser);
  }
  return `web-${browser}`;
}

// The server knows an account's rooms; a guest's are remembered here.
export function rememberRooms(): void {
  const list = rooms.value.filter((room) => !room.trouble.value).map((room) => room.name);
  localStorage.setItem(`${ROOMS_KEY}.${fold(me.value.name)}`, JSON.stringify(list));
}

export function rememberedRooms(): string[] {
  try {
    return JSON.parse(localStorage.getItem(`${ROOMS_KEY}.${fold(me.value.name)}`) ?? '[]') as string[];
  } catch {
    return [];
  }
}
