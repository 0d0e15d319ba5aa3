// Notifications and sounds (only once the user turned them on), the title, and the badges.

import { effect } from '@preact/signals';
import type { MessageEntry } from '../model/protocol.ts';
import { gistOf } from '../model/markup.ts';
import { saidIn } from '../model/roomlog.ts';
import type { Page } from './environment.ts';
import type { Preferences } from './preferences.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { State } from './state.ts';
import { t } from '../text.ts';

const FRESH_MS = 10 * 60_000;
const SOUND_REST_MS = 1_500;

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
  private lastSound = 0;
  private audio: AudioContext | null = null;

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
    if (this.parts.state.settings.value.sound) this.play();
    if (this.isOn) this.show(room, entry);
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

  // Two soft tones, made here: no file to load.
  play(): void {
    if (Date.now() - this.lastSound < SOUND_REST_MS || typeof AudioContext === 'undefined') return;
    this.lastSound = Date.now();
    this.audio ??= new AudioContext();
    const { audio } = this;
    for (const [at, frequency] of [[0, 660], [0.11, 880]] as const) {
      const tone = new OscillatorNode(audio, { frequency });
      const volume = new GainNode(audio, { gain: 0 });
      const start = audio.currentTime + at;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.12, start + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.0005, start + 0.28);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.3);
    }
  }

  private show(room: Room, entry: MessageEntry): void {
    const title = room.direct ? entry.from.name : t('notify.title', { name: entry.from.name, room: room.name });
    const icon = document.querySelector<HTMLLinkElement>('link[rel="apple-touch-icon"]')?.href ?? '';
    // The tag is the same in every tab, so several tabs show one notification.
    const options = { body: gistOf({ text: saidIn(entry), files: entry.files }, 180), tag: `${room.name} ${entry.seq}`, icon };
    try {
      const notification = new Notification(title, options);
      notification.onclick = () => {
        window.focus();
        this.parts.rooms.open(room);
        notification.close();
      };
    } catch {
      // Android allows them only through the service worker.
      void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options));
    }
  }
}
