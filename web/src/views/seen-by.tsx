// In a small room: who has read its last message, where that is mine.

import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { Avatar } from './parts.tsx';
import { t } from '../text.ts';

const FACES_MAX = 5;

export function SeenBy({ room }: { room: Room }) {
  const { state } = useClient();
  void room.version.value;
  const last = room.log.window.findLast((message) => message.kind === 'message');
  if (!last || last.seq === 0 || room.log.moreAfter || !state.isMe(last.name)) return null;
  const readers = (room.members.value ?? []).filter(({ name, read }) => read !== undefined && read >= last.seq && !state.isMe(name));
  if (!readers.length) return null;
  const names = readers.map(({ name, display }) => display ?? name).join(', ');
  return (
    <span class="seen-by" title={t('seen.by', { names })}>
      <span class="out-of-sight">{t('seen.by', { names })}</span>
      {readers.slice(0, FACES_MAX).map(({ name }) => (
        <Avatar key={name} name={name} small />
      ))}
      {readers.length > FACES_MAX && <small aria-hidden="true">+{readers.length - FACES_MAX}</small>}
    </span>
  );
}
