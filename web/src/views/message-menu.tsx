// More that can be done with a message, behind the last button of its actions.

import { batch, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { addressOf } from '../model/address.ts';
import type { Message } from '../model/roomlog.ts';
import type { Client } from '../app/client.ts';
import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { menuKey } from './menu-key.ts';
import { IconButton, copyText } from './parts.tsx';
import { t } from '../text.ts';

interface Item {
  key: string;
  act(): void;
}

async function copy({ state }: Client, text: string): Promise<void> {
  const copied = await copyText(text);
  state.say(t(copied ? 'copied' : 'copy_failed'), copied ? 'info' : 'problem');
}

async function pin({ line, state }: Client, room: Room, target: number, on: boolean): Promise<void> {
  const answer = await line.order({ op: 'pin', room: room.name, target, on });
  if (!answer.ok) state.say(answer.text, 'problem');
}

function openEdits({ state }: Client, seq: number): void {
  batch(() => {
    state.thread.value = seq;
    state.panel.value = 'edits';
  });
}

function itemsFor(client: Client, room: Room, message: Message, pinned: boolean): Item[] {
  const { state, saved, reading } = client;
  const { seq, text } = message;
  return [
    { key: 'thread.open', act: () => state.openThread(message.replyTo ?? seq) },
    ...(message.edited && room.facts.value.keep_edits ? [{ key: 'edits.open', act: () => openEdits(client, seq) }] : []),
    { key: saved.has(room, seq) ? 'saved.remove' : 'saved.add', act: () => saved.toggle(room, message) },
    ...(state.mayModerate(room) ? [{ key: pinned ? 'pins.remove' : 'pins.add', act: () => void pin(client, room, seq, !pinned) }] : []),
    { key: 'log.copy_link', act: () => void copy(client, `${location.origin}/${addressOf(room.name, seq)}`) },
    { key: 'log.copy_text', act: () => void copy(client, text) },
    { key: 'log.mark_unread', act: () => reading.markUnread(room, seq) },
  ];
}

export function MessageMenu({ room, message }: { room: Room; message: Message }) {
  const client = useClient();
  const open = useSignal(false);
  const pinned = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    if (client.state.mayModerate(room)) {
      void client.line.request<{ pins: { target: number }[] }>({ op: 'pins', room: room.name }).then((answer) => {
        if (answer.ok) pinned.value = answer.value.pins.some(({ target }) => target === message.seq);
      });
    }
    const menu = box.current!;
    const log = menu.closest('.log-frame');
    const below = log ? log.getBoundingClientRect().bottom - menu.parentElement!.getBoundingClientRect().bottom : Infinity;
    menu.classList.toggle('menu-up', below < menu.offsetHeight + 8);
    menu.querySelector('button')?.focus();
    const away = (event: Event) => {
      if (!menu.parentElement!.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open.value]);

  const close = () => {
    open.value = false;
    box.current?.closest<HTMLElement>('.row')?.focus({ preventScroll: true });
  };
  const onKey = (event: KeyboardEvent) => menuKey(event, box.current!.querySelectorAll('button'), close);
  return (
    <div class="menu-anchor">
      <IconButton icon="more" label={t('log.more')} expanded={open.value} onClick={() => (open.value = !open.value)} />
      {open.value && (
        <div ref={box} class="menu" role="menu" aria-label={t('log.more')} onKeyDown={onKey}>
          {itemsFor(client, room, message, pinned.value).map(({ key, act }) => (
            <button
              key={key}
              type="button"
              role="menuitem"
              onClick={() => {
                close();
                act();
              }}
            >
              {t(key)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
