// When to notify (only once the user turned it on; alert.ts does it), the title, and the badges.

import { effect } from '@preact/signals';
import type { MessageEntry } from '../model/protocol.ts';
import type { Page } from './environment.ts';
import type { Preferences } from './preferences.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { State } from './state.ts';

const FRESH_MS = 10 * 60_000;

interface Parts {
  state: State;
  rooms: Rooms;
  preferences: Preferences;
  page: Page;
}

// Browsers give notifications to https pages and localhost alone.
export function canNotify(): boolean {
  return typeof Notification !== 'undefined' && isSecureContext;
}

export class Notifier {
  private parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  get isOn(): boolean {
    return this.parts.state.settings.value.notify && canNotify() && Notification.permission === 'granted';
  }

  // Returns whether they are on now.
  async turn(on: boolean): Promise<boolean> {
    if (on && Notification.permission !== 'granted') await Notification.requestPermission();
    const isOn = on && Notification.permission === 'granted';
    this.parts.preferences.set({ notify: isOn });
    return isOn;
  }

  // Whether a message of others is worth a notification: by the room's level, and by who looks.
  wants(room: Room, entry: MessageEntry, called: boolean): boolean {
    const { state, preferences, page } = this.parts;
    if (state.settings.value.doNotDisturb || state.isMe(entry.from.name)) return false;
    const looking = page.isVisible() && page.hasFocus() && room === state.active.value;
    if (looking || Date.now() - Date.parse(entry.time) > FRESH_MS) return false;
    const level = preferences.levelOf(room);
    return level === 'all' || (level === 'mentions' && called);
  }

  message(room: Room, entry: MessageEntry, called: boolean): void {
    if (!this.wants(room, entry, called)) return;
    const { sound } = this.parts.state.settings.value;
    if (!sound && !this.isOn) return;
    void import('./later.ts').then(({ play, show }) => {
      if (sound) play();
      if (this.isOn) show(this.parts.rooms, room, entry, called);
    }, () => undefined);
  }

  watchBadges(document: Document): void {
    const { state } = this.parts;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')!;
    const plain = icon.getAttribute('href')!;
    const marked = icon.dataset.unread!;
    effect(() => {
      const { unread, mentions: called } = state.totals.value;
      const inChat = state.phase.value === 'chat';
      const where = inChat && state.active.value ? `${state.active.value.name} · brusio` : 'brusio';
      document.title = inChat && unread ? `(${called || unread}) ${where}` : where;
      const href = inChat && unread ? marked : plain;
      if (icon.getAttribute('href') !== href) icon.setAttribute('href', href);
      if (!('setAppBadge' in navigator)) return;
      const badge = inChat && called ? navigator.setAppBadge(called) : navigator.clearAppBadge();
      badge.catch(() => undefined);
    });
  }
}
