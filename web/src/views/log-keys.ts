// The keyboard in the log: arrows move from message to message, letters act on the one in focus.

import type { Room } from '../app/room.ts';
import { mayModerate, me } from '../app/state.ts';
import { sameName } from '../model/names.ts';
import { askDelete, pickReaction, startEdit, startReply } from './message.tsx';

export interface LogMoves {
  toStart(): void;
  toEnd(): void;
}

export function logKey(event: KeyboardEvent, room: Room, moves: LogMoves): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const box = event.currentTarget as HTMLElement;
  const row = (event.target as Element).closest<HTMLElement>('[data-seq], .row');
  const step = (next: boolean) => {
    const rows = [...box.querySelectorAll<HTMLElement>('.row')];
    const at = row ? rows.indexOf(row) : -1;
    const to = at < 0 ? rows.at(-1) : rows[at + (next ? 1 : -1)];
    to?.focus();
    to?.scrollIntoView({ block: 'nearest' });
  };
  const handled = keys(event.key, room, Number(row?.dataset.seq ?? 0), moves, step);
  if (handled) event.preventDefault();
}

function keys(key: string, room: Room, seq: number, moves: LogMoves, step: (next: boolean) => void): boolean {
  switch (key) {
    case 'ArrowUp':
      step(false);
      return true;
    case 'ArrowDown':
      step(true);
      return true;
    case 'Home':
      moves.toStart();
      return true;
    case 'End':
      moves.toEnd();
      return true;
    case 'Escape':
      document.getElementById('composer-text')?.focus();
      return true;
  }
  const message = seq ? room.log.find(seq) : undefined;
  if (!message || message.deleted) return false;
  const mine = sameName(message.name, me.value.name);
  if (key === 'r') startReply(room, seq);
  else if (key === '+' || key === ':') pickReaction(room, seq);
  else if (key === 'e' && mine) startEdit(room, seq);
  else if (key === 'Delete' && (mine || mayModerate(room))) askDelete(seq);
  else return false;
  return true;
}
