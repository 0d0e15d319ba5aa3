// Coming in, staying in over lost lines and reloads, and leaving.

import { batch } from '@preact/signals';
import { Connection } from '../net/connection.ts';
import type { Tabs } from '../net/tabs.ts';
import { invitationOf, parseAddress } from '../model/address.ts';
import type { Address } from '../model/address.ts';
import { fold, sameName } from '../model/names.ts';
import type { Refusal, RoomRow, Welcome, WireObject } from '../model/protocol.ts';
import { done } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { AccountSettings } from './account-settings.ts';
import type { Announcer } from './announce.ts';
import type { Environment } from './environment.ts';
import type { Incoming } from './incoming.ts';
import type { Drafts, Keeping } from './keeping.ts';
import { failureOf } from './line.ts';
import type { Line } from './line.ts';
import type { Pages } from './pages.ts';
import type { Proof } from './passkeys.ts';
import type { Preferences } from './preferences.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { Sending } from './sending.ts';
import type { SignInStore } from './sign-in-store.ts';
import type { State } from './state.ts';
import type { Uploads } from './uploads.ts';
import { language, t } from '../text.ts';

const FORGET_MS = 2_000;

const LOBBY = '#lobby';
const ORPHANS_EVERY_MS = 30_000;
// The form waits so long for what the server allows, so that it does not change under the fingers.
const FACTS_PATIENCE_MS = 800;

export interface SignIn {
  name: string;
  password?: string;
  code?: string;
  register?: boolean;
  // In place of the name and the password; or an invitation link besides a name.
  proof?: Proof | { link: string };
  stay: boolean;
}

interface Parts {
  environment: Environment;
  tabs: Tabs;
  state: State;
  line: Line;
  rooms: Rooms;
  pages: Pages;
  sending: Sending;
  keeping: Keeping;
  drafts: Drafts;
  preferences: Preferences;
  store: SignInStore;
  announcer: Announcer;
  incoming(): Incoming;
  uploads(): Promise<Uploads>;
  settings(): Promise<AccountSettings>;
}

interface Credentials extends Partial<Proof> {
  link?: string;
  name: string;
  password?: string;
  code?: string;
  token?: string;
  session?: string;
}

export class Session {
  private parts: Parts;
  // The fields of the next hello. The password is in memory only until the server gave a token.
  private credentials: Credentials = { name: '' };
  private asked: SignIn | null = null;
  private restored = '';
  private visits = 0;
  private carrying = false;
  // The place that the page's address named when it was opened, until it is shown.
  private wanted: Address | null;

  constructor(parts: Parts) {
    this.parts = parts;
    const hash = parts.environment.bar.hash();
    this.wanted = parseAddress(hash);
    parts.state.link.value = invitationOf(hash);
  }

  async start(): Promise<void> {
    const { environment, state, store, rooms } = this.parts;
    environment.page.onReturn(() => this.parts.line.current?.retryNow());
    environment.page.onNetwork(() => this.parts.line.current?.retryNow());
    setInterval(() => void this.carryOrphans(), ORPHANS_EVERY_MS);
    const facts = environment.fetchFacts().then((found) => void (state.facts.value = found));
    const kept = store.kept();
    if (!kept) {
      await Promise.race([facts, new Promise((resolve) => setTimeout(resolve, FACTS_PATIENCE_MS))]);
      const user = state.facts.value?.user;
      if (user) this.signIn({ name: user, stay: false });
      else state.phase.value = 'sign-in';
      return;
    }
    const { name, token, session } = kept;
    this.credentials = { name, ...(token ? { token } : {}), ...(session ? { session } : {}) };
    state.me.value = { name, account: kept.account, admin: false };
    await this.adoptOrphan();
    // The rooms are shown from what was kept, also while there is no line.
    await this.restore();
    if (state.rooms.value.length) {
      if (this.wanted) rooms.ensure(this.wanted.room);
      this.showChat();
    }
    this.connect();
  }

  // Proves who we are where there is no line: with uploads and downloads.
  get secret(): string {
    return this.credentials.session ?? '';
  }

  signIn(given: SignIn): void {
    const { state, store } = this.parts;
    this.asked = given;
    state.signInProblem.value = null;
    const kept = store.kept();
    this.credentials = { name: given.name, ...given.proof };
    if (given.password && !given.register) this.credentials.password = given.password;
    if (this.credentials.password && given.code) this.credentials.code = given.code;
    // A guest who came back keeps the name as long as the server knows the session.
    if (!this.credentials.password && kept?.session && sameName(kept.name, given.name)) this.credentials.session = kept.session;
    this.connect();
  }

