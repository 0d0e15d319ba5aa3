// What the whole page shares. Views read these signals; the modules of app/ write them.

import { batch, computed, signal } from '@preact/signals';
import type { LineState } from '../net/connection.ts';
import type { Member, User } from '../model/protocol.ts';
import { sameName } from '../model/names.ts';
import type { Room } from './room.ts';

export type Phase = 'starting' | 'sign-in' | 'chat';
export type Panel = 'none' | 'people' | 'search';
export type DialogName =
  | 'none'
  | 'rooms'
  | 'direct'
  | 'room'
  | 'person'
  | 'settings'
  | 'password'
  | 'register'
  | 'date'
  | 'help'
  | 'switcher'
  | 'delete'
  | 'emoji';

export const phase = signal<Phase>('starting');
export const signInProblem = signal<{ code: string; text: string } | null>(null);
export const line = signal<{ state: LineState; retryAt: number }>({ state: 'stopped', retryAt: 0 });
export const me = signal<User>({ name: '', account: false, admin: false });
export const away = signal<string | null>(null);
export const serverName = signal('');
export const messageBytes = signal(8192);
export const rooms = signal<Room[]>([]);
export const active = signal<Room | null>(null);
export const panel = signal<Panel>('none');
export const dialog = signal<DialogName>('none');
// What the dialog is about: a name, or the message to delete.
export const person = signal('');
export const deleting = signal(0);
// Who gets the emoji that is picked.
export const onEmoji = signal<(emoji: string) => void>(() => undefined);
export const drawer = signal(false);
export const searchQuery = signal('');
export const notificationsOn = signal(false);
export const toast = signal<{ text: string; kind: 'info' | 'problem' } | null>(null);

export const totals = computed(() => {
  let unread = 0;
  let mentions = 0;
  for (const room of rooms.value) {
    unread += room.unreadCount.value;
    mentions += room.mentionCount.value;
  }
  return { unread, mentions };
});

// Rooms by name, then direct conversations by name.
export function sortRooms(list: Room[]): Room[] {
  const rank = (room: Room) => (room.name === '#lobby' ? 0 : room.direct ? 2 : 1);
  return [...list].sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title));
}

export function findRoom(name: string): Room | undefined {
  return rooms.value.find((room) => sameName(room.name, name));
}

export function myRole(room: Room): string {
  if (me.value.admin) return 'owner';
  return room.members.value?.find((member: Member) => sameName(member.name, me.value.name))?.role ?? 'member';
}

export function mayModerate(room: Room): boolean {
  return !room.direct && ['owner', 'moderator'].includes(myRole(room));
}

let toastTimer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, kind: 'info' | 'problem' = 'info'): void {
  clearTimeout(toastTimer);
  toast.value = { text, kind };
  toastTimer = setTimeout(() => (toast.value = null), kind === 'problem' ? 9_000 : 5_000);
}

export function openDialog(name: DialogName, who = ''): void {
  batch(() => {
    person.value = who;
    dialog.value = name;
    drawer.value = false;
  });
}

export function closeDialog(): void {
  dialog.value = 'none';
}

export function togglePanel(name: Panel): void {
  panel.value = panel.value === name ? 'none' : name;
}

// On a narrow screen the list of rooms and the panels cover the conversation.
export const narrow = matchMedia('(max-width: 760px)');
