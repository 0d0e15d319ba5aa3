// State that the whole page shares. Views read these signals; the other classes of app/ write them.

import { batch, computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import type { LineState } from '../net/connection.ts';
import type { Invitation, Member, ServerFacts, User } from '../model/protocol.ts';
import { compareNames, fold, sameName } from '../model/names.ts';
import { defaults } from '../model/settings.ts';
import type { Settings } from '../model/settings.ts';
import type { Room } from './room.ts';
import { t } from '../text.ts';

export type Phase = 'starting' | 'sign-in' | 'chat';
export type Panel = 'none' | 'people' | 'search' | 'mentions' | 'saved' | 'pins' | 'edits' | 'thread' | 'files';
export type DialogName =
  | 'none'
  | 'rooms'
  | 'direct'
  | 'room'
  | 'person'
  | 'settings'
  | 'sessions'
  | 'password'
  | 'totp'
  | 'passkeys'
  | 'profile'
  | 'admin'
  | 'moderation'
  | 'register'
  | 'date'
  | 'help'
  | 'invite'
  | 'invited'
  | 'switcher'
  | 'delete'
  | 'picture'
  | 'close-room';

// The receiver of the emoji that is picked, and the element beside which it is picked.
export interface Picker {
  anchor: { left: number; top: number; right: number; bottom: number };
  pick(emoji: string): void;
}

export interface Toast {
  text: string;
  kind: 'info' | 'problem';
}

const INFO_MS = 5_000;
const PROBLEM_MS = 9_000;
const moderators = ['owner', 'moderator'];

// Rooms by name, then direct conversations by name.
export function sortRooms(list: readonly Room[]): Room[] {
  const rank = (room: Room) => (room.name === '#lobby' ? 0 : room.direct ? 2 : 1);
  return [...list].sort((a, b) => rank(a) - rank(b) || compareNames(a.title, b.title));
}

export class State {
  readonly phase = signal<Phase>('starting');
  readonly facts = signal<ServerFacts | null>(null);
  readonly signInProblem = signal<{ code: string; text: string; field?: string } | null>(null);
  readonly line = signal<{ state: LineState; retryAt: number }>({ state: 'stopped', retryAt: 0 });
  // Why the line was ended for good while the chat is shown; empty otherwise.
  readonly stopped = signal('');
  readonly me = signal<User>({ name: '', account: false, admin: false });
  readonly away = signal<string | null>(null);
  readonly serverName = signal('');
  readonly messageBytes = signal(8192);
  // The largest file that I may send; 0: none.
  readonly fileBytes = signal(32 << 20);
  // The key of the file that is going up, and the share of it that has gone.
  readonly uploading = signal({ key: '', part: 0 });
  // How many of the page's later parts (views, commands, emoji) have come.
  readonly parts = signal(0);
  readonly rooms = signal<Room[]>([]);
  readonly invitations = signal<Invitation[]>([]);
  readonly active = signal<Room | null>(null);
  readonly panel = signal<Panel>('none');
  readonly dialog = signal<DialogName>('none');
  readonly drawer = signal(false);
  readonly picker = signal<Picker | null>(null);
  // The subject of the dialog or the panel: a name, the message to delete, the thread's first message or the edited one.
  readonly person = signal('');
  readonly deleting = signal(0);
  readonly thread = signal(0);
  // The secret of an invitation link that was followed and not taken yet.
  readonly link = signal('');
  readonly searchQuery = signal('');
  // By folded name: the people of the rooms that were looked at, as they were seen last.
  readonly met = signal<Record<string, Member>>({});
  readonly settings = signal<Settings>(defaults);
  readonly toast = signal<Toast | null>(null);
  // The row that shows its actions, and the one that a jump led to.
  readonly hotRow = signal('');
  readonly markedSeq = signal(0);
  readonly narrow: ReadonlySignal<boolean>;

  readonly totals = computed(() => {
    let unread = 0;
    let mentions = 0;
    for (const room of this.rooms.value) {
      unread += room.unreadCount.value;
      mentions += room.mentionCount.value;
    }
    return { unread, mentions };
  });

  private toastTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(narrow: ReadonlySignal<boolean>) {
    this.narrow = narrow;
  }

  findRoom(name: string): Room | undefined {
    return this.rooms.value.find((room) => sameName(room.name, name));
  }

  isMe(name: string): boolean {
    return sameName(name, this.me.value.name);
  }

  roleIn(room: Room): string {
    if (this.me.value.admin) return 'owner';
    const member = room.members.value?.find((other: Member) => this.isMe(other.name));
    return member?.role ?? (room.facts.value.role || 'member');
  }

  mayModerate(room: Room): boolean {
    return !room.direct && moderators.includes(this.roleIn(room));
  }

  mayOwn(room: Room): boolean {
    return !room.direct && this.roleIn(room) === 'owner';
  }

  // Why I cannot write here: the key of a text, or nothing.
  silenceIn(room: Room): '' | 'gone' | 'muted' | 'read_only' {
    const { gone, muted, read_only: readOnly } = room.facts.value;
    if (gone) return 'gone';
    if (muted) return 'muted';
    return readOnly && this.roleIn(room) === 'member' ? 'read_only' : '';
  }

  say(text: string, kind: Toast['kind'] = 'info'): void {
    clearTimeout(this.toastTimer);
    this.toast.value = { text, kind };
    this.toastTimer = setTimeout(() => (this.toast.value = null), kind === 'problem' ? PROBLEM_MS : INFO_MS);
  }

  // The name that somebody goes by, where this page has met them; or their name.
  shownName(name: string): string {
    return this.met.value[fold(name)]?.display ?? name;
  }

  // The same for a room: a conversation is called like the other one, the notes to oneself as such.
  titleOf(room: Room): string {
    if (!room.direct) return room.title;
    return this.isNotes(room) ? t('rooms.notes') : this.shownName(room.title);
  }

  // By the whole name: somebody gone who was called the same is `@name!7`.
  isNotes(room: Room): boolean {
    return room.direct && this.isMe(room.name.slice(1));
  }

  openDialog(name: DialogName, who = ''): void {
    batch(() => {
      this.person.value = who;
      this.dialog.value = name;
      this.drawer.value = false;
    });
  }

  closeDialog(): void {
    this.dialog.value = 'none';
  }

  openThread(seq: number): void {
    batch(() => {
      this.thread.value = seq;
      this.panel.value = 'thread';
    });
  }

  togglePanel(name: Panel): void {
    this.panel.value = this.panel.value === name ? 'none' : name;
  }
}
