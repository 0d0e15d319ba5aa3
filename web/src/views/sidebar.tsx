// The list of rooms, and who I am. On a narrow screen it slides over the conversation, and then has
// the focus.

import { useEffect, useRef } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { Icon, Mark } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { Avatar, IconButton } from './parts.tsx';
import { t, tn } from '../text.ts';
import { COUNT_MAX } from '../model/unread.ts';

const SHOWN_MAX = 99;

function Badge({ room }: { room: Room }) {
  const unread = room.unreadCount.value;
  const called = room.mentionCount.value;
  if (!unread) return null;
  return (
    <span class={`badge ${called ? 'badge-called' : ''}`}>
      <span aria-hidden="true">{unread > SHOWN_MAX ? `${SHOWN_MAX}+` : unread}</span>
      <span class="out-of-sight">{called ? tn('rooms.mentions', called) : tn('rooms.unread', Math.min(unread, COUNT_MAX))}</span>
    </span>
  );
}

function RoomLink({ room }: { room: Room }) {
  const { state, rooms, preferences } = useClient();
  const current = state.active.value === room;
  const muted = preferences.levelOf(room) === 'nothing';
  const classes = ['room-link'];
  if (room.unreadCount.value && !muted) classes.push('room-unread');
  if (room.isClosed.value) classes.push('room-closed');
  if (muted || room.facts.value.gone) classes.push('room-quiet');
  return (
    <li>
      <button type="button" class={classes.join(' ')} title={room.name} aria-current={current ? 'page' : undefined} onClick={() => rooms.open(room)}>
        {room.direct ? (
          <Avatar name={room.title} small />
        ) : (
          <span class="room-hash" aria-hidden="true">
            {room.facts.value.private ? <Icon name="lock" /> : '#'}
          </span>
        )}
        <span class="room-title">{state.titleOf(room)}</span>
        {room.facts.value.gone && <small>{t('rooms.gone')}</small>}
        {(!muted || room.mentionCount.value > 0) && <Badge room={room} />}
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

function Invitations() {
  const { state, rooms } = useClient();
  if (!state.invitations.value.length) return null;
  return (
    <section class="room-group" aria-label={t('invitations.title')}>
      <h2>{t('invitations.title')}</h2>
      <ul>
        {state.invitations.value.map(({ room, by }) => (
          <li key={room} class="invitation">
            <span class="room-title" title={room}>
              {room}
              <small>{t('invitations.by', { name: by })}</small>
            </span>
            <button type="button" class="primary" onClick={() => void rooms.visit(room)}>
              {t('invitations.enter')}
            </button>
            <IconButton icon="close" label={t('invitations.dismiss')} onClick={() => rooms.dismissInvitation(room)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function View(props: { icon: IconName; label: string; panel: 'mentions' | 'saved' }) {
  const { state } = useClient();
  const open = () => {
    state.drawer.value = false;
    state.togglePanel(props.panel);
  };
  return (
    <li>
      <button type="button" class="room-link" aria-pressed={state.panel.value === props.panel} onClick={open}>
        <span class="room-hash" aria-hidden="true">
          <Icon name={props.icon} />
        </span>
        <span class="room-title">{props.label}</span>
      </button>
    </li>
  );
}

function Me() {
  const { state } = useClient();
  const { name, account } = state.me.value;
  const quiet = state.settings.value.doNotDisturb;
  return (
    <button type="button" class="me" onClick={() => state.openDialog('settings')}>
      <Avatar name={name || '?'} />
      <span class="me-text">
        <b title={name}>{name}</b>
        <small>
          {state.away.value !== null ? t('me.away') : account ? t('me.account') : t('me.guest')}
          {quiet && ` · ${t('me.quiet')}`}
        </small>
      </span>
      <Icon name="gear" />
      <span class="out-of-sight">{t('settings.title')}</span>
    </button>
  );
}

export function Sidebar() {
  const { state } = useClient();
  const box = useRef<HTMLElement>(null);
  const list = state.rooms.value;
  const covers = state.narrow.value && state.drawer.value;
  useEffect(() => {
    if (!covers) return;
    box.current!.querySelector<HTMLElement>('.room-link[aria-current], .room-link')?.focus();
    return () => document.querySelector<HTMLElement>('.menu-button button')?.focus();
  }, [covers]);
  return (
    <nav ref={box} class="sidebar" id="sidebar" aria-label={t('rooms.label')}>
      <div class="brand">
        <Mark />
        <span>brusio</span>
        <IconButton icon="search" label={t('rooms.switch')} onClick={() => state.openDialog('switcher')} />
      </div>
      <div class="room-lists">
        <ul class="room-views">
          <View icon="at" label={t('mentions.title')} panel="mentions" />
          <View icon="bookmark" label={t('saved.title')} panel="saved" />
        </ul>
        <Invitations />
        <Group
          label={t('rooms.rooms')}
          list={list.filter((room) => !room.direct)}
          action={t('rooms.add')}
          onAction={() => state.openDialog('rooms')}
        />
        <Group
          label={t('rooms.direct')}
          list={list.filter((room) => room.direct)}
          action={t('rooms.add_direct')}
          onAction={() => state.openDialog('direct')}
        />
      </div>
      <button type="button" class="invite-people" onClick={() => state.openDialog('invite')}>
        <Icon name="link" /> {t('welcome.invite')}
      </button>
      <Me />
    </nav>
  );
}
