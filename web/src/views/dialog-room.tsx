// A room's description and rules, and those that I may change.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Level } from '../model/settings.ts';
import type { Room } from '../app/room.ts';
import type { Panel } from '../app/state.ts';
import { Bans } from './dialog-moderation.tsx';
import { useClient } from './here.ts';
import { Modal, Problem } from './parts.tsx';
import { t, tn } from '../text.ts';

const DAYS_MAX = 36_500;

function Topic({ room, onProblem }: { room: Room; onProblem: (text: string | null) => void }) {
  const { state, rooms } = useClient();
  const topic = useRef<HTMLInputElement>(null);
  const locked = room.facts.value.topic_locked && !state.mayModerate(room);
  const submit = async (event: Event) => {
    event.preventDefault();
    const result = await rooms.setTopic(room, topic.current!.value.trim());
    onProblem(result.ok ? null : result.text);
    if (result.ok) state.say(t('room.changed', { room: room.name }));
  };
  return (
    <form class="field-row" onSubmit={submit}>
      <label for="topic">{t('room.topic')}</label>
      <input ref={topic} id="topic" type="text" autocomplete="off" maxLength={250} defaultValue={room.topic.value} disabled={locked} />
      <button type="submit" class="secondary" disabled={locked}>
        {t('room.set')}
      </button>
    </form>
  );
}

function Invite({ room, onProblem }: { room: string; onProblem: (text: string | null) => void }) {
  const { line, state } = useClient();
  const name = useRef<HTMLInputElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const typed = name.current!.value.trim().replace(/^@/, '');
    if (!typed) return;
    const result = await line.order({ op: 'invite', room, name: typed });
    onProblem(result.ok ? null : result.text);
    if (!result.ok) return;
    state.say(t('room.invited', { name: typed, room }));
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

function Switch(props: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={props.on} onChange={(event) => props.onChange(event.currentTarget.checked)} /> {props.label}
    </label>
  );
}

// Asked before what cannot be taken back.
function Ask(props: { text: string; action: string; onYes: () => void }) {
  return (
    <div class="dialog-ask">
      <p>{props.text}</p>
      <button type="button" class="secondary danger" onClick={props.onYes}>
        {props.action}
      </button>
    </div>
  );
}

// The owner's settings. A room that becomes public shows what was said in it; one that no longer keeps what edits
// replace loses what it has kept.
function Keeping({ room, onProblem }: { room: Room; onProblem: (text: string | null) => void }) {
  const { line, state } = useClient();
  const days = useRef<HTMLInputElement>(null);
  const asking = useSignal<'private' | 'keep_edits' | null>(null);
  const facts = room.facts.value;
  const set = async (change: Partial<typeof facts>) => {
    const result = await line.order({ op: 'set', room: room.name, ...change });
    onProblem(result.ok ? null : result.text);
    if (!result.ok) return;
    room.learn(change);
    state.say(t('room.changed', { room: room.name }));
  };
  const turn = (key: 'private' | 'keep_edits', on: boolean) => {
    asking.value = on ? null : key;
    if (on) void set({ [key]: true });
  };
  const end = (key: 'private' | 'keep_edits') => {
    asking.value = null;
    void set({ [key]: false });
  };
  const submitDays = (event: Event) => {
    event.preventDefault();
    const typed = Number(days.current!.value);
    if (Number.isInteger(typed) && typed >= 0 && typed <= DAYS_MAX) void set({ retention_days: typed });
    else onProblem(t('error.days', { max: DAYS_MAX }));
  };
  return (
    <>
      <Switch
        label={t('room.private_label')}
        on={facts.private}
        onChange={(on) => turn('private', on)}
      />
      {asking.value === 'private' && facts.private && (
        <Ask text={t('room.public_warning')} action={t('room.make_public')} onYes={() => end('private')} />
      )}
      <Switch label={t('room.read_only')} on={facts.read_only} onChange={(on) => void set({ read_only: on })} />
      <Switch label={t('room.topic_locked')} on={facts.topic_locked} onChange={(on) => void set({ topic_locked: on })} />
      <Switch label={t('room.keep_edits')} on={facts.keep_edits} onChange={(on) => turn('keep_edits', on)} />
      {asking.value === 'keep_edits' && facts.keep_edits && (
        <Ask text={t('room.drop_edits_warning')} action={t('room.drop_edits')} onYes={() => end('keep_edits')} />
      )}
      <form class="field-row" onSubmit={submitDays}>
        <label for="retention">{t('room.retention')}</label>
        <input ref={days} id="retention" type="number" min={0} max={DAYS_MAX} defaultValue={facts.retention_days} inputMode="numeric" />
        <button type="submit" class="secondary">
          {t('room.set')}
        </button>
      </form>
    </>
  );
}

