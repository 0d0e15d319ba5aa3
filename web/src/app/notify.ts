// Notifications (only once the user turned them on), the title, and the badges.

import { effect } from '@preact/signals';
import type { Entry } from '../model/protocol.ts';
import { mentions, sameName } from '../model/names.ts';
import { summaryOf } from '../model/markup.ts';
import type { Room } from './room.ts';
import { active, me, notificationsOn, phase, totals } from './state.ts';
import { openRoom } from './follow.ts';
import { t } from '../text.ts';

const KEY = 'brusio.notify';
const FRESH_MS = 10 * 60_000;

// Browsers give notifications to https pages and localhost alone.
export function canNotify(): boolean {
  return isSecureContext && typeof Notification !== 'undefined';
}

export async function turnNotifications(on: boolean): Promise<void> {
  if (on && Notification.permission !== 'granted') await Notification.requestPermission();
  notificationsOn.value = on && Notification.permission === 'granted';
  localStorage.setItem(KEY, notificationsOn.value ? 'on' : 'off');
}

export function restoreNotifications(): void {
  notificationsOn.value = canNotify() && Notification.permission === 'granted' && localStorage.getItem(KEY) === 'on';
}

export function notifyOf(room: Room, entry: Entry): void {
  if (!notificationsOn.value || entry.op !== 'message' || sameName(entry.from.name, me.value.name)) return;
  const looking = document.visibilityState === 'visible' && document.hasFocus() && room === active.value;
  if (looking || Date.now() - Date.parse(entry.time) > FRESH_MS) return;
  if (!room.direct && !mentions(entry.message, me.value.name)) return;
  const title = room.direct ? entry.from.name : t('notify.title', { name: entry.from.name, room: room.name });
  // The tag is the same in every tab, so several tabs show one notification.
  const options = { body: summaryOf(entry.message, 180), tag: `${room.name} ${entry.seq}`, icon: iconUrl() };
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      openRoom(room);
      notification.close();
    };
  } catch {
    // Android allows them only through the service worker.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options));
  }
}

function iconUrl(): string {
  return document.querySelector<HTMLLinkElement>('link[rel="apple-touch-icon"]')?.href ?? '';
}

export function watchBadges(): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')!;
  const plain = icon.getAttribute('href')!;
  const marked = icon.dataset.unread!;
  effect(() => {
    const { unread, mentions: called } = totals.value;
    const inChat = phase.value === 'chat';
    const where = inChat && active.value ? `${active.value.name} · brusio` : 'brusio';
    document.title = inChat && unread ? `(${called || unread}) ${where}` : where;
    const href = inChat && unread ? marked : plain;
    if (icon.getAttribute('href') !== href) icon.setAttribute('href', href);
    if (!('setAppBadge' in navigator)) return;
    const badge = inChat && called ? navigator.setAppBadge(called) : navigator.clearAppBadge();
    badge.catch(() => undefined);
  });
}
