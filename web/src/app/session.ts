// Coming in, staying in over lost lines and reloads, and leaving.

import { batch } from '@preact/signals';
import { Connection } from '../net/connection.ts';
import { carry } from '../net/courier.ts';
import { openTabs } from '../net/tabs.ts';
import type { Tabs } from '../net/tabs.ts';
import { fold, isRoomName, sameName } from '../model/names.ts';
import type { Refusal, Welcome, WireObject } from '../model/protocol.ts';
import type { OutItem } from '../model/outbox.ts';
import { announce } from './announce.ts';
import { addressedRoom, ensureRoom, enterRoom, join, openRoom, restoreRooms, setEpoch, whenApplied } from './follow.ts';
import { applied, receive } from './incoming.ts';
import { database, openKeeping, saveAllNow } from './keeping.ts';
import { currentConnection, refusalText, request, useConnection } from './line.ts';
import { restoreNotifications, watchBadges } from './notify.ts';
import { watchReading } from './reading.ts';
import { openForSending, openOutbox, outbox, stopSending } from './sending.ts';
import * as store from './sign-in-store.ts';
import { active, away, findRoom, line, me, messageBytes, phase, rooms, say, serverName, signInProblem } from './state.ts';
import { language, t } from '../text.ts';

const LOBBY = '#lobby';
const ORPHANS_EVERY_MS = 30_000;

export interface Credentials {
  name: string;
  password?: string;
  register?: boolean;
  stay: boolean;
}

let tabs: Tabs;
// What the next hello says of us. The password is in memory only until the server gave a token.
let credentials: { name: string; password?: string; token?: string; session?: string } = { name: '' };
let asked: Credentials | null = null;
let restored = '';
let visits = 0;
// The room that the page's address named when it was opened, until it is shown.
let wanted = '';

export async function boot(): Promise<void> {
  whenApplied(applied);
  watchReading();
  watchBadges();
  restoreNotifications();
  wanted = addressedRoom();
  addEventListener('online', () => currentConnection()?.retryNow());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') currentConnection()?.retryNow();
    else saveAllNow();
  });
  addEventListener('pagehide', saveAllNow);
  addEventListener('hashchange', () => {
    const name = addressedRoom();
    if (phase.value === 'chat' && name && name !== active.value?.name) void enterRoom(name);
  });
  const opening = openTabs({
    deviceChanged: () => currentConnection()?.start(),
    signedOut: () => leave(),
  });
  await openKeeping();
  tabs = await opening;
  openOutbox(() => tabs.device());
  setInterval(() => void carryOrphans(), ORPHANS_EVERY_MS);
  const kept = store.keptSignIn();
  if (!kept) {
    phase.value = 'sign-in';
    return;
  }
  credentials = { name: kept.name, ...(kept.token ? { token: kept.token } : {}), ...(kept.session ? { session: kept.session } : {}) };
  me.value = { name: kept.name, account: kept.account, admin: false };
  await adoptOrphan();
  // The rooms are shown from what was kept, also while there is no line.
  await restore();
  if (rooms.value.length) showChat();
  connect();
}

export function signIn(given: Credentials): void {
  asked = given;
  signInProblem.value = null;
  const kept = store.keptSignIn();
  credentials = { name: given.name };
  if (given.password && !given.register) credentials.password = given.password;
  // A guest who came back keeps his name as long as the server knows the session.
  if (!credentials.password && kept?.session && sameName(kept.name, given.name)) credentials.session = kept.session;
  connect();
}

function connect(): void {
  currentConnection()?.stop();
  const connection = new Connection(socketUrl(), {
    hello,
    welcome: (welcome) => void welcomed(welcome),
    push: receive,
    state: (state, retryAt) => {
      const before = line.value.state;
      line.value = { state, retryAt };
      if (state === 'waiting' || state === 'stopped') stopSending();
      if (phase.value !== 'chat' || before === state) return;
      if (state === 'waiting' && before === 'online') announce(t('line.lost'));
      if (state === 'waiting') for (const room of rooms.value) room.typing.value = [];
    },
    refused,
  });
  useConnection(connection);
  connection.start();
}

