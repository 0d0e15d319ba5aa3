// Remembers who is signed in on this browser. A token or session kept in localStorage is shared by all tabs; one in
// sessionStorage ("do not stay logged in") ends with the tab.

import { randomId } from '../net/random.ts';

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

function parsed<T>(text: string | null, otherwise: T): T {
  try {
    return (JSON.parse(text ?? 'null') as T | null) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export class SignInStore {
  private local: Storage;
  private tab: Storage;
  private user: () => string;

  constructor(local: Storage, tab: Storage, user: () => string) {
    this.local = local;
    this.tab = tab;
    this.user = user;
  }

  kept(): Kept | null {
    return parsed<Kept | null>(this.tab.getItem(KEY), null) ?? parsed<Kept | null>(this.local.getItem(KEY), null);
  }

  keep(kept: Kept, stay: boolean): void {
    (stay ? this.local : this.tab).setItem(KEY, JSON.stringify(kept));
    (stay ? this.tab : this.local).removeItem(KEY);
    this.local.setItem(LAST_NAME_KEY, kept.name);
  }

  get stays(): boolean {
    return this.tab.getItem(KEY) === null;
  }

  forget(): void {
    this.tab.removeItem(KEY);
    this.local.removeItem(KEY);
  }

  get lastName(): string {
    return this.local.getItem(LAST_NAME_KEY) ?? '';
  }

  // The label under which this browser's token is kept at the server, so that it can be revoked.
  get tokenLabel(): string {
    let browser = this.local.getItem(BROWSER_KEY);
    if (!browser) {
      browser = randomId(6);
      this.local.setItem(BROWSER_KEY, browser);
    }
    return `web-${browser}`;
  }

  rememberRooms(names: string[]): void {
    this.local.setItem(`${ROOMS_KEY}.${this.user()}`, JSON.stringify(names));
  }

  rememberedRooms(): string[] {
    return parsed<string[]>(this.local.getItem(`${ROOMS_KEY}.${this.user()}`), []);
  }
}
