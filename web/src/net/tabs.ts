// Several tabs of one browser. Each tab is a device of its own: it has its own connection, its own
// cursors and its own outbox, and none depends on another one being alive (a browser may freeze a
// background tab at any time). What they share is the sign-in.
//
// A tab keeps its device name across reloads in sessionStorage. A duplicated tab begins with a copy
// of it, so every tab asks, on a BroadcastChannel, whether somebody else has its name, and takes a
// new one if so. (Web Locks would do the same, but only on https, and brusio is often at home on
// plain http.) The same channel tells which devices are alive. What a closed tab left in the outbox
// goes to the next new tab, which becomes its device, or is carried by a living one, see app/orphans.ts;
// that one answers for the device meanwhile, so that no two carry the same.

import { randomId } from './random.ts';

type Word =
  | { kind: 'claim'; device: string; page: string }
  | { kind: 'taken'; device: string; page: string }
  | { kind: 'alive?'; device: string; page: string }
  | { kind: 'alive'; device: string; page: string }
  | { kind: 'signed-out'; page: string };

const KEY = 'brusio.device';
const ANSWER_MS = 150;

export interface Tabs {
  device(): string;
  // No earlier page of this tab had this device: it has not been used yet.
  isFresh(): boolean;
  isAlive(device: string): Promise<boolean>;
  // Answers for the device of a tab that is gone, until letGo(); false where another tab does.
  carry(device: string): Promise<boolean>;
  letGo(device: string): void;
  // Becomes the device of a tab that is gone.
  adopt(device: string): Promise<void>;
  tellSignedOut(): void;
}

export interface TabEvents {
  // The device had to be changed after it was in use.
  deviceChanged(): void;
  signedOut(): void;
}

export async function openTabs(events: TabEvents): Promise<Tabs> {
  const page = randomId(8);
  let fresh = sessionStorage.getItem(KEY) === null;
  let device = sessionStorage.getItem(KEY) ?? newDevice();
  let settled = false;
  const answers = new Set<string>();
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('brusio.tabs');
  // The carried devices; false as long as another tab may object.
  const carried = new Map<string, boolean>();
  const say = (word: Word) => channel?.postMessage(word);

  channel?.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    if (data.kind === 'signed-out') return events.signedOut();
    if (data.kind === 'alive') return void answers.add(data.device);
    const isSettled = data.device === device ? settled : carried.get(data.device);
    if (isSettled === undefined) return;
    if (data.kind === 'alive?') say({ ...data, kind: 'alive', page });
    // Two tabs that claim at once would both give way to each other, so the lower page stays.
    if (data.kind === 'claim' && (isSettled || page < data.page)) say({ ...data, kind: 'taken', page });
    if (data.kind !== 'taken') return;
    if (data.device !== device) {
      if (!isSettled) carried.delete(data.device);
    } else {
      device = newDevice();
      fresh = true;
      if (settled) events.deviceChanged();
    }
  });

  const claim = async () => {
    settled = false;
    sessionStorage.setItem(KEY, device);
    say({ kind: 'claim', device, page });
    if (channel) await pause(ANSWER_MS);
    settled = true;
  };
  await claim();

  return {
    device: () => device,
    isFresh: () => fresh,
    adopt(other) {
      device = other;
      fresh = false;
      return claim();
    },
    async isAlive(other) {
      if (other === device) return true;
      answers.delete(other);
      say({ kind: 'alive?', device: other, page });
      await pause(ANSWER_MS * 2);
      return answers.has(other);
    },
    async carry(other) {
      if (other === device || carried.has(other)) return false;
      carried.set(other, false);
      say({ kind: 'claim', device: other, page });
      await pause(ANSWER_MS * 2);
      const isOurs = carried.has(other);
      if (isOurs) carried.set(other, true);
      return isOurs;
    },
    letGo: (other) => void carried.delete(other),
    tellSignedOut: () => say({ kind: 'signed-out', page }),
  };
}

function newDevice(): string {
  const device = `web-${randomId(10)}`;
  sessionStorage.setItem(KEY, device);
  return device;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
