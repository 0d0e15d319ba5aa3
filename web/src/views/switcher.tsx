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
    title: room.title,
    known: true,
    unread: room.unreadCount.value,
    mentions: room.mentionCount.value,
    opened: room.lastOpened,
  }));
  const known = new Set(places.map((place) => fold(place.name)));
  known.add(fold(`@${state.me.value.name}`));
  for (const room of state.rooms.value) {
    for (const { name } of room.members.value ?? []) {
      if (known.has(fold(`@${name}`))) continue;
      known.add(fold(`@${name}`));
      places.push({ name: `@${name}`, title: name, known: false, unread: 0, mentions: 0, opened: 0 });
    }
  }
  return places;
}

export function Switcher() {
  const { state, rooms } = useClient();
  const typed = useSignal('');
  const chosen = useSignal(0);
  const list = useRef<HTMLUListElement>(null);
  const shown = rank(placesOf(state), typed.value, state.active.value?.name ?? '');
  const other = typed.value.trim() && !shown.length ? named(typed.value) : '';
  const names = other ? [other] : shown.map((place) => place.name);
  const at = Math.min(chosen.value, Math.max(0, names.length - 1));

  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: 'nearest' }), [at]);

  const go = (name: string | undefined) => {
    if (!name) return;
    state.closeDialog();
    void rooms.visit(name);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') chosen.value = (at + 1) % Math.max(1, names.length);
    else if (event.key === 'ArrowUp') chosen.value = (at + names.length - 1) % Math.max(1, names.length);
    else if (event.key === 'Home' && names.length && !typed.value) chosen.value = 0;
    else if (event.key === 'End' && names.length && !typed.value) chosen.value = names.length - 1;
    else return;
    event.preventDefault();
  };
  return (
    <Modal title={t('rooms.switch')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go(names[at]);
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
            chosen.value = 0;
          }}
        />
      </form>
      <ul ref={list} class="choices" id="switch-list" role="listbox" aria-label={t('rooms.switch')}>
        {names.map((name, n) => {
          const place = shown.find((one) => one.name === name);
          return (
            <li key={name} id={`switch-${n}`} class="choice" role="option" aria-selected={n === at} onClick={() => go(name)}>
              {name.startsWith('@') ? (
                <Avatar name={name.slice(1)} small />
              ) : (
                <span class="room-hash" aria-hidden="true">
                  #
                </span>
              )}
              <b>{place?.title ?? name.slice(1)}</b>
              {place && place.unread > 0 && <small>{tn('rooms.unread', place.unread)}</small>}
              {!place && <small>{t(name.startsWith('@') ? 'direct.title' : 'rooms.make_or_enter')}</small>}
            </li>
          );
        })}
      </ul>
      {!names.length && <p class="quiet">{t('search.nothing')}</p>}
    </Modal>
  );
}
