// A room as the views see it: its log, and signals for everything around it.
//
//   unknown --join--> loading --joined--> live --line lost--> offline --join--> loading
//                        |                  |
//                        +-- refused -------+-- kicked --> closed --join--> loading
//
// A room that was kept from an earlier visit begins as `offline`: it can be read, and written to,
// before there is a line.

import { computed, signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { RoomLog } from '../model/roomlog.ts';
import type { Message } from '../model/roomlog.ts';
import { Unread } from '../model/unread.ts';
import { isDirect, titleOf } from '../model/names.ts';
import type { Entry, Member, RoomRow } from '../model/protocol.ts';
import type { OutFile } from '../model/outbox.ts';
import type { Notice } from '../model/rows.ts';

const NOTICES_MAX = 40;

export type RoomState =
  | { kind: 'unknown' }
  | { kind: 'offline' }
  | { kind: 'loading' }
  | { kind: 'live' }
  // Not to be entered, with the reason in words.
  | { kind: 'closed'; why: string };

export interface Target {
  seq: number;
  // `center` shows a found message and marks it; `start` puts the first unread one near the top.
  place: 'center' | 'start';
}

// The server's description of a room and of me in it.
export interface RoomFacts {
  role: string;
  private: boolean;
  retention_days: number;
  read_only: boolean;
  topic_locked: boolean;
  keep_edits: boolean;
  muted: boolean;
  gone: boolean;
}

const NO_FACTS: RoomFacts = {
  role: '',
  private: false,
  retention_days: 0,
  read_only: false,
  topic_locked: false,
  keep_edits: false,
  muted: false,
  gone: false,
};

export class Room {
  private readonly named: Signal<string>;
  readonly direct: boolean;
  readonly log: RoomLog;
  readonly unread = new Unread();
  readonly state = signal<RoomState>({ kind: 'unknown' });
  readonly facts = signal<RoomFacts>(NO_FACTS);
  // Rises when the log, the notices or the outbox's part of this room changed.
  readonly version = signal(0);
  readonly topic = signal('');
  readonly count = signal(0);
  readonly unreadCount = signal(0);
  readonly mentionCount = signal(0);
  readonly members = signal<Member[] | null>(null);
  readonly typing = signal<string[]>([]);
  // A page of history is on its way.
  readonly loading = signal(false);
  readonly replyTo = signal(0);
  readonly editing = signal(0);
  // Chosen for the next message.
  readonly files = signal<readonly OutFile[]>([]);
  // The place that the view should go to; the view clears it.
  readonly target = signal<Target | null>(null);
  readonly isClosed = computed(() => this.state.value.kind === 'closed');
  // The text of the edit under way; it is kept while other rooms are shown.
  editText = '';
  notices: Notice[] = [];
  // Answered messages that are outside the window; null while they are asked for.
  readonly quotes = new Map<number, Message | null>();
  // The life of the database that the cursor belongs to; empty where there is no cursor.
  epoch = '';
  lastSaved = 0;
  // When the room was last looked at, for those who look for it again.
  lastOpened = 0;
  restUntil = 0;
  // The line "new" stands before the first message of others after this seq; -1 for no line.
  unreadAfter = -1;
  // The reader marked it as unread from here on; -1 otherwise.
  keptUnread = -1;

  constructor(name: string, onApplied: (room: Room, entry: Entry) => void) {
    this.named = signal(name);
    this.direct = isDirect(name);
    this.log = new RoomLog((entry) => onApplied(this, entry));
  }

  get name(): string {
    return this.named.value;
  }

  // The other one of a conversation has another name.
  rename(name: string): void {
    this.named.value = name;
  }

  get title(): string {
    return titleOf(this.name);
  }

  get isLive(): boolean {
    return this.state.peek().kind === 'live';
  }

  // Takes over a whole row, in which what is absent is not so; or a part, such as a `set` push.
  learnAll(row: RoomRow): void {
    this.learn({ ...NO_FACTS, role: this.facts.peek().role, ...row });
  }

  learn(row: Partial<RoomRow>): void {
    const facts = { ...this.facts.peek() };
    for (const key of Object.keys(facts) as (keyof RoomFacts)[]) {
      if (row[key] !== undefined) Object.assign(facts, { [key]: row[key] });
    }
    this.facts.value = facts;
    if (row.topic !== undefined) this.topic.value = row.topic;
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
