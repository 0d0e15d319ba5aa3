// The choices of a person with an account, on all of their devices: the account's are taken over at each welcome, what
// was chosen here meanwhile is added to them, and each later change goes both ways.
//
//   base    what the account and this browser last agreed on, kept in the browser
//   own     what is chosen here; own without base is what was changed here
//
// Of two changes of one thing the one of this browser stands, since it reaches the account later. A browser that
// somebody else has used begins without what they chose.

import { effect } from '@preact/signals';
import { changesBetween, keptOf, settingsOf, withChanges } from '../model/account-settings.ts';
import type { Kept } from '../model/account-settings.ts';
import { fold, sameName } from '../model/names.ts';
import type { Profile, WireObject } from '../model/protocol.ts';
import { language, t } from '../text.ts';
import type { Environment } from './environment.ts';
import type { Line } from './line.ts';
import { AGREED_KEY } from './preferences.ts';
import type { Preferences } from './preferences.ts';
import type { Room } from './room.ts';
import { followPush } from './pushing.ts';
import type { SignInStore } from './sign-in-store.ts';
import type { State } from './state.ts';

const REST_MS = 400;
// More than the server keeps: it will not take it later either.
const TOO_MUCH = new Set(['limit', 'bad_field']);

interface Parts {
  state: State;
  line: Line;
  preferences: Preferences;
  storage: Storage;
  environment: Environment;
  store: SignInStore;
  user(): string;
}

interface Seen {
  room: string;
  name: string;
  seq: number;
}

interface Agreed {
  user: string;
  kept: Kept;
}

export class AccountSettings {
  private parts: Parts;
  // Null until the account's are known, and again for a guest.
  private base: Kept | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
    const { state } = parts;
    state.phase.subscribe((phase) => {
      if (phase === 'sign-in') this.base = null;
    });
    // What was agreed on goes with an account to its new name.
    state.me.subscribe(() => {
      if (this.base) this.agree(this.base);
    });
    effect(() => {
      void state.settings.value;
      if (!this.base) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.send(), REST_MS);
    });
  }

  // After each welcome.
  async follow(): Promise<void> {
    const { state, line, preferences, user } = this.parts;
    this.base = null;
    clearTimeout(this.timer);
    // From here on the server tells what others say of themselves, and have read. An older one does not.
    await line.request({ op: 'profile' });
    // An account was here and did not sign out: its session was ended while the page was closed.
    if (!state.me.value.account) return this.agreed() ? preferences.forget() : undefined;
    const answer = await line.request<{ settings?: Kept }>({ op: 'settings' });
    // An older server has none.
    if (!answer.ok || !state.me.value.account) return;
    const theirs = answer.value.settings ?? {};
    const agreed = this.agreed();
    if (agreed && agreed.user !== user()) preferences.forget();
    const own = keptOf(state.settings.value);
    const mine = agreed?.user === user() ? changesBetween(agreed.kept, own) : changesBetween({}, own);
    // On an account's first visit here, the browser brings the choices that the account lacks.
    const news = agreed?.user === user() ? mine : Object.fromEntries(Object.entries(mine).filter(([key]) => !(key in theirs)));
    this.agree(theirs);
    this.take(withChanges(theirs, news));
    await this.send();
    this.reread();
    await followPush(this.parts);
  }

  told({ op, settings, seen, profile }: WireObject, membersSoon: (room: Room) => void): void {
    const { active } = this.parts.state;
    if (op === 'settings') this.changed(settings as Kept);
    else if (op === 'seen') this.seen(seen as Seen);
    else {
      this.met(profile as Profile);
      if (active.value) membersSoon(active.value);
    }
  }

  // In all rooms; who is in the one that is shown is asked again besides.
  private met(profile: Profile): void {
    const { met } = this.parts.state;
    const key = fold(profile.name);
    met.value = { ...met.value, [key]: { role: met.value[key]?.role ?? 'member', ...profile } };
  }

  private seen({ room: where, name, seq }: Seen): void {
    const room = this.parts.state.findRoom(where);
    const members = room?.members.value;
    if (members) room.members.value = members.map((member) => (sameName(member.name, name) ? { ...member, read: seq } : member));
  }

  // Another device has changed something.
  private changed(changes: Kept): void {
    if (!this.base) return;
    const mine = changesBetween(this.base, keptOf(this.parts.state.settings.value));
    this.agree(withChanges(this.base, changes));
    this.take(withChanges(this.base, mine));
    if (changes.language) this.reread();
  }

  // The words of the page are loaded once, before it is drawn. What is half written is kept. Where the browser refuses
  // to keep the language, the next load would not have it either.
  private reread(): void {
    const chosen = this.parts.state.settings.value.language;
    if (chosen !== 'auto' && chosen !== language() && this.parts.preferences.kept.language === chosen) globalThis.location?.reload();
  }

  private async send(): Promise<void> {
    if (!this.base) return;
    const set = changesBetween(this.base, keptOf(this.parts.state.settings.value));
    if (!Object.keys(set).length || !this.parts.line.isOnline) return;
    const answer = await this.parts.line.order({ op: 'settings', set });
    if (!this.base) return;
    const agreed = withChanges(this.base, set);
    if (answer.ok) this.agree(agreed);
    else if (TOO_MUCH.has(answer.code)) this.undo(agreed, answer.text);
  }

  // A choice that the account refuses is undone here, so that later ones reach it.
  private undo(refused: Kept, reason: string): void {
    const { state } = this.parts;
    const since = changesBetween(refused, keptOf(state.settings.value));
    this.take(withChanges(this.base!, since));
    state.say(t('error.settings_refused', { reason }), 'problem');
  }

  private take(kept: Kept): void {
    const { state, preferences } = this.parts;
    const before = state.settings.value;
    const next = settingsOf(kept, before);
    if (JSON.stringify(keptOf(next)) === JSON.stringify(keptOf(before))) return;
    preferences.set(next);
  }

  private agreed(): Agreed | null {
    try {
      const kept = JSON.parse(this.parts.storage.getItem(AGREED_KEY) ?? 'null') as Agreed | null;
      return kept && typeof kept.user === 'string' && kept.kept && typeof kept.kept === 'object' ? kept : null;
    } catch {
      return null;
    }
  }

  private agree(kept: Kept): void {
    this.base = kept;
    try {
      this.parts.storage.setItem(AGREED_KEY, JSON.stringify({ user: this.parts.user(), kept }));
    } catch {
      // Storage is full or refused: what was changed here without a line is forgotten with the page.
    }
  }
}
