// The page, and the keys that work everywhere in it.

import { useEffect } from 'preact/hooks';
import { openRoom } from '../app/follow.ts';
import { active, dialog, drawer, narrow, openDialog, panel, phase, rooms, togglePanel } from '../app/state.ts';
import { Dialogs } from './dialogs.tsx';
import { Mark } from './icons.tsx';
import { Voices } from './parts.tsx';
import { People } from './people.tsx';
import { RoomView } from './room.tsx';
import { Search } from './search.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';
import { t } from '../text.ts';

function stepRoom(direction: number, unreadOnly: boolean): void {
  const list = rooms.value.filter((room) => room === active.value || !unreadOnly || room.unreadCount.value > 0);
  const at = active.value ? list.indexOf(active.value) : 0;
  const next = list[(at + direction + list.length) % list.length];
  if (next) openRoom(next);
}

// F6 goes round the parts of the page, as in other applications with panes.
function nextRegion(back: boolean): void {
  const regions = ['.sidebar .room-link[aria-current]', '.log', '#composer-text', '.panel input, .panel button']
    .map((selector) => document.querySelector<HTMLElement>(selector))
    .filter((element) => element !== null && element.offsetParent !== null) as HTMLElement[];
  const at = regions.findIndex((element) => (element.closest('nav, .log, .composer, .panel') ?? element).contains(document.activeElement));
  regions[(at + (back ? -1 : 1) + regions.length) % regions.length]?.focus();
}

function pageKey(event: KeyboardEvent): void {
  if (phase.value !== 'chat' || dialog.value !== 'none') return;
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey && event.key.toLowerCase() === 'k') openDialog('switcher');
  else if (command && event.key === '/') openDialog('help');
  else if (command && event.shiftKey && event.key.toLowerCase() === 'f') togglePanel('search');
  else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) stepRoom(event.key === 'ArrowUp' ? -1 : 1, event.shiftKey);
  else if (event.key === 'F6') nextRegion(event.shiftKey);
  else if (event.key === 'Escape' && drawer.value) drawer.value = false;
  else if (event.key === 'Escape' && panel.value !== 'none') {
    panel.value = 'none';
    document.getElementById('composer-text')?.focus();
  } else return;
  event.preventDefault();
}

function Chat() {
  const room = active.value;
  const open = drawer.value;
  return (
    <div class="chat" data-drawer={open} data-panel={panel.value !== 'none'}>
      <Sidebar />
      {open && <div class="veil" onClick={() => (drawer.value = false)} />}
      {room ? (
        <RoomView room={room} />
      ) : (
        <main class="nowhere">
          <Mark />
          <p>{t('rooms.none')}</p>
          <button type="button" class="primary" onClick={() => openDialog('rooms')}>
            {t('rooms.find')}
          </button>
        </main>
      )}
      {room && panel.value === 'people' && <People room={room} />}
      {room && panel.value === 'search' && <Search room={room} />}
    </div>
  );
}

export function App() {
  useEffect(() => {
    addEventListener('keydown', pageKey);
    const widened = () => (drawer.value = false);
    narrow.addEventListener('change', widened);
    return () => {
      removeEventListener('keydown', pageKey);
      narrow.removeEventListener('change', widened);
    };
  }, []);
  return (
    <>
      {phase.value === 'sign-in' && <SignIn />}
      {phase.value === 'chat' && <Chat />}
      <Dialogs />
      <Voices />
    </>
  );
}