function Facts({ room }: { room: Room }) {
  const { state } = useClient();
  const { private: isPrivate, retention_days: days, read_only: readOnly } = room.facts.value;
  const said = [t(isPrivate ? 'room.is_private' : 'room.is_public'), days ? tn('room.kept_days', days) : t('room.kept_ever')];
  if (readOnly) said.push(t('room.is_read_only'));
  said.push(t('room.my_role', { role: t(`role.${state.roleIn(room)}`) }));
  return <p class="quiet">{said.join(' · ')}</p>;
}

function Notify({ room }: { room: Room }) {
  const { preferences } = useClient();
  return (
    <div class="field-row">
      <label for="level">{t('room.level')}</label>
      <select
        id="level"
        value={preferences.levelOf(room)}
        onChange={(event) => preferences.setLevel(room, event.currentTarget.value as Level)}
      >
        {(['all', 'mentions', 'nothing'] as const).map((level) => (
          <option key={level} value={level}>
            {t(`level.${level}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function RoomDialog() {
  const { state, rooms, reading } = useClient();
  const room = state.active.value;
  const problem = useSignal<string | null>(null);
  if (!room) return null;
  const isNotes = state.isNotes(room);
  const tell = (text: string | null) => (problem.value = text);
  const leave = async () => {
    const result = await rooms.leave(room);
    if (result.ok) state.closeDialog();
    else tell(result.text);
  };
  const read = () => {
    reading.markRead(room);
    state.closeDialog();
  };
  const show = (panel: Panel) => {
    state.closeDialog();
    state.panel.value = panel;
  };
  return (
    <Modal title={room.direct ? state.titleOf(room) : room.name}>
      {!room.direct && <Facts room={room} />}
      <Problem text={problem.value} />
      {!room.direct && <Topic room={room} onProblem={tell} />}
      {!isNotes && <Notify room={room} />}
      {state.mayModerate(room) && <Invite room={room.name} onProblem={tell} />}
      {state.mayOwn(room) && <Keeping room={room} onProblem={tell} />}
      {state.mayModerate(room) && <Bans room={room.name} />}
      <div class="modal-buttons modal-buttons-start">
        {room.unreadCount.value > 0 && (
          <button type="button" class="secondary" onClick={read}>
            {t('room.mark_read')}
          </button>
        )}
        <button type="button" class="secondary" onClick={() => show('files')}>
          {t('files.title')}
        </button>
        {!room.direct && (
          <button type="button" class="secondary" onClick={() => show('pins')}>
            {t('pins.title')}
          </button>
        )}
        <button type="button" class="secondary" onClick={() => state.openDialog('date')}>
          {t('date.title')}
        </button>
        {!room.direct && (
          <button type="button" class="secondary" onClick={() => state.openDialog('invite')}>
            {t('welcome.invite')}
          </button>
        )}
        {state.mayModerate(room) && (
          <button type="button" class="secondary" onClick={() => state.openDialog('moderation', room.name)}>
            {t('moderation.record')}
          </button>
        )}
        <button type="button" class="secondary danger" onClick={() => void leave()}>
          {t(room.direct ? 'room.hide' : 'room.leave')}
        </button>
        {state.mayOwn(room) && room.name !== '#lobby' && (
          <button type="button" class="secondary danger" onClick={() => state.openDialog('close-room')}>
            {t('room.close')}
          </button>
        )}
      </div>
    </Modal>
  );
}

// A room goes with its history, so its name is typed before.
export function CloseRoomDialog() {
  const { state, rooms, line } = useClient();
  const room = state.active.value;
  const typed = useSignal('');
  const problem = useSignal<string | null>(null);
  if (!room) return null;
  const close = async (event: Event) => {
    event.preventDefault();
    const result = await line.order({ op: 'close', room: room.name });
    if (!result.ok) {
      problem.value = result.text;
      return;
    }
    rooms.drop(room);
    state.closeDialog();
  };
  return (
    <Modal title={t('room.close_title', { room: room.name })}>
      <p>{t('room.close_explain')}</p>
      <form onSubmit={close}>
        <label for="close-name">{t('room.close_type', { room: room.name })}</label>
        <input
          id="close-name"
          type="text"
          autocomplete="off"
          autocapitalize="none"
          autofocus
          onInput={(event) => (typed.value = event.currentTarget.value.trim())}
        />
        <Problem text={problem.value} />
        <div class="modal-buttons">
          <button type="submit" class="primary danger" disabled={typed.value !== room.name && typed.value !== room.title}>
            {t('room.close')}
          </button>
        </div>
      </form>
    </Modal>
  );
}
