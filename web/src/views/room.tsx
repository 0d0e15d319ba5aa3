// The middle of the page: the room's head, its log, and the composer.

import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Room } from '../app/room.ts';
import { Composer } from './composer.tsx';
import { useClient } from './here.ts';
import { Icon } from './icons.tsx';
import { LogList } from './log.tsx';
import { GuestMark, IconButton } from './parts.tsx';
import { number, t, tn } from '../text.ts';

// A loss that is over at once is not worth a word.
const PATIENCE_MS = 1_200;
// Somebody who does something is not kept waiting by the pause between two tries.
const TRY_MS = 1_000;

function LineState() {
  const { state, line, session } = useClient();
  const { state: lineState, retryAt } = state.line.value;
  const now = useSignal(Date.now());
  const since = useSignal(0);
  const lost = lineState !== 'online';
  useEffect(() => {
    if (!lost) {
      since.value = 0;
      return;
    }
    if (!since.value) since.value = Date.now();
    const timer = setInterval(() => (now.value = Date.now()), 500);
    let tried = 0;
    const busy = () => {
      if (Date.now() - tried < TRY_MS) return;
      tried = Date.now();
      line.current?.retryNow();
    };
    const kinds = ['keydown', 'pointerdown'];
    for (const kind of kinds) addEventListener(kind, busy, true);
    return () => {
      clearInterval(timer);
      for (const kind of kinds) removeEventListener(kind, busy, true);
    };
  }, [lost]);
  if (state.stopped.value) {
    return (
      <div class="line-state" data-state="stopped">
        <span>{state.stopped.value}</span>
        <button type="button" class="link-button" onClick={() => session.connect()}>
          {t('line.here')}
        </button>
      </div>
    );
  }
  if (!lost || now.value - since.value < PATIENCE_MS) return null;
  const seconds = Math.max(0, Math.ceil((retryAt - now.value) / 1000));
  return (
    <div class="line-state" data-state={lineState}>
      <span>
        {t('line.offline')} {lineState === 'waiting' && seconds > 0 ? tn('line.retry_in', seconds) : t('line.trying')}
      </span>
      {lineState === 'waiting' && seconds > 1 && (
        <button type="button" class="link-button" onClick={() => line.current?.retryNow()}>
          {t('line.retry_now')}
        </button>
      )}
    </div>
  );
}

function MenuButton({ room }: { room: Room }) {
  const { state } = useClient();
  const others = state.totals.value.unread - room.unreadCount.value;
  return (
    <span class="menu-button">
      <button
        type="button"
        class="icon-button"
        aria-label={others > 0 ? tn('rooms.menu_unread', others) : t('rooms.menu')}
        aria-expanded={state.drawer.value}
        aria-controls="sidebar"
        onClick={() => (state.drawer.value = !state.drawer.value)}
      >
        <Icon name="menu" />
      </button>
      {others > 0 && <span class="unread-dot" aria-hidden="true" />}
    </span>
  );
}

// In a conversation: whether the other one is here.
function Presence({ room }: { room: Room }) {
  const member = room.members.value?.find((other) => other.name.toLowerCase() === room.title.toLowerCase());
  if (!member) return null;
  const kind = !member.online ? 'offline' : member.away ? 'away' : 'online';
  const said = typeof member.away === 'string' ? ` · ${member.away}` : '';
  return (
    <p class="topic">
      <span class={`presence presence-${kind}`} aria-hidden="true" /> {t(`people.${kind}`)}
      {said} {member.guest && <GuestMark />}
    </p>
  );
}

function Head({ room }: { room: Room }) {
  const { state } = useClient();
  const topic = room.topic.value;
  const { private: isPrivate } = room.facts.value;
  const isNotes = state.isNotes(room);
  return (
    <header class="room-head">
      <MenuButton room={room} />
      <div class="room-about">
        <h1 title={room.name}>
          {!isNotes && (
            <span class="room-hash" aria-hidden="true">
              {room.name[0]}
            </span>
          )}
          {isNotes ? state.titleOf(room) : room.title}
          {isPrivate && !room.direct && (
            <span class="room-lock" title={t('room.is_private')}>
              <Icon name="lock" />
              <span class="out-of-sight">{t('room.is_private')}</span>
            </span>
          )}
        </h1>
        {room.direct && !isNotes && <Presence room={room} />}
        {topic && (
          <p class="topic" title={topic}>
            {topic}
          </p>
        )}
      </div>
      {!room.direct && (
        <IconButton
          icon="people"
          label={tn('people.count', room.count.value)}
          text={number(room.count.value)}
          pressed={state.panel.value === 'people'}
          onClick={() => state.togglePanel('people')}
        />
      )}
      <IconButton icon="search" label={t('search.title')} pressed={state.panel.value === 'search'} onClick={() => state.togglePanel('search')} />
      <IconButton icon="more" label={t('room.more', { room: room.name })} onClick={() => state.openDialog('room')} />
    </header>
  );
}

function Closed({ room, why }: { room: Room; why: string }) {
  const { rooms, state } = useClient();
  const remove = async () => {
    const result = await rooms.leave(room);
    if (!result.ok) state.say(result.text, 'problem');
  };
  return (
    <div class="room-refusal">
      <p>{why}</p>
      <button type="button" class="secondary" onClick={() => void rooms.visit(room.name)}>
        {t('room.try_again')}
      </button>
      <button type="button" class="secondary" onClick={() => void remove()}>
        {t('room.remove')}
      </button>
    </div>
  );
}

function Bottom({ room }: { room: Room }) {
  const { state } = useClient();
  const now = room.state.value;
  if (now.kind === 'closed') return <Closed room={room} why={now.why} />;
  const silence = state.silenceIn(room);
  const why = silence ? <p class="room-silence">{t(`silence.${silence}`, { name: room.title })}</p> : null;
  if (silence === 'gone') return <div class="room-refusal">{why}</div>;
  return (
    <>
      {why}
      <Composer key={room.name} room={room} />
    </>
  );
}

export function RoomView({ room }: { room: Room }) {
  const client = useClient();
  return (
    <main class="room" aria-label={room.name} inert={client.state.narrow.value && client.state.drawer.value}>
      <Head room={room} />
      <LineState />
      <LogList client={client} room={room} version={room.version.value} target={room.target.value} />
      <Bottom room={room} />
    </main>
  );
}
