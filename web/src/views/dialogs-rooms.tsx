// Dialogs for finding: a room to enter or make, somebody to write to.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { asRoomName, compareNames, fold, isRoomName, isUserName, sameName } from '../model/names.ts';
import type { RoomInfo } from '../model/protocol.ts';
import { useClient } from './here.ts';
import { Avatar, Modal, Problem } from './parts.tsx';
import { t, tn } from '../text.ts';

export function RoomsDialog() {
  const { state, rooms } = useClient();
  const typed = useSignal('');
  const list = useSignal<RoomInfo[] | null>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    void rooms.list().then((answer) => {
      if (answer.ok) list.value = answer.value.filter((room) => room.room.startsWith('#'));
      else problem.value = answer.text;
    });
  }, []);
  const name = typed.value.trim() ? asRoomName(typed.value) : '';
  const shown = (list.value ?? [])
    .filter((room) => fold(room.room).includes(fold(typed.value.trim().replace(/^#/, ''))))
    .sort((a, b) => b.count - a.count || compareNames(a.room, b.room));
  const exists = list.value?.some((room) => sameName(room.room, name)) ?? false;
  const go = async (to: string) => {
    const answer = await rooms.enter(to);
    if (answer.ok) state.closeDialog();
    else problem.value = answer.text;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!name) return;
    if (isRoomName(name)) void go(name);
    else problem.value = t('error.room_name');
  };
  return (
    <Modal title={t('rooms.find')}>
      <form onSubmit={submit}>
        <label for="room-name">{t('rooms.name')}</label>
        <input
          id="room-name"
          type="text"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={64}
          autofocus
          placeholder="#"
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            problem.value = null;
          }}
        />
        <Problem text={problem.value} />
        {name && !exists && (
          <button type="submit" class="primary">
            {t('rooms.make', { room: name })}
          </button>
        )}
      </form>
      <ul class="choices" tabIndex={0} aria-label={t('rooms.rooms')} aria-busy={list.value === null}>
        {shown.map((room) => (
          <li key={room.room}>
            <button type="button" title={room.room} onClick={() => void go(room.room)}>
              <b>{room.room}</b>
              <small>
                {state.findRoom(room.room) && `${t('rooms.inside')} · `}
                {tn('people.count', room.count)}
              </small>
              {room.topic && <span class="choice-topic">{room.topic}</span>}
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

export function DirectDialog() {
  const { state, rooms } = useClient();
  const typed = useSignal('');
  const problem = useSignal<string | null>(null);
  const names = new Set<string>();
  for (const room of state.rooms.value) for (const member of room.members.value ?? []) names.add(member.name);
  const me = state.me.value.name;
  names.delete(me);
  const matching = [...names].filter((name) => fold(name).includes(fold(typed.value))).sort(compareNames);
  const titleOf = (name: string) => (name === me ? t('rooms.notes') : state.shownName(name));
  const shown = [me, ...matching].filter((name) => name !== me || fold(`${me} ${titleOf(me)}`).includes(fold(typed.value)));
  const go = async (name: string) => {
    const answer = await rooms.enter(`@${name}`);
    if (answer.ok) state.closeDialog();
    else problem.value = answer.text;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const name = typed.value.trim().replace(/^@/, '');
    if (isUserName(name)) void go(name);
    else problem.value = t('error.name');
  };
  return (
    <Modal title={t('direct.title')}>
      <form onSubmit={submit}>
        <label for="direct-name">{t('direct.name')}</label>
        <input
          id="direct-name"
          type="text"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={64}
          autofocus
          onInput={(event) => {
            typed.value = event.currentTarget.value.trim();
            problem.value = null;
          }}
        />
        <Problem text={problem.value} />
      </form>
      <ul class="choices" tabIndex={0} aria-label={t('people.title')}>
        {shown.map((name) => (
          <li key={name}>
            <button type="button" class="choice-person" title={name} onClick={() => void go(name)}>
              <Avatar name={name} small />
              <b>{titleOf(name)}</b>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
