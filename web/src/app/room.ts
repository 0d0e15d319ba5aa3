// A room as the views see it: its log, and signals for everything around it.

import { signal } from '@preact/signals';
import { RoomLog } from '../model/roomlog.ts';
import type { Message } from '../model/roomlog.ts';
import { Unread } from '../model/unread.ts';
import { isDirect } from '../model/names.ts';
import type { Entry, Member } from '../model/protocol.ts';
import type { Notice } from '../model/rows.ts';

const NOTICES_MAX = 40;

export interface Target {
  seq: number;
  // `center` shows a found message and marks it; `start` puts the first unread one near the top.
  place: 'center' | 'start';
}

export class Room {
  readonly name: string;
  readonly direct: boolean;
  readonly log: RoomLog;
  readonly unread = new Unread();
  // Rises when the log, the notices or the outbox's part of this room changed.
  readonly version = signal(0);
  readonly topic = signal('');
  readonly count = signal(0);
  readonly unreadCount = signal(0);
  readonly mentionCount = signal(0);
  readonly members = signal<Member[] | null>(null);
  readonly typing = signal<string[]>([]);
  readonly loading = signal(false);
  // Why this room cannot be read, in words; empty while it can.
  readonly trouble = signal('');
  readonly replyTo = signal(0);
  readonly editing = signal(0);
  // Where the view should go; the view clears it.
  readonly target = signal<Target | null>(null);
  notices: Notice[] = [];
  // Answered messages that are outside the window.
  readonly quotes = new Map<number, Message | null>();
  epoch = '';
  // A cursor is known: from a join, or from an earlier visit.
  known = false;
  joined = false;
  lastSaved = 0;
  restUntil = 0;
  // The line "new" stands before the first message of others after this seq; -1 for no line.
  unreadAfter = -1;

  constructor(name: string, onApplied: (room: Room, entry: Entry) => void) {
    this.name = name;
    this.direct = isDirect(name);
    this.log = new RoomLog((entry) => onApplied(this, entry));
  }

  // The name without the sign that says what it is.
  get title(): string {
    return this.name.slice(1);
  }

  addNotice(notice: Notice): void {
    const last = this.notices.at(-1);
    const coming = notice.kind !== 'info';
    if (coming && last?.kind === notice.kind && last.after === notice.after) {
      const names = [...last.names.filter((name) => !notice.names.includes(name)), ...notice.names];
      this.notices = [...this.notices.slice(0, -1), { ...last, names, time: notice.time }];
    } else {
      this.notices = [...this.notices, notice].slice(-NOTICES_MAX);
    }
  }

  publishUnread(): void {
    this.unreadCount.value = this.unread.count;
    this.mentionCount.value = this.unread.mentions;
  }
}
