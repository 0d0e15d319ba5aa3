// Moderation: bans and mutes in force, and the record of what moderators did.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { compareNames } from '../model/names.ts';
import type { Ban, Deed } from '../model/protocol.ts';
import { lastsUntil } from './ban-time.ts';
import { useClient } from './here.ts';
import { Modal, Problem } from './parts.tsx';
import { t, times } from '../text.ts';

const PAGE = 50;

// Bans and mutes: of whom, until when, and the way back. A server that does not tell shows nothing.
export function Bans({ room }: { room: string }) {
  const { line, state } = useClient();
  const list = useSignal<Ban[]>([]);
  const read = async () => {
    const answer = await line.request<{ bans?: Ban[] }>({ op: 'bans', room });
    if (answer.ok) list.value = answer.value.bans ?? [];
  };
  useEffect(() => void read(), [room]);
  const lift = async ({ kind, name }: Ban) => {
    const result = await line.order({ op: `un${kind}`, room, name });
    if (!result.ok) return state.say(result.text, 'problem');
    await read();
  };
  if (!list.value.length) return null;
  const now = Date.now();
  return (
    <section>
      <h3>{t('room.bans')}</h3>
      <ul class="dialog-list">
        {list.value.map((ban) => (
          <li key={`${ban.kind} ${ban.name} ${ban.address ?? ''}`}>
            <span>
              <b>{ban.name}</b> {t(`ban.${ban.kind}`)}
              <small>
                {lastsUntil(ban.until)} ·{' '}
                {t('ban.by', { name: ban.by, time: times().short(Date.parse(ban.time), now) })}
                {ban.address && ` · ${ban.address}`}
                {ban.reason && ` · ${ban.reason}`}
              </small>
            </span>
            <button type="button" class="secondary" onClick={() => void lift(ban)}>
              {t(`person.un${ban.kind}`)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

// A deed that a newer server knows is called as it calls it.
function verbOf(what: string): string {
  const key = `moderation.did.${what}`;
  const verb = t(key);
  return verb === key ? what : verb;
}

export function RoomRecord({ room }: { room: string }) {
  const { line } = useClient();
  const list = useSignal<Deed[] | null>(null);
  const more = useSignal(false);
  const problem = useSignal<string | null>(null);
  const read = async (before: number) => {
    const answer = await line.request<{ record?: Deed[]; more?: boolean }>({ op: 'record', room, limit: PAGE, ...(before ? { before } : {}) });
    problem.value = answer.ok ? null : answer.text;
    if (!answer.ok) return;
    list.value = [...(before ? (list.value ?? []) : []), ...(answer.value.record ?? [])];
    more.value = answer.value.more ?? false;
  };
  useEffect(() => void read(0), [room]);
  const deeds = list.value ?? [];
  const now = Date.now();
  return (
    <section aria-busy={list.value === null && !problem.value}>
      <h3>{t('moderation.record')}</h3>
      <Problem text={problem.value} />
      {list.value && !deeds.length && <p class="quiet">{t('moderation.nothing')}</p>}
      <ul class="dialog-list">
        {deeds.map((deed) => (
          <li key={deed.n}>
            <span>
              <b>{deed.by}</b> {verbOf(deed.what)} <b>{deed.name}</b>
              <small>
                {times().short(Date.parse(deed.time), now)}
                {deed.until && ` · ${lastsUntil(deed.until)}`}
                {deed.reason && ` · ${deed.reason}`}
              </small>
            </span>
          </li>
        ))}
      </ul>
      {more.value && (
        <button type="button" class="secondary" onClick={() => void read(deeds.at(-1)!.n)}>
          {t('moderation.more')}
        </button>
      )}
    </section>
  );
}

// The rooms whose record one may read: those that one moderates, and all of them for an administrator.
export function RecordRoom({ room, onChoose }: { room: string; onChoose: (room: string) => void }) {
  const { state, rooms } = useClient();
  const others = useSignal<string[]>([]);
  useEffect(() => {
    if (!state.me.value.admin) return;
    void rooms.list().then((answer) => {
      if (answer.ok) others.value = answer.value.map((row) => row.room);
    });
  }, []);
  const own = state.rooms.value.filter((one) => state.mayModerate(one)).map((one) => one.name);
  const names = [...new Set([room, ...own, ...others.value])].sort(compareNames);
  if (names.length < 2) return null;
  return (
    <div class="field-row">
      <label for="record-room">{t('moderation.room')}</label>
      <select id="record-room" value={room} onChange={(event) => onChoose(event.currentTarget.value)}>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

export function ModerationDialog() {
  const { person } = useClient().state;
  const room = person.value;
  return (
    <Modal title={t('moderation.title', { room })} class="modal-wide">
      <RecordRoom room={room} onChoose={(other) => (person.value = other)} />
      <Bans key={`bans ${room}`} room={room} />
      <RoomRecord key={`record ${room}`} room={room} />
    </Modal>
  );
}