  // A passkey needs an encrypted page, or the machine itself, and a name instead of an address.
  get canHavePasskeys(): boolean {
    return 'PublicKeyCredential' in globalThis && globalThis.isSecureContext && !/^[\d.]+$|^\[/.test(location.hostname);
  }

  connect(): void {
    const { environment, state, line } = this.parts;
    line.current?.stop();
    state.stopped.value = '';
    const events = {
      hello: () => this.hello(),
      welcome: (welcome: Welcome) => void this.welcomed(welcome),
      push: (object: WireObject) => this.parts.incoming().receive(object),
      state: this.lineChanged,
      refused: (refusal: Refusal) => this.refused(refusal),
    };
    const connection = new Connection(environment.socketUrl, events, environment.openSocket);
    line.use(connection);
    connection.start();
  }

  deviceChanged(): void {
    this.parts.line.current?.start();
  }

  // A guest who is already inside makes an account of the name.
  async register(password: string, stay: boolean): Promise<Result> {
    const answer = await this.parts.line.order({ op: 'register', password });
    if (!answer.ok) return answer;
    this.parts.state.me.value = { ...this.parts.state.me.value, account: true };
    this.keep(stay);
    return this.getToken(stay);
  }

  // The server ends all other sessions and tokens of the account with the old password, perhaps also
  // the one that this browser came in with.
  async changePassword(old: string, next: string): Promise<Result> {
    const answer = await this.parts.line.order({ op: 'passwd', old, new: next });
    if (answer.ok && this.credentials.password) this.credentials.password = next;
    return answer.ok && this.credentials.token ? this.getToken(this.parts.store.stays) : answer;
  }

  async changeName(name: string): Promise<Result> {
    const answer = await this.parts.line.order({ op: 'nick', name });
    if (answer.ok) await this.renamed(name);
    return answer.ok ? done : answer;
  }

  // Here, or on another device.
  renamed(name: string): Promise<void> {
    const { state, keeping, store } = this.parts;
    const before = keeping.user;
    state.me.value = { ...state.me.value, name };
    this.credentials.name = name;
    this.keep(store.stays);
    return this.moved(before);
  }

  private async moved(before: string): Promise<void> {
    const { user } = this.parts.keeping;
    if (user === before) return;
    this.restored = user;
    await import('./later.ts')
      .then(async ({ moveKept, renameTalk }) => {
        await moveKept(this.parts, before);
        // The notes to oneself, too.
        await renameTalk(this.parts, before, this.parts.state.me.value.name);
      })
      .catch(() => undefined);
  }

  async setAway(message: string | null): Promise<Result> {
    const text = message === null ? null : message || t('away.default');
    const answer = await this.parts.line.order({ op: 'away', ...(text === null ? {} : { message: text }) });
    if (answer.ok) this.parts.state.away.value = text;
    return answer;
  }

  async signOut(): Promise<void> {
    const { keeping, line, store, tabs } = this.parts;
    const { user } = keeping;
    if (this.credentials.token) await line.request({ op: 'token', label: store.tokenLabel, revoke: true });
    // A push service that does not answer keeps nobody here.
    await Promise.race([this.forgetPush(), new Promise((resolve) => setTimeout(resolve, FORGET_MS))]);
    this.leave();
    // The others first, so that none keeps anything again.
    tabs.tellSignedOut();
    await keeping.database.forget(user).catch(() => undefined);
  }

  // This browser is told no more of somebody who left it, no matter what the server heard.
  private forgetPush(): Promise<void> {
    return import('./later.ts').then(({ forgetPush }) => forgetPush(), () => undefined);
  }

  // The server ended this session.
  ended(code: string, text: string): void {
    const { state, line } = this.parts;
    if (code === 'replaced') {
      line.current?.abandon();
      state.stopped.value = text || t('line.replaced');
      return;
    }
    void this.forgetPush();
    this.leave();
    state.signInProblem.value = { code, text: text || t(`ended.${code}`) };
  }

  leave(): void {
    const { state, line, store, sending, preferences } = this.parts;
    // Content that was shared with this person (sw.ts) is not left for the next one.
    void globalThis.caches?.delete('brusio-shared');
    line.current?.stop(true);
    line.use(null);
    store.forget();
    this.credentials = { name: '' };
    this.asked = null;
    this.restored = '';
    batch(() => {
      state.phase.value = 'sign-in';
      state.signInProblem.value = null;
      state.stopped.value = '';
      state.dialog.value = 'none';
      state.panel.value = 'none';
      state.active.value = null;
      state.rooms.value = [];
      state.invitations.value = [];
      state.away.value = null;
      state.met.value = {};
      sending.outbox.clear();
    });
    // Once nothing follows them to the account any more.
    if (!state.me.value.account) return;
    preferences.forget();
    store.rememberRooms([]);
  }

  private lineChanged = (next: State['line']['value']['state'], retryAt: number): void => {
    const { state, sending, announcer } = this.parts;
    const before = state.line.value.state;
    state.line.value = { state: next, retryAt };
    if (next !== 'waiting' && next !== 'stopped') return;
    sending.stop();
    for (const room of state.rooms.value) {
      room.typing.value = [];
      const { kind } = room.state.value;
      if (kind === 'live' || kind === 'loading') room.state.value = { kind: room.epoch ? 'offline' : 'unknown' };
    }
    if (state.phase.value === 'chat' && before === 'online' && next === 'waiting') announcer.say(t('line.lost'));
  };

  private hello(): WireObject {
    const { environment, tabs } = this.parts;
    const { name, ...proof } = this.credentials;
    return { op: 'hello', ...(name ? { name } : {}), ...proof, device: tabs.device(), client: environment.client, lang: language() };
  }

  private refused(refusal: Refusal): void {
    const { state, store } = this.parts;
    const { name, token } = this.credentials;
    // The account may have another name by now: its token knows.
    if (token && name && refusal.code === 'auth_failed') {
      this.credentials.name = '';
      return this.connect();
    }
    if (token && refusal.code === 'auth_failed') store.forget();
    this.credentials = { name: this.credentials.name };
    this.asked = null;
    batch(() => {
      state.signInProblem.value = { code: refusal.code, text: failureOf(refusal).text, field: refusal.field };
      state.phase.value = 'sign-in';
    });
  }

  private async welcomed(welcome: Welcome): Promise<void> {
    const { state, line, rooms, store, announcer, sending } = this.parts;
    // The account has another name by now, or is gone, and a session alone cannot tell.
    if (!this.asked && state.me.value.account && !welcome.user.account) return this.ended('expired', '');
    const first = state.phase.value !== 'chat';
    const before = this.restored;
    batch(() => {
      state.me.value = welcome.user;
      state.serverName.value = welcome.server?.name ?? '';
      if (welcome.limits?.message_bytes) state.messageBytes.value = welcome.limits.message_bytes;
      state.fileBytes.value = welcome.limits?.file_bytes ?? 0;
    });
    rooms.epoch = welcome.epoch;
    const wishes = this.asked;
    this.asked = null;
    const { token, password } = this.credentials;
    this.credentials = {
      name: welcome.user.name,
      session: welcome.session,
      ...(token ? { token } : {}),
      ...(password ? { password } : {}),
    };
    this.keep(wishes?.stay ?? store.stays);
    if (wishes && !(await this.settle(wishes))) return;
    if (!wishes && welcome.user.account && !token) void this.getToken(store.stays);
    if (!wishes && before) await this.moved(before);
    void this.parts.settings().then((settings) => settings.follow(), () => undefined);
    await this.restore();
    state.invitations.value = welcome.invitations ?? state.invitations.value;
    if (!first) announcer.say(t('line.back'));
    if (state.away.value !== null) void this.setAway(state.away.value);
    const visit = ++this.visits;
    await this.joinAll(welcome);
    // The line may have been lost meanwhile: then it is the next welcome that opens the outbox.
    if (visit !== this.visits || !line.isOnline) return;
    sending.open();
    void this.carryOrphans();
  }

  private keep(stay: boolean): void {
    const { name, token, session } = this.credentials;
    const { account } = this.parts.state.me.value;
    this.parts.store.keep({ name, account, ...(token ? { token } : {}), ...(session ? { session } : {}) }, stay || !account);
  }

  // After a sign-in by hand: make the account, and get this browser a token instead of the password.
  // Somebody who cannot have the account they asked for is told at the form, and is not a guest unawares.
  private async settle({ password, register, proof, stay }: SignIn): Promise<boolean> {
    const { state } = this.parts;
    if (!password && !proof) return true;
    if (register && password) {
      const answer = await this.register(password, stay);
      if (answer.ok || state.me.value.account) return true;
      this.leave();
      state.signInProblem.value = { code: answer.code, text: answer.text };
      return false;
    }
    const token = state.me.value.account ? await this.getToken(stay) : done;
    if (!token.ok) state.say(token.text, 'problem');
    return true;
  }

  private async getToken(stay: boolean): Promise<Result> {
    const { line, store } = this.parts;
    const answer = await line.request<{ token: string }>({ op: 'token', label: store.tokenLabel });
    if (!answer.ok) return answer;
    const { name, session } = this.credentials;
    this.credentials = { name, token: answer.value.token, ...(session ? { session } : {}) };
    this.keep(stay);
    return done;
  }

  private async restore(): Promise<void> {
    const { state, rooms, keeping, sending, tabs } = this.parts;
    const { user } = keeping;
    if (this.restored === user) return;
    if (this.restored) {
      state.rooms.value = [];
      state.active.value = null;
      sending.outbox.clear();
    }
    this.restored = user;
    await rooms.restore();
    const items = await keeping.database.outbox.all(user);
    sending.outbox.restore(items.filter((item) => item.device === tabs.device()));
    // Messages waiting to be sent are shown where they were written, also in a room never loaded here.
    for (const item of sending.outbox.items) rooms.ensure(item.room);
  }

  // Shows the room that the address names, or a likely one as long as that is not known.
  private showChat(): void {
    const { state, rooms, pages } = this.parts;
    const { wanted } = this;
    const named = wanted ? state.findRoom(wanted.room) : undefined;
    batch(() => {
      if (named || !state.active.value) rooms.open(named ?? state.findRoom(LOBBY) ?? state.rooms.value[0] ?? null);
      state.phase.value = 'chat';
    });
    if (!wanted || !named) return;
    if (!wanted.seq) this.wanted = null;
    else if (named.isLive) {
      this.wanted = null;
      void pages.jumpTo(named, wanted.seq);
    }
  }

  private async joinAll(welcome: Welcome): Promise<void> {
    const { state, rooms } = this.parts;
    const rows = new Map(welcome.rooms.map((row) => [fold(row.room), row]));
    for (const name of this.roomsToJoin(welcome)) rooms.ensure(name);
    this.dropLeftRooms(welcome, rows);
    if (this.wanted) rooms.ensure(this.wanted.room);
    this.showChat();
    const order = [...state.rooms.value].sort((a, b) => Number(b === state.active.value) - Number(a === state.active.value));
    await Promise.all(order.map((room) => rooms.join(room, rows.get(fold(room.name)))));
    if (this.wanted) this.showChat();
  }

  private roomsToJoin(welcome: Welcome): string[] {
    const names = welcome.rooms.map((row) => row.room);
    // A server that lists invitations also lists a guest's rooms.
    const knowsGuests = welcome.invitations !== undefined && names.length > 0;
    if (!welcome.user.account && !knowsGuests) names.push(...this.parts.store.rememberedRooms());
    return names.length ? names : [LOBBY];
  }

  // Left on another device meanwhile: one is in the rooms that the server says, and in no other. What
  // still has something to send stays, and so does a conversation that was not begun yet.
  private dropLeftRooms(welcome: Welcome, rows: Map<string, RoomRow>): void {
    const { state, rooms, sending } = this.parts;
    if (!welcome.rooms.length || (!welcome.user.account && welcome.invitations === undefined)) return;
    const stays = (room: Room) =>
      rows.has(fold(room.name)) || (room.direct && room.log.head === 0) || sending.pendingIn(room).length > 0 || room.isClosed.value;
    for (const room of state.rooms.value) if (!stays(room)) rooms.drop(room);
  }

  // A new tab that finds what a closed one could not send, or half wrote, becomes that tab's device,
  // so that it shows and sends it.
  private async adoptOrphan(): Promise<void> {
    const { tabs, keeping, drafts } = this.parts;
    if (!tabs.isFresh()) return;
    const items = await keeping.database.outbox.all(keeping.user);
    for (const device of new Set([...items.map((item) => item.device), ...drafts.devices()])) {
      if (!(await tabs.isAlive(device))) return tabs.adopt(device);
    }
  }

  // The code that carries them is loaded when there is one to carry.
  private async carryOrphans(): Promise<void> {
    const { line, keeping, tabs } = this.parts;
    if (this.carrying || !line.isOnline) return;
    this.carrying = true;
    try {
      const items = await keeping.database.outbox.all(keeping.user);
      const devices = new Set(items.filter((item) => item.state !== 'failed').map((item) => item.device));
      devices.delete(tabs.device());
      if (devices.size) await (await import('./later.ts')).carryOrphans({ ...this.parts, hello: () => this.hello() }, devices);
    } finally {
      this.carrying = false;
    }
  }
}
