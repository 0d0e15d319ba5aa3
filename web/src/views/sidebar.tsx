// The list of rooms, and who I am.

import { openRoom } from '../app/follow.ts';
import type { Room } from '../app/room.ts';
import { active, away, me, openDialog, rooms } from '../app/state.ts';
import { Icon, Mark } from './icons.tsx';
import { Avatar, IconButton } from './parts.tsx';
import { t, tn } from '../text.ts';

function Badge({ room }: { room: Room }) {
  const unread = room.unreadCount.value;
  const called = room.mentionCount.value;
  if (!unread) return null;
  return (
    <span class={`badge ${called ? 'badge-called' : ''}`}>
      <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
      <span class="out-of-sight">{called ? tn('rooms.mentions', called) : tn('rooms.unread', unread)}</span>
    </span>
  );
}

function RoomLink({ room }: { room: Room }) {
  const current = active.value === room;
  return (
    <li>
      <button
        type="button"
        class={`room-link ${room.unreadCount.value ? 'room-unread' : ''} ${room.trouble.value ? 'room-closed' : ''}`}
        aria-current={current ? 'page' : undefined}
        onClick={() => openRoom(room)}
      >
        {room.direct ? <Avatar name={room.title} small /> : <span class="hash" aria-hidden="true">#</span>}
        <span class="room-title">{room.title}</span>
        <Badge room={room} />
      </button>
    </li>
  );
}

function Group(props: { label: string; list: Room[]; action: string; onAction: () => void }) {
  return (
    <section class="room-group" aria-label={props.label}>
      <h2>
        {props.label}
        <IconButton icon="plus" label={props.action} onClick={props.onAction} />
      </h2>
      <ul>
        {props.list.map((room) => (
          <RoomLink key={room.name} room={room} />
        ))}
      </ul>
    </section>
  );
}

export function Sidebar() {
  const list = rooms.value;
  const { name, account } = me.value;
  return (
    <nav class="sidebar" id="sidebar" aria-label={t('rooms.label')}>
      <div class="brand">
        <Mark />
        <span>brusio</span>
        <IconButton icon="search" label={t('rooms.switch')} onClick={() => openDialog('switcher')} />
      </div>
      <div class="room-lists">
        <Group
          label={t('rooms.rooms')}
          list={list.filter((room) => !room.direct)}
          action={t('rooms.add')}
          onAction={() => openDialog('rooms')}
        />
        <Group
          label={t('rooms.direct')}
          list={list.filter((room) => room.direct)}
          action={t('rooms.add_direct')}
          onAction={() => openDialog('direct')}
        />
      </div>
      <button type="button" class="me" onClick={() => openDialog('settings')}>
        <Avatar name={name || '?'} />
        <span class="me-text">
          <b>{name}</b>
          <small>{away.value !== null ? t('me.away') : account ? t('me.account') : t('me.guest')}</small>
        </span>
        <Icon name="gear" />
        <span class="out-of-sight">{t('settings.title')}</span>
      </button>
    </nav>
  );
}