function socketUrl(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

function hello(): WireObject {
  return { op: 'hello', ...credentials, device: tabs.device(), client: `brusio-web/${BRUSIO_VERSION}`, lang: language };
}

function refused(refusal: Refusal): void {
  const kept = store.keptSignIn();
  if (kept?.token && refusal.code === 'auth_failed') store.forgetSignIn();
  credentials = { name: credentials.name };
  asked = null;
  batch(() => {
    signInProblem.value = { code: refusal.code, text: refusalText(refusal) };
    phase.value = 'sign-in';
  });
}

async function welcomed(welcome: Welcome): Promise<void> {
  const first = phase.value !== 'chat';
  batch(() => {
    me.value = welcome.user;
    serverName.value = welcome.server?.name ?? '';
    if (welcome.limits?.message_bytes) messageBytes.value = welcome.limits.message_bytes;
  });
  setEpoch(welcome.epoch);
  const wishes = asked;
  asked = null;
  credentials = {
    name: welcome.user.name,
    session: welcome.session,
    ...(credentials.token ? { token: credentials.token } : {}),
    ...(credentials.password ? { password: credentials.password } : {}),
  };
  keep(wishes?.stay ?? store.staysSignedIn());
  if (wishes) await settle(wishes);
  await restore();
  if (!first) announce(t('line.back'));
  if (away.value !== null) void request({ op: 'away', message: away.value }).catch(() => undefined);
  const visit = ++visits;
  await joinAll(welcome);
  // The line may have been lost meanwhile: then it is the next welcome that opens the outbox.
  if (visit !== visits || line.value.state !== 'online') return;
  openForSending();
  void carryOrphans();
}

function keep(stay: boolean): void {
  const { name, token, session } = credentials;
  const { account } = me.value;
  store.keepSignIn({ name, account, ...(token ? { token } : {}), ...(session ? { session } : {}) }, stay || !account);
}

// After a sign-in by hand: make the account, and get this browser a token instead of the password.
async function settle(wishes: Credentials): Promise<void> {
  try {
    if (wishes.register && wishes.password) {
      await request({ op: 'register', password: wishes.password });
      me.value = { ...me.value, account: true };
    }
    if (me.value.account && wishes.password) await getToken(wishes.stay);
  } catch (error) {
    say(refusalText(error), 'problem');
  }
}

async function getToken(stay: boolean): Promise<void> {
  const answer = await request<{ token: string }>({ op: 'token', label: store.tokenLabel() });
  credentials = { name: credentials.name, token: answer.token, ...(credentials.session ? { session: credentials.session } : {}) };
  keep(stay);
}

// A guest who is already inside makes an account of his name.
export async function registerHere(password: string, stay: boolean): Promise<string | null> {
  try {
    await request({ op: 'register', password });
    me.value = { ...me.value, account: true };
    await getToken(stay);
    return null;
  } catch (error) {
    return refusalText(error);
  }
}

export async function changePassword(old: string, next: string): Promise<string | null> {
  try {
    await request({ op: 'passwd', old, new: next });
    return null;
  } catch (error) {
    return refusalText(error);
  }
}

export async function changeName(name: string): Promise<string | null> {
  try {
    await request({ op: 'nick', name });
    me.value = { ...me.value, name };
    credentials = { ...credentials, name };
    keep(store.staysSignedIn());
    store.rememberRooms();
    return null;
  } catch (error) {
    return refusalText(error);
  }
}

async function restore(): Promise<void> {
  const user = fold(me.value.name);
  if (restored === user) return;
  if (restored) {
    rooms.value = [];
    active.value = null;
    outbox().items = [];
  }
  restored = user;
  await restoreRooms();
  const items = await database().outbox.all(user);
  outbox().restore(items.filter((item) => item.device === tabs.device()));
}

// Shows the room that the address names, or a likely one as long as that is not known.
function showChat(): void {
  if (isRoomName(wanted)) ensureRoom(wanted);
  const named = findRoom(wanted);
  if (named) wanted = '';
  batch(() => {
    if (named || !active.value) openRoom(named ?? findRoom(LOBBY) ?? rooms.value[0] ?? null);
    phase.value = 'chat';
  });
}

async function joinAll(welcome: Welcome): Promise<void> {
  const server = new Map(welcome.rooms.map((room) => [fold(room.room), room]));
  const names = welcome.rooms.map((room) => room.room);
  if (!welcome.user.account) names.push(...store.rememberedRooms());
  if (!names.length) names.push(LOBBY);
  for (const name of names) ensureRoom(name);
  // Left on another device meanwhile: an account is in the rooms that the server says, and no other.
  if (welcome.user.account && welcome.rooms.length) {
    rooms.value = rooms.value.filter((room) => server.has(fold(room.name)) || room === active.value);
  }
  showChat();
  const order = [...rooms.value].sort((a, b) => Number(b === active.value) - Number(a === active.value));
  await Promise.all(order.map((room) => join(room, server.get(fold(room.name)))));
}

// A new tab that finds what a closed one could not send becomes that tab's device, so that it shows
// and sends it.
async function adoptOrphan(): Promise<void> {
  if (!tabs.isFresh()) return;
  const items = await database().outbox.all(fold(me.value.name));
  for (const device of new Set(items.map((item) => item.device))) {
    if (!(await tabs.isAlive(device))) return tabs.adopt(device);
  }
}

let carrying = false;

async function carryOrphans(): Promise<void> {
  if (carrying || line.value.state !== 'online') return;
  carrying = true;
  try {
    const items = await database().outbox.all(fold(me.value.name));
    const devices = new Set(items.filter((item) => item.state !== 'failed').map((item) => item.device));
    for (const device of devices) {
      if (device === tabs.device() || (await tabs.isAlive(device))) continue;
      const orphans = items.filter((item) => item.device === device && item.state !== 'failed');
      const failed = await carry(socketUrl(), { ...hello(), device }, orphans, database());
      await adopt(failed);
    }
  } finally {
    carrying = false;
  }
}

// What the server refused was not stored under its old device, so it may become ours.
async function adopt(items: OutItem[]): Promise<void> {
  for (const item of items) {
    item.device = tabs.device();
    await database().outbox.put(item);
  }
  outbox().restore(items);
}

export async function signOut(): Promise<void> {
  const user = fold(me.value.name);
  if (credentials.token) {
    await request({ op: 'token', label: store.tokenLabel(), revoke: true }).catch(() => undefined);
  }
  leave();
  await database().forget(user).catch(() => undefined);
  tabs.tellSignedOut();
}

function leave(): void {
  currentConnection()?.stop();
  useConnection(null);
  store.forgetSignIn();
  credentials = { name: '' };
  restored = '';
  batch(() => {
    phase.value = 'sign-in';
    signInProblem.value = null;
    active.value = null;
    rooms.value = [];
    away.value = null;
    outbox().items = [];
  });
}
