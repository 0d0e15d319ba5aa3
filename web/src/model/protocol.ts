// The objects of doc/protocol.md, as far as this client sends and reads them.

export interface From {
  name: string;
  ip?: string;
}

// A busy reaction comes with fewer names than its count.
export interface Reaction {
  emoji: string;
  count: number;
  names: string[];
}

// What has a seq: stored, replayed, in order. A history page holds the `message` entries as they
// read now, so `edited` (the seq of the last edit), `deleted` and `reactions` may come with them.
export type Entry =
  | MessageEntry
  | { op: 'edit'; room: string; seq: number; time: string; target: number; from: From; message: string }
  | { op: 'delete'; room: string; seq: number; time: string; target: number; from: From }
  | { op: 'react'; room: string; seq: number; time: string; target: number; from: From; emoji: string; on: boolean }
  | { op: 'topic'; room: string; seq: number; time: string; from: From; topic: string };

export interface MessageEntry {
  op: 'message';
  room: string;
  seq: number;
  time: string;
  from: From;
  message: string;
  reply_to?: number;
  action?: boolean;
  edited?: number;
  deleted?: boolean;
  reactions?: Reaction[];
}

export interface Member {
  name: string;
  role: string;
  online: boolean;
  away?: string | boolean;
}

export interface RoomInfo {
  room: string;
  topic: string;
  count: number;
  seq: number;
}

export interface User {
  name: string;
  account: boolean;
  admin: boolean;
}

export interface Welcome {
  op: 'welcome';
  user: User;
  session: string;
  server: { name: string; version: string };
  epoch: string;
  limits: { object_bytes: number; message_bytes: number };
  rooms: { room: string; seq: number; read: number }[];
}

export interface Joined {
  op: 'joined';
  room: string;
  seq: number;
  topic: string;
  count: number;
  reset?: boolean;
}

export interface Ack {
  op: 'ack';
  id: string;
  room: string;
  seq: number;
  time: string;
}

export interface HistoryPage {
  op: 'history';
  room: string;
  messages: (MessageEntry | Entry)[];
  more: boolean;
}

export interface SearchPage {
  op: 'results';
  messages: MessageEntry[];
  more: boolean;
  // What `before` takes for the next page.
  next?: number;
  // How many of the newest messages the search does not know yet.
  lag?: number;
}

export type WireObject = Record<string, unknown> & { op?: string; id?: string; message?: string };

const entryOps = new Set(['message', 'edit', 'delete', 'react', 'topic']);

export function isEntry(object: WireObject): boolean {
  return entryOps.has(object.op ?? '') && Number.isSafeInteger(object.seq) && typeof object.room === 'string';
}

// A refused request. `code` is one of the protocol's error codes, or `offline`
// when the line was lost before the answer came.
export class Refusal extends Error {
  code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}
