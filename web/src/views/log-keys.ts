// The keyboard in the log: arrows move from message to message, letters act on the one in focus.

import type { Client } from '../app/client.ts';
import type { Room } from '../app/room.ts';
import { askDelete, pickReaction, startEdit, startReply } from './message.tsx';

export function logKey(event: KeyboardEvent, client: Client, room: Room): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if ((event.target as Element).closest('.menu')) return;
  const box = event.currentTarget as HTMLElement;
  const row = (event.target as Element).closest<HTMLElement>('[data-seq], .row');
  const step = (next: boolean) => {
    const rows = [...box.querySelectorAll<HTMLElement>('.row')];
    const at = row ? rows.indexOf(row) : -1;
    const to = at < 0 ? rows.at(-1) : rows[at + (next ? 1 : -1)];
    to?.focus();
    to?.scrollIntoView({ block: 'nearest' });
  };
  const handled = moves(event.key, client, room, step) || acts(event.key, client, room, Number(row?.dataset.seq ?? 0));
  if (handled) event.preventDefault();
}

function moves(key: string, { pages }: Client, room: Room, step: (next: boolean) => void): boolean {
  switch (key) {
    case 'ArrowUp':
      step(false);
      return true;
    case 'ArrowDown':
      step(true);
      return true;
    case 'Home':
      void pages.toStart(room);
      return true;
    case 'End':
      void pages.toEnd(room);
      return true;
    case 'Escape':
      document.getElementById('composer-text')?.focus();
      return true;
    default:
      return false;
  }
}

function acts(key: string, client: Client, room: Room, seq: number): boolean {
  const { state, saved, reading } = client;
  const message = seq ? room.log.find(seq) : undefined;
  if (!message || message.deleted || message.kind !== 'message') return false;
  const mine = state.isMe(message.name);
  if (key === 'r') startReply(room, seq);
  else if (key === '+' || key === ':') pickReaction(client, room, seq);
  else if (key === 't') state.openThread(message.replyTo ?? seq);
  else if (key === 's') saved.toggle(room, message);
  else if (key === 'u') reading.markUnread(room, seq);
  else if (key === 'e' && mine) startEdit(room, seq);
  else if (key === 'Delete' && (mine || state.mayModerate(room))) askDelete(client, seq);
  else return false;
  return true;
}
