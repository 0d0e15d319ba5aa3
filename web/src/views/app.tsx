// The page, and the keys that work everywhere in it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Client } from '../app/client.ts';
import { useClient } from './here.ts';
import { Mark } from './icons.tsx';
import { Dialogs, EmojiPicker, Invited, Panels, loadLater } from './lazy.tsx';
import { Voices } from './parts.tsx';
import { RoomView } from './room.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';
import { Switcher } from './switcher.tsx';
import { loadEmoji } from '../model/emoji.ts';
import { t } from '../text.ts';

const PREFETCH_MS = 200;

// The later views are fetched once the page stands, so that no key press waits for them.
function prefetch(client: Client): void {
  const { commands, state } = client;
  for (const load of [loadEmoji, () => loadLater().then((later) => void later.lookForComing(client)), () => commands.load()])
    load().then(
      () => state.parts.value++,
      () => undefined,
    );
}

function stepRoom({ state, rooms }: Client, direction: number, unreadOnly: boolean): void {
  const list = state.rooms.value.filter((room) => room === state.active.value || !unreadOnly || room.unreadCount.value > 0);
  const at = state.active.value ? list.indexOf(state.active.value) : 0;
  const next = list[(at + direction + list.length) % list.length];
  if (next) rooms.open(next);
}

// F6 goes round the parts of the page, as in other applications with panes.
function nextRegion(back: boolean): void {
  const regions = ['.sidebar .room-link[aria-current]', '.log', '#composer-text', '.panel input, .panel button']
    .map((selector) => document.querySelector<HTMLElement>(selector))
    .filter((element) => element !== null && element.offsetParent !== null) as HTMLElement[];
  const at = regions.findIndex((element) => (element.closest('nav, .log, .composer, .panel') ?? element).contains(document.activeElement));
  regions[(at + (back ? -1 : 1) + regions.length) % regions.length]?.focus();
}

function closeTop({ state }: Client): boolean {
  if (state.drawer.value) state.drawer.value = false;
  else if (state.panel.value !== 'none') {
    state.panel.value = 'none';
    document.getElementById('composer-text')?.focus();
  } else return false;
  return true;
}

function pageKey(client: Client, event: KeyboardEvent): boolean {
  const { state } = client;
  if (state.phase.value !== 'chat' || state.dialog.value !== 'none' || state.picker.value) return false;
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && !event.altKey && !event.shiftKey && key === 'k') state.openDialog('switcher');
  else if (command && event.key === '/') state.openDialog('help');
  else if (command && event.shiftKey && key === 'f') state.togglePanel('search');
  else if (command && event.shiftKey && key === 'm') state.togglePanel('mentions');
  else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    stepRoom(client, event.key === 'ArrowUp' ? -1 : 1, event.shiftKey);
  } else if (event.key === 'F6') nextRegion(event.shiftKey);
  else return event.key === 'Escape' && closeTop(client);
  return true;
}

function Nowhere() {
  const { state } = useClient();
  return (
    <main class="nowhere">
      <Mark />
      <p>{t('rooms.none')}</p>
      <button type="button" class="primary" onClick={() => state.openDialog('rooms')}>
        {t('rooms.find')}
      </button>
    </main>
  );
}

function Chat() {
  const client = useClient();
  const { state } = client;
  const room = state.active.value;
  const open = state.drawer.value;
  const panel = room !== null && state.panel.value !== 'none';
  useEffect(() => {
    const timer = setTimeout(() => prefetch(client), PREFETCH_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="chat" data-drawer={open} data-panel={panel}>
      <Sidebar />
      {open && <div class="veil" onClick={() => (state.drawer.value = false)} />}
      {room ? <RoomView room={room} /> : <Nowhere />}
      {panel && <Panels />}
    </div>
  );
}

export function App() {
  const client = useClient();
  const { state } = client;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (pageKey(client, event)) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    const stop = state.narrow.subscribe(() => (state.drawer.value = false));
    return () => {
      removeEventListener('keydown', onKey);
      stop();
    };
  }, []);
  const dialog = state.dialog.value;
  const signsIn = useSignal(false);
  useEffect(() => state.link.subscribe(() => void (signsIn.value = false)), []);
  return (
    <>
      {state.phase.value === 'sign-in' && (state.link.value && !signsIn.value ? <Invited onOther={() => (signsIn.value = true)} /> : <SignIn />)}
      {state.phase.value === 'chat' && <Chat />}
      {dialog === 'switcher' && <Switcher />}
      {dialog !== 'none' && dialog !== 'switcher' && <Dialogs />}
      {state.picker.value && <EmojiPicker />}
      <Voices />
    </>
  );
}
