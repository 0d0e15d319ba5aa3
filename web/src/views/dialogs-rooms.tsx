// Dialogs about rooms and people: finding, joining, making, settings, moderation.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { enterRoom, leaveRoom, listRooms, setTopic } from '../app/follow.ts';
import { attempt, refusalText } from '../app/line.ts';
import { active, closeDialog, findRoom, mayModerate, me, myRole, openDialog, person, rooms, say } from '../app/state.ts';
import { parseSanction } from '../model/commands.ts';
import { asRoomName, fold, isRoomName, isUserName, sameName } from '../model/names.ts';
import type { RoomInfo } from '../model/protocol.ts';
import { Avatar, Modal, Problem } from './parts.tsx';
import { t, tn } from '../text.ts';

async function go(name: string): Promise<void> {
  closeDialog();
  await enterRoom(name);
}

export function RoomsDialog() {
  const typed = useSignal('');
  const list = useSignal<RoomInfo[]>([]);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    listRooms().then(
      (found) => (list.value = found.filter((room) => room.room.startsWith('#'))),
      (error: unknown) => (problem.value = refusalText(error)),
    );
  }, []);
  const name = typed.value.trim() ? asRoomName(typed.value) : '';
  const shown = list.value
    .filter((room) => fold(room.room).includes(fold(typed.value.trim().replace(/^#/, ''))))
    .sort((a, b) => b.count - a.count || a.room.localeCompare(b.room));
  const exists = list.value.some((room) => sameName(room.room, name));
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
      <ul class="choices" tabIndex={0} aria-label={t('rooms.rooms')}>
        {shown.map((room) => (
          <li key={room.room}>
            <button type="button" onClick={() => void go(room.room)}>
              <b>{room.room}</b>
              <small>{tn('people.count', room.count)}</small>
              {room.topic && <span class="choice-topic">{room.topic}</span>}
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

export function DirectDialog() {
  const typed = useSignal('');
  const problem = useSignal<string | null>(null);
  const names = new Set<string>();
  for (const room of rooms.value) for (const member of room.members.value ?? []) names.add(member.name);
  names.delete(me.value.name);
  const shown = [...names].filter((name) => fold(name).includes(fold(typed.value))).sort((a, b) => a.localeCompare(b));
  const submit = (event: Event) => {
    event.preventDefault();
    const name = typed.value.trim().replace(/^@/, '');
    if (isUserName(name)) void go(`@${name}`);
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
          onInput={(event) => (typed.value = event.currentTarget.value.trim())}
        />
        <Problem text={problem.value} />
      </form>
      <ul class="choices" tabIndex={0} aria-label={t('people.title')}>
        {shown.map((name) => (
          <li key={name}>
            <button type="button" class="choice-person" onClick={() => void go(`@${name}`)}>
              <Avatar name={name} small />
              <b>{name}</b>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

export function SwitcherDialog() {
  const typed = useSignal('');
  const what = fold(typed.value.trim().replace(/^[#@]/, ''));
  const score = (name: string) => (fold(name.slice(1)).startsWith(what) ? 0 : 1);
  const shown = rooms.value
    .filter((room) => fold(room.title).includes(what))
    .sort((a, b) => score(a.name) - score(b.name) || b.mentionCount.value - a.mentionCount.value || b.unreadCount.value - a.unreadCount.value)
    .slice(0, 12);
  const submit = (event: Event) => {
    event.preventDefault();
    if (shown[0]) return void go(shown[0].name);
    const name = typed.value.startsWith('@') ? typed.value : asRoomName(typed.value);
    if (isRoomName(name) || isUserName(name.slice(1))) void go(name);
  };
  return (
    <Modal title={t('rooms.switch')}>
      <form onSubmit={submit}>
        <label class="out-of-sight" for="switch-to">
          {t('rooms.name')}
        </label>
        <input
          id="switch-to"
          type="text"
          autocomplete="off"
          autofocus
          placeholder={t('rooms.switch_hint')}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </form>
      <ul class="choices" tabIndex={0} aria-label={t('rooms.rooms')}>
        {shown.map((room) => (
          <li key={room.name}>
            <button type="button" onClick={() => void go(room.name)}>
              <b>{room.name}</b>
              {room.unreadCount.value > 0 && <small>{tn('rooms.unread', room.unreadCount.value)}</small>}
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function Invite({ room }: { room: string }) {
  const name = useRef<HTMLInputElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const typed = name.current!.value.trim().replace(/^@/, '');
    if (!typed || !(await attempt({ op: 'invite', room, name: typed }))) return;
    say(t('room.invited', { name: typed, room }));
    name.current!.value = '';
  };
  return (
    <form class="field-row" onSubmit={submit}>
      <label for="invite">{t('room.invite')}</label>
      <input ref={name} id="invite" type="text" autocomplete="off" maxLength={64} />
      <button type="submit" class="secondary">
        {t('room.invite_go')}
      </button>
    </form>
  );
}

function Keeping({ room }: { room: string }) {
  const days = useRef<HTMLInputElement>(null);
  const set = async (change: Record<string, unknown>) => {
    if (await attempt({ op: 'set', room, ...change })) say(t('room.changed', { room }));
  };
  return (
    <>
      <div class="field-row">
        <span class="field-label" id="who-may">
          {t('room.who_may')}
        </span>
        <button type="button" class="secondary" onClick={() => void set({ private: false })}>
          {t('room.public')}
        </button>
        <button type="button" class="secondary" onClick={() => void set({ private: true })}>
          {t('room.private')}
        </button>
      </div>
      <form
        class="field-row"
        onSubmit={(event) => {
          event.preventDefault();
          void set({ retention_days: Number(days.current!.value) || 0 });
        }}
      >
        <label for="retention">{t('room.retention')}</label>
        <input ref={days} id="retention" type="number" min={0} max={36500} defaultValue={0} inputMode="numeric" />
        <button type="submit" class="secondary">
          {t('room.set')}
        </button>
      </form>
    </>
  );
}

export function RoomDialog() {
  const room = active.value;
  const topic = useRef<HTMLInputElement>(null);
  if (!room) return null;
  const submitTopic = async (event: Event) => {
    event.preventDefault();
    if (await setTopic(room, topic.current!.value.trim())) closeDialog();
  };
  return (
    <Modal title={room.name}>
      {!room.direct && (
        <form class="field-row" onSubmit={submitTopic}>
          <label for="topic">{t('room.topic')}</label>
          <input ref={topic} id="topic" type="text" autocomplete="off" maxLength={250} defaultValue={room.topic.value} />
          <button type="submit" class="secondary">
            {t('room.set')}
          </button>
        </form>
      )}
      {mayModerate(room) && <Invite room={room.name} />}
      {['owner'].includes(myRole(room)) && !room.direct && <Keeping room={room.name} />}
      <div class="modal-buttons modal-buttons-start">
        <button type="button" class="secondary" onClick={() => openDialog('date')}>
          {t('date.title')}
        </button>
        <button
          type="button"
          class="secondary danger"
          onClick={() => {
            closeDialog();
            void leaveRoom(room);
          }}
        >
          {t('room.leave')}
        </button>
      </div>
    </Modal>
  );
}

const durations = ['10m', '1h', '1d', '1w', ''];

function Moderation({ name, room }: { name: string; room: string }) {
  const reason = useRef<HTMLInputElement>(null);
  const duration = useRef<HTMLSelectElement>(null);
  const member = findRoom(room)?.members.value?.find((other) => sameName(other.name, name));
  const act = async (op: string) => {
    const timed = op === 'ban' || op === 'mute';
    const words = [name, ...(timed && duration.current!.value ? [duration.current!.value] : []), ...reason.current!.value.split(/\s+/).filter(Boolean)];
    if (!(await attempt({ op, room, ...parseSanction(words) }))) return;
    say(t('person.done', { name }));
    closeDialog();
  };
  const setRole = async (role: string) => {
    if (await attempt({ op: 'role', room, name, role })) say(t('person.done', { name }));
  };
  const role = myRole(findRoom(room)!);
  return (
    <section class="moderation">
      <h3>{t('person.moderation', { room })}</h3>
      <label for="reason">{t('person.reason')}</label>
      <input ref={reason} id="reason" type="text" autocomplete="off" maxLength={120} />
      <label for="duration">{t('person.duration')}</label>
      <select ref={duration} id="duration">
        {durations.map((value) => (
          <option key={value} value={value}>
            {t(`duration.${value || 'ever'}`)}
          </option>
        ))}
      </select>
      <div class="modal-buttons modal-buttons-start">
        {['kick', 'mute', 'unmute', 'ban', 'unban'].map((op) => (
          <button key={op} type="button" class={`secondary ${op === 'ban' || op === 'kick' ? 'danger' : ''}`} onClick={() => void act(op)}>
            {t(`person.${op}`)}
          </button>
        ))}
      </div>
      {role === 'owner' && (
        <>
          <label for="role">{t('person.role')}</label>
          <select id="role" value={member?.role ?? 'member'} onChange={(event) => void setRole(event.currentTarget.value)}>
            {['member', 'moderator', 'owner'].map((value) => (
              <option key={value} value={value}>
                {t(`role.${value}`)}
              </option>
            ))}
          </select>
        </>
      )}
    </section>
  );
}

export function PersonDialog() {
  const name = person.value;
  const room = active.value;
  const itIsMe = sameName(name, me.value.name);
  const member = room?.members.value?.find((other) => sameName(other.name, name));
  const state = !member?.online ? 'offline' : member.away ? 'away' : 'online';
  const block = async (op: string) => {
    if (await attempt({ op, name })) say(t('person.done', { name }));
  };
  return (
    <Modal title={name}>
      <p class="quiet">
        {member ? `${t(`role.${member.role}`)} · ${t(`people.${state}`)}` : t('person.elsewhere')}
        {typeof member?.away === 'string' && ` · ${member.away}`}
      </p>
      {!itIsMe && (
        <div class="modal-buttons modal-buttons-start">
          <button type="button" class="primary" autofocus onClick={() => void go(`@${name}`)}>
            {t('person.message')}
          </button>
          {['block', 'unblock'].map((op) => (
            <button key={op} type="button" class="secondary" onClick={() => void block(op)}>
              {t(`person.${op}`)}
            </button>
          ))}
        </div>
      )}
      {!itIsMe && room && mayModerate(room) && <Moderation name={name} room={room.name} />}
    </Modal>
  );
}
