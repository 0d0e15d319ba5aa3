// The middle of the page: the room's head, its log, and the composer.

import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { enterRoom, leaveRoom } from '../app/follow.ts';
import { currentConnection } from '../app/line.ts';
import type { Room } from '../app/room.ts';
import { drawer, line, openDialog, panel, togglePanel, totals } from '../app/state.ts';
import { Composer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { LogList } from './log.tsx';
import { IconButton } from './parts.tsx';
import { t, tn } from '../text.ts';

// A loss that is over at once is not worth a word.
const PATIENCE_MS = 1_200;

function LineState() {
  const { state, retryAt } = line.value;
  const now = useSignal(Date.now());
  const since = useSignal(0);
  const lost = state !== 'online';
  useEffect(() => {
    if (!lost) {
      since.value = 0;
      return;
    }
    if (!since.value) since.value = Date.now();
    const timer = setInterval(() => (now.value = Date.now()), 500);
    return () => clearInterval(timer);
  }, [lost]);
  if (!lost || now.value - since.value < PATIENCE_MS) return null;
  const seconds = Math.max(0, Math.ceil((retryAt - now.value) / 1000));
  return (
    <div class="line-state" data-state={state}>
      <span>
        {t('line.offline')} {state === 'waiting' && seconds > 0 ? tn('line.retry_in', seconds) : t('line.trying')}
      </span>
      {state === 'waiting' && seconds > 1 && (
        <button type="button" class="link-button" onClick={() => currentConnection()?.retryNow()}>
          {t('line.retry_now')}
        </button>
      )}
    </div>
  );
}

function Head({ room }: { room: Room }) {
  const topic = room.topic.value;
  const others = totals.value.unread - room.unreadCount.value;
  const open = drawer.value;
  return (
    <header class="room-head">
      <span class="menu-button">
        <button
          type="button"
          class="icon-button"
          aria-label={others > 0 ? tn('rooms.menu_unread', others) : t('rooms.menu')}
          aria-expanded={open}
          aria-controls="sidebar"
          onClick={() => (drawer.value = !open)}
        >
          <Icon name="menu" />
        </button>
        {others > 0 && <span class="dot" aria-hidden="true" />}
      </span>
      <div class="room-about">
        <h1>
          <span class="hash" aria-hidden="true">
            {room.name[0]}
          </span>
          {room.title}
        </h1>
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
          text={String(room.count.value)}
          pressed={panel.value === 'people'}
          onClick={() => togglePanel('people')}
        />
      )}
      <IconButton icon="search" label={t('search.title')} pressed={panel.value === 'search'} onClick={() => togglePanel('search')} />
      <IconButton icon="more" label={t('room.more', { room: room.name })} onClick={() => openDialog('room')} />
    </header>
  );
}

function Closed({ room }: { room: Room }) {
  return (
    <div class="closed">
      <p>{room.trouble.value}</p>
      <button type="button" class="secondary" onClick={() => void enterRoom(room.name)}>
        {t('room.try_again')}
      </button>
      <button type="button" class="secondary" onClick={() => void leaveRoom(room)}>
        {t('room.remove')}
      </button>
    </div>
  );
}

export function RoomView({ room }: { room: Room }) {
  return (
    <main class="room" aria-label={room.name}>
      <Head room={room} />
      <LineState />
      <LogList room={room} version={room.version.value} target={room.target.value} />
      {room.trouble.value ? <Closed room={room} /> : <Composer key={room.name} room={room} />}
    </main>
  );
}
