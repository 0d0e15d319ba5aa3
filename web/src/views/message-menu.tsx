// More that can be done with a message, behind the last button of its actions.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { addressOf } from '../model/address.ts';
import type { Message } from '../model/roomlog.ts';
import type { Client } from '../app/client.ts';
import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
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

function itemsFor(client: Client, room: Room, message: Message): Item[] {
  const { state, saved, reading } = client;
  const { seq, text } = message;
  return [
    { key: 'thread.open', act: () => state.openThread(message.replyTo ?? seq) },
    { key: saved.has(room, seq) ? 'saved.remove' : 'saved.add', act: () => saved.toggle(room, message) },
    { key: 'log.copy_link', act: () => void copy(client, `${location.origin}/${addressOf(room.name, seq)}`) },
    { key: 'log.copy_text', act: () => void copy(client, text) },
    { key: 'log.mark_unread', act: () => reading.markUnread(room, seq) },
  ];
}

export function MessageMenu({ room, message }: { room: Room; message: Message }) {
  const client = useClient();
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
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
  const onKey = (event: KeyboardEvent) => {
    const buttons = [...box.current!.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'ArrowDown') buttons[(at + 1) % buttons.length]?.focus();
    else if (event.key === 'ArrowUp') buttons[(at + buttons.length - 1) % buttons.length]?.focus();
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu-anchor">
      <IconButton icon="more" label={t('log.more')} expanded={open.value} onClick={() => (open.value = !open.value)} />
      {open.value && (
        <div ref={box} class="menu" role="menu" aria-label={t('log.more')} onKeyDown={onKey}>
          {itemsFor(client, room, message).map(({ key, act }) => (
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
