// Being told while nobody looks at a page here: this browser's subscription at its push service, which the server is given.
// It lasts as long as the token by which this browser stays signed in; what was chosen here is kept in the browser, by account.

import { done, failure } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { Environment } from './environment.ts';
import type { Line } from './line.ts';
import { PUSH_KEY } from './preferences.ts';
import type { SignInStore } from './sign-in-store.ts';
import type { State } from './state.ts';
import { language } from '../text.ts';

const PUSHED = 'brusio-push';

// Reasons of this browser; the view that shows them puts them in words.
export const PUSH_DENIED = 'push_denied';
export const PUSH_FAILED = 'push_failed';

interface Parts {
  environment: Environment;
  state: State;
  line: Line;
  store: SignInStore;
}

interface Choice {
  user: string;
  texts: boolean;
}

export function canPush({ state }: Pick<Parts, 'state'>): boolean {
  return Boolean(state.facts.value?.push) && state.me.value.account && globalThis.isSecureContext && 'PushManager' in globalThis;
}

function choiceOf(environment: Environment, user: string): Choice | null {
  try {
    const kept = JSON.parse(environment.local.getItem(PUSH_KEY) ?? 'null') as Choice | null;
    return kept?.user === user ? kept : null;
  } catch {
    return null;
  }
}

// Whether this browser is told, and with the messages' texts; null where it is not.
export function pushChoice({ environment, state }: Pick<Parts, 'environment' | 'state'>): Choice | null {
  return choiceOf(environment, state.me.value.name);
}

function sameKey(have: ArrayBuffer | null, wanted: string): boolean {
  return have !== null && keyText(have) === wanted;
}

function keyText(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

// A subscription of another key, as after a restore without it, brings nothing.
async function subscription(manager: PushManager, key: string): Promise<PushSubscription> {
  const kept = await manager.getSubscription();
  if (kept && sameKey(kept.options.applicationServerKey, key)) return kept;
  await kept?.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

// By these the server was given this browser since the last welcome.
let given: Parts | null = null;

// The server tells this browser of mentions and direct messages now, while nobody looks at a page here. Another tab that
// signs out or turns it off takes the choice away from all.
export function isTold(): boolean {
  return given !== null && pushChoice(given) !== null;
}

async function give(parts: Parts, texts: boolean): Promise<Result> {
  const { environment, state, line, store } = parts;
  const worker = await navigator.serviceWorker.ready;
  const { endpoint, keys } = (await subscription(worker.pushManager, state.facts.value!.push!)).toJSON();
  const wish = { label: store.tokenLabel, lang: language(), texts };
  const answer = await line.order({ op: 'push', endpoint, p256dh: keys?.p256dh, auth: keys?.auth, ...wish });
  const { name } = state.me.value;
  given = answer.ok ? parts : null;
  if (!answer.ok) return answer;
  environment.local.setItem(PUSH_KEY, JSON.stringify({ user: name, texts } satisfies Choice));
  // With this the service worker gives the server another address while no page is open (sw.ts), whatever the account is
  // called by then.
  const token = store.kept()?.token;
  const pushed = { hello: { token }, push: wish };
  if (token) await (await caches.open(PUSHED)).put('/pushed', new Response(JSON.stringify(pushed)));
  return answer;
}

export async function turnPushOn(parts: Parts, texts: boolean): Promise<Result> {
  if ((await Notification.requestPermission()) !== 'granted') return failure(PUSH_DENIED, '');
  // Somebody who came in by a proxy, without a password, has no token yet.
  if (!parts.store.kept()?.token) {
    const token = await parts.line.order({ op: 'token', label: parts.store.tokenLabel });
    if (!token.ok) return token;
  }
  try {
    return await give(parts, texts);
  } catch {
    return failure(PUSH_FAILED, '');
  }
}

async function subscribed(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker?.getRegistration();
  return (await worker?.pushManager?.getSubscription()) ?? null;
}

// The push service takes nothing more for this browser, and tells the server so.
export async function forgetPush(): Promise<void> {
  given = null;
  try {
    await globalThis.caches?.delete(PUSHED);
    await (await subscribed())?.unsubscribe();
  } catch {
    // A browser that refuses to look has nothing that it could be told by.
  }
}

export async function turnPushOff({ environment, line }: Parts): Promise<Result> {
  given = null;
  environment.local.removeItem(PUSH_KEY);
  await caches.delete(PUSHED);
  const kept = await subscribed();
  if (!kept) return done;
  const answer = await line.order({ op: 'push', endpoint: kept.endpoint, revoke: true });
  await kept.unsubscribe();
  return answer;
}

// Notifications of the time while the page was closed have served.
async function clear(): Promise<void> {
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const one of (await worker?.getNotifications()) ?? []) if ((one.data as { room?: string } | null)?.room) one.close();
}

// Hidden pages do not keep the server from telling this browser; one that can be seen does.
function tellVisible(line: Line): void {
  line.post({ op: 'visible', on: !document.hidden });
}

let isWatched = false;

function watchVisible(line: Line): void {
  if (!isWatched) document.addEventListener('visibilitychange', () => tellVisible(line));
  isWatched = true;
  if (document.hidden) tellVisible(line);
}

let isNamed = false;

// An account that has another name takes its choice along. Somebody who signs out
// leaves no choice behind.
function watchName(parts: Parts): void {
  const { environment, state } = parts;
  if (isNamed) return;
  isNamed = true;
  let last = state.me.value.name;
  state.me.subscribe(({ name }) => {
    const choice = name === last ? null : choiceOf(environment, last);
    last = name;
    if (choice && given) void give(parts, choice.texts).catch(() => undefined);
  });
}

// After each welcome: the browser may have another address by now, the server another key, the account another token.
export async function followPush(parts: Parts): Promise<void> {
  given = null;
  try {
    await clear();
    const choice = pushChoice(parts);
    watchName(parts);
    if (canPush(parts)) watchVisible(parts.line);
    if (choice && canPush(parts) && Notification.permission === 'granted') await give(parts, choice.texts);
  } catch {
    // The push service is out of reach; what the server has stays as it is.
  }
}
