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

// Entries: stored, replayed, in order, each with a seq. A history page holds the `message` entries as they read now,
// so `edited` (the seq of the last edit), `deleted` and `reactions` may come with them.
export type Entry =
  | MessageEntry
  | (Base & { op: 'edit'; target: number; message: string })
  | (Base & { op: 'delete'; target: number })
  | (Base & { op: 'react'; target: number; emoji: string; on: boolean })
  | (Base & { op: 'topic'; topic: string });

interface Base {
  room: string;
  seq: number;
  time: string;
  from: From;
  // One's own entries carry the id under which they were sent.
  id?: string;
  // By somebody without an account.
  guest?: boolean;
}

export interface MessageEntry extends Base {
  op: 'message';
  message: string;
  bot?: boolean;
  reply_to?: number;
  action?: boolean;
  edited?: number;
  deleted?: boolean;
  reactions?: Reaction[];
  // With files, `message` has a line for each of them, and `text` is what was said.
  text?: string;
  files?: FileFacts[];
}

// A file of a message, as the server describes it. `type` is what its first bytes say.
export interface FileFacts {
  file: string;
  name: string;
  bytes: number;
  type: string;
  width?: number;
  height?: number;
  // The path under which it is read: by anybody who has it, or, below /files/, with the session.
  url?: string;
  // The same for its preview, `?size=800`: no larger than that. With 160 in its place it is smaller.
  preview?: string;
}

export interface Profile {
  name: string;
  display?: string;
  about?: string;
  picture?: string;
  online: boolean;
  guest: boolean;
  away?: string;
  // Whether I have blocked them.
  blocked?: boolean;
  // My own alone: whether others see what I have read.
  seen?: boolean;
}

export interface Member {
  name: string;
  role: string;
  online: boolean;
  away?: string | boolean;
  guest?: boolean;
  muted?: boolean;
  display?: string;
  // The path of a picture.
  picture?: string;
  // In a small room: up to where they have read.
  read?: number;
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
  limits: { object_bytes: number; message_bytes: number; file_bytes?: number };
  rooms: RoomRow[];
  invitations?: Invitation[];
}

// A room's rules, and my standing in it. An older server gives the first three alone.
export interface RoomRow {
  room: string;
  seq: number;
  read: number;
  unread?: number;
  mentions?: number;
  role?: string;
  private?: boolean;
  topic?: string;
  retention_days?: number;
  read_only?: boolean;
  topic_locked?: boolean;
  keep_edits?: boolean;
  muted?: boolean;
  gone?: boolean;
}

export interface Invitation {
  room: string;
  by: string;
  time: string;
}

export interface Joined extends Partial<RoomRow> {
  op: 'joined';
  room: string;
  seq: number;
  topic: string;
  count: number;
  reset?: boolean;
}

// Somebody who is kept out of a room or may not write in it.
export interface Ban {
  name: string;
  kind: 'ban' | 'mute';
  by: string;
  reason?: string;
  // Only for an address or a network.
  address?: string;
  time: string;
  until?: string;
}

// One line of the record of moderation.
export interface Deed {
  n: number;
  time: string;
  what: string;
  by: string;
  name: string;
  reason?: string;
  until?: string;
}

// An account as administrators see it.
export interface AccountRow {
  name: string;
  display?: string;
  admin: boolean;
  disabled?: boolean;
  factor: boolean;
  online: boolean;
  rooms: number;
  sessions: number;
}

// One of my own sessions or tokens.
export interface SessionRow {
  key: string;
  // The label, where it is a token.
  token?: string;
  device?: string;
  client?: string;
  address?: string;
  since?: string;
  seen?: string;
  current?: boolean;
}

// A passkey of one's own, as the list shows it.
export interface PasskeyRow {
  label: string;
  since: string;
  used?: string;
}

// The answer to `GET /api/server`, before anybody says hello. All of it may be absent.
export interface ServerFacts {
  name?: string;
  version?: string;
  guests?: boolean;
  // The name of the user, where a proxy has proved it.
  user?: string;
  registration?: string | boolean;
  // Passwords are taken over the connection that asked.
  secure?: boolean;
  // The same port speaks TLS, too.
  tls?: boolean;
  fingerprint?: string;
  // `own` for one that the server made for itself, which no browser knows.
  certificate?: string;
  // The challenge that the next passkey has to sign.
  challenge?: string;
  // The key that a browser subscribes to pushes with, where the server pushes.
  push?: string;
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
  // The value of `before` for the next page, opaque to us.
  next?: number | string;
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
  field: string;

  constructor(code: string, message: string, field = '') {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.field = field;
  }
}
