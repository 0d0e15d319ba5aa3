// From messages to what the log shows: days, groups of one sender, the line above the first
// unread one, messages on their way, and passing notices.

import type { Message } from './roomlog.ts';
import { withReaction, withoutText } from './roomlog.ts';
import type { OutItem } from './outbox.ts';
import { fold } from './names.ts';

const GROUP_MS = 5 * 60_000;

export interface Notice {
  key: string;
  // Shown after the message with this seq.
  after: number;
  time: number;
  kind: 'enter' | 'exit' | 'info';
  names: string[];
  text: string;
}

export type Sending = 'sent' | 'sending' | 'failed';

export type Row =
  | { type: 'day'; key: string; time: number }
  | { type: 'unread'; key: string }
  | { type: 'notice'; key: string; notice: Notice }
  // Between a window that does not reach the end and what waits to be sent.
  | { type: 'ahead'; key: string }
  | {
      type: 'message';
      key: string;
      message: Message;
      head: boolean;
      mine: boolean;
      state: Sending;
      // Only where something is on its way: `refusals` and `state` change in place.
      item?: OutItem;
      answers: number;
    };

export interface RowInput {
  window: readonly Message[];
  atEnd: boolean;
  notices: readonly Notice[];
  pending: readonly OutItem[];
  me: string;
  // The first unread message is the first one after this seq that is not mine; -1 for no line.
  unreadAfter: number;
}

// Edits, deletions and reactions that are on their way are shown as done, marked as sending.
function overlay(message: Message, items: readonly OutItem[] | undefined, me: string): { message: Message; item?: OutItem } {
  if (!items) return { message };
  let shown = message;
  let marked: OutItem | undefined;
  for (const item of items) {
    if (item.op === 'react') {
      if (item.state !== 'failed') shown = withReaction(shown, item.emoji!, me, item.on!);
      continue;
    }
    marked = item;
    if (item.state === 'failed') continue;
    if (item.op === 'edit') shown = { ...shown, text: item.message!, edited: message.edited ?? 1 };
    if (item.op === 'delete') shown = withoutText(shown);
  }
  return marked ? { message: shown, item: marked } : { message: shown };
}

function asMessage(item: OutItem, me: string): Message {
  const message: Message = {
    kind: 'message',
    seq: 0,
    time: item.created,
    name: me,
    text: item.message ?? '',
    reactions: [],
  };
  if (item.reply_to) message.replyTo = item.reply_to;
  if (item.action) message.action = true;
  if (item.files) message.files = item.files;
  return message;
}

// A waiting message is shown until the log has its id: texts and clocks are never compared.
export function notYetShown(pending: readonly OutItem[], window: readonly Message[]): OutItem[] {
  const shown = new Set(window.map((message) => message.id));
  return pending.filter((item) => item.op === 'send' && !shown.has(item.id));
}

// How many messages of the window answer each one.
function answersOf(window: readonly Message[]): Map<number, number> {
  const answers = new Map<number, number>();
  for (const { replyTo, deleted } of window) {
    if (replyTo && !deleted) answers.set(replyTo, (answers.get(replyTo) ?? 0) + 1);
  }
  return answers;
}

export function dayKey(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

function continues(previous: Message | null, message: Message): boolean {
  return (
    previous !== null &&
    previous.kind === 'message' &&
    message.kind === 'message' &&
    !previous.action &&
    !message.action &&
    !message.replyTo &&
    fold(previous.name) === fold(message.name) &&
    message.time - previous.time < GROUP_MS
  );
}

export function buildRows(input: RowInput): Row[] {
  const { window, notices, me } = input;
  const rows: Row[] = [];
  const answers = answersOf(window);
  const targets = new Map<number, OutItem[]>();
  for (const item of input.pending) {
    if (item.target) targets.set(item.target, [...(targets.get(item.target) ?? []), item]);
  }
  let previous: Message | null = null;
  let day = '';
  let unreadShown = input.unreadAfter < 0;
  let noticeAt = 0;
  const first = window[0]?.seq ?? 0;
  while (noticeAt < notices.length && notices[noticeAt]!.after < first - 1) noticeAt++;

  const startDay = (time: number) => {
    const key = dayKey(time);
    if (key === day) return;
    day = key;
    previous = null;
    rows.push({ type: 'day', key: `d${key}`, time });
  };
  const noticesUpTo = (seq: number) => {
    for (; noticeAt < notices.length && notices[noticeAt]!.after < seq; noticeAt++) {
      const notice = notices[noticeAt]!;
      rows.push({ type: 'notice', key: notice.key, notice });
      previous = null;
    }
  };

  for (const original of window) {
    noticesUpTo(original.seq);
    startDay(original.time);
    const mine = fold(original.name) === fold(me);
    if (!unreadShown && original.seq > input.unreadAfter && !mine && original.kind === 'message') {
      rows.push({ type: 'unread', key: 'unread' });
      unreadShown = true;
      previous = null;
    }
    const { message, item } = overlay(original, targets.get(original.seq), me);
    const state: Sending = item ? (item.state === 'failed' ? 'failed' : 'sending') : 'sent';
    const head = !continues(previous, message);
    rows.push({
      type: 'message',
      key: `m${message.seq}`,
      message,
      head,
      mine,
      state,
      answers: answers.get(message.seq) ?? 0,
      ...(item ? { item } : {}),
    });
    previous = original;
  }
  const waiting = notYetShown(input.pending, window);
  if (input.atEnd) noticesUpTo(Infinity);
  else if (waiting.length && window.length) {
    rows.push({ type: 'ahead', key: 'ahead' });
    previous = null;
  }
  for (const item of waiting) {
    const message = asMessage(item, me);
    startDay(message.time);
    const head = !continues(previous, message);
    const state = item.state === 'failed' ? 'failed' : 'sending';
    rows.push({ type: 'message', key: `o${item.id}`, message, head, mine: true, state, item, answers: 0 });
    previous = message;
  }
  return rows;
}
