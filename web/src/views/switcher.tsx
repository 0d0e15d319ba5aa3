// Ctrl+K: to a room or a person, with the keyboard alone. It is not in a file of its own, so that
// what is typed right after the key goes into it.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { named, rank } from '../model/switcher.ts';
import type { Place } from '../model/switcher.ts';
import { fold } from '../model/names.ts';
import type { State } from '../app/state.ts';
import { useClient } from './here.ts';
import { Avatar, Modal } from './parts.tsx';
import { t, tn } from '../text.ts';

// My rooms and conversations, and everybody who is in one of my rooms.
function placesOf(state: State): Place[] {
  const places: Place[] = state.rooms.value.map((room) => ({
    name: room.name,
    title: state.titleOf(room),
    known: true,
    unread: room.unreadCount.value,
    mentions: room.mentionCount.value,
    opened: room.lastOpened,
  }));
  const known = new Set(places.map((place) => fold(place.name)));
  for (const room of state.rooms.value) {
    for (const { name } of room.members.value ?? []) {
      if (known.has(fold(`@${name}`))) continue;
      known.add(fold(`@${name}`));
      places.push({ name: `@${name}`, title: state.isMe(name) ? t('rooms.notes') : name, known: false, unread: 0, mentions: 0, opened: 0 });
    }
  }
  return places;
}

export function Switcher() {
  const { state, rooms } = useClient();
  const typed = useSignal('');
  // The name of what is marked: rooms that come meanwhile do not move it.
  const chosen = useSignal('');
  const list = useRef<HTMLUListElement>(null);
  const shown = rank(placesOf(state), typed.value, state.active.value?.name ?? '');
  const other = typed.value.trim() && !shown.length ? named(typed.value) : '';
  const names = other ? [other] : shown.map((place) => place.name);
  const at = Math.max(0, names.indexOf(chosen.value));

  const name = names[at] ?? '';
  useEffect(() => {
    chosen.value = name;
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [name, at]);

  const go = (to: string) => {
    if (!to) return;
    state.closeDialog();
    void rooms.visit(to);
  };
  const onKey = (event: KeyboardEvent) => {
    const { key } = event;
    const to = key === 'ArrowDown' ? at + 1 : key === 'ArrowUp' ? at - 1 : typed.value ? NaN : key === 'Home' ? 0 : key === 'End' ? -1 : NaN;
    if (Number.isNaN(to)) return;
    chosen.value = names.at(to % names.length) ?? '';
    event.preventDefault();
  };
  return (
    <Modal title={t('rooms.switch')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go(name);
        }}
      >
        <label class="out-of-sight" for="switch-to">
          {t('rooms.switch_hint')}
        </label>
        <input
          id="switch-to"
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="switch-list"
          aria-activedescendant={names.length ? `switch-${at}` : undefined}
          aria-autocomplete="list"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          autofocus
          placeholder={t('rooms.switch_hint')}
          onKeyDown={onKey}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            chosen.value = '';
          }}
        />
      </form>
      <ul ref={list} class="choices" id="switch-list" role="listbox" aria-label={t('rooms.switch')}>
        {names.map((one, n) => {
          const place = shown.find((other) => other.name === one);
          return (
            <li key={one} id={`switch-${n}`} class="choice" role="option" aria-selected={n === at} onClick={() => go(one)}>
              {one.startsWith('@') ? (
                <Avatar name={one.slice(1)} small />
              ) : (
                <span class="room-hash" aria-hidden="true">
                  #
                </span>
              )}
              <b>{place?.title ?? one.slice(1)}</b>
              {place && place.unread > 0 && <small>{tn('rooms.unread', place.unread)}</small>}
              {!place && <small>{t(one.startsWith('@') ? 'direct.title' : 'rooms.make_or_enter')}</small>}
            </li>
          );
        })}
      </ul>
      {!names.length && <p class="quiet">{t('search.nothing')}</p>}
    </Modal>
  );
}
