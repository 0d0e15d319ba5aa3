// The administration: people, rooms, the record, and the server's counters.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { AccountRow, RoomInfo } from '../model/protocol.ts';
import { useClient } from './here.ts';
import { Counters } from './counters.tsx';
import { RecordRoom, RoomRecord } from './dialog-moderation.tsx';
import { Avatar, Modal, Problem } from './parts.tsx';
import { ServerSettings } from './server-settings.tsx';
import { t, times, tn } from '../text.ts';

const PAGE = 50;

// A button for what cannot be taken back: it asks once more.
function Twice({ label, onClick }: { label: string; onClick: () => void }) {
  const asked = useSignal(false);
  const click = () => {
    if (asked.value) onClick();
    asked.value = !asked.value;
  };
  return (
    <button type="button" class="secondary danger" aria-live="polite" onClick={click} onBlur={() => (asked.value = false)}>
      {asked.value ? t('admin.sure') : label}
    </button>
  );
}

function Account({ row, onChanged }: { row: AccountRow; onChanged: () => void }) {
  const { line, state } = useClient();
  const password = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const { name } = row;
  const act = async (fields: Record<string, unknown>, op = 'account') => {
    const result = await line.order({ op, name, ...fields });
    problem.value = result.ok ? null : result.text;
    if (!result.ok) return;
    if (password.current) password.current.value = '';
    state.say(t('person.done', { name }));
    onChanged();
  };
  const setPassword = (event: Event) => {
    event.preventDefault();
    void act({ password: password.current!.value });
  };
  const marks = [t(row.online ? 'people.online' : 'people.offline'), tn('admin.sessions', row.sessions), tn('admin.in_rooms', row.rooms)];
  if (row.factor) marks.push(t('admin.factor'));
  if (row.admin) marks.unshift(t('admin.is_admin'));
  if (row.disabled) marks.unshift(t('admin.is_disabled'));
  return (
    <details>
      <summary>
        <Avatar name={name} small />
        <span>
          <b>{row.display ?? name}</b> {row.display && name}
          <small>{marks.join(' · ')}</small>
        </span>
      </summary>
      <Problem text={problem.value} />
      {state.isMe(name) ? (
        <p class="quiet">{t('admin.yourself')}</p>
      ) : (
        <>
          <form class="field-row" onSubmit={setPassword}>
            <label for={`password-of-${name}`}>{t('admin.password')}</label>
            <input ref={password} id={`password-of-${name}`} type="password" autocomplete="new-password" />
            <button type="submit" class="secondary">
              {t('room.set')}
            </button>
          </form>
          <div class="modal-buttons modal-buttons-start">
            <button type="button" class="secondary" onClick={() => void act({ admin: !row.admin })}>
              {t(row.admin ? 'admin.take' : 'admin.give')}
            </button>
            <button type="button" class="secondary" onClick={() => void act({ end: 'all' }, 'sessions')}>
              {t('admin.end_sessions')}
            </button>
            {row.disabled ? (
              <button type="button" class="secondary" onClick={() => void act({ disabled: false })}>
                {t('admin.enable')}
              </button>
            ) : (
              <Twice label={t('admin.disable')} onClick={() => void act({ disabled: true })} />
            )}
            <Twice label={t('admin.delete')} onClick={() => void act({ forget: true })} />
          </div>
        </>
      )}
    </details>
  );
}

function People() {
  const { line } = useClient();
  const list = useSignal<AccountRow[] | null>(null);
  const more = useSignal(false);
  const problem = useSignal<string | null>(null);
  const query = useRef<HTMLInputElement>(null);
  // Loads the rows behind `after`, at least so many, in as many pages as that takes.
  const read = async (after: string, least = 0) => {
    const asked = query.current!.value.trim();
    const filter = asked ? { query: asked } : {};
    const found: AccountRow[] = after ? [...(list.value ?? [])] : [];
    let goesOn = true;
    for (let name = after; goesOn; name = found.at(-1)?.name ?? '') {
      const from = name ? { name } : {};
      const answer = await line.request<{ accounts?: AccountRow[]; more?: boolean }>({ op: 'accounts', limit: PAGE, ...from, ...filter });
      problem.value = answer.ok ? null : answer.text;
      if (!answer.ok) return;
      found.push(...(answer.value.accounts ?? []));
      more.value = answer.value.more ?? false;
      goesOn = more.value && found.length < least;
    }
    list.value = found;
  };
  useEffect(() => void read(''), []);
  const search = (event: Event) => {
    event.preventDefault();
    void read('');
  };
  return (
    <>
      <form class="field-row" role="search" onSubmit={search}>
        <label for="admin-query">{t('admin.find')}</label>
        <input ref={query} id="admin-query" type="search" autocomplete="off" />
        <button type="submit" class="secondary">
          {t('search.title')}
        </button>
      </form>
      <Problem text={problem.value} />
      <ul class="accounts" aria-busy={list.value === null}>
        {(list.value ?? []).map((row) => (
          <li key={row.name}>
            <Account row={row} onChanged={() => void read('', list.value?.length)} />
          </li>
        ))}
      </ul>
      {more.value && (
        <button type="button" class="secondary" onClick={() => void read(list.value!.at(-1)!.name)}>
          {t('moderation.more')}
        </button>
      )}
    </>
  );
}

function Rooms() {
  const { line, rooms, state } = useClient();
  const list = useSignal<RoomInfo[]>([]);
  const problem = useSignal<string | null>(null);
  const read = async () => {
    const answer = await rooms.list();
    problem.value = answer.ok ? null : answer.text;
    if (answer.ok) list.value = answer.value;
  };
  useEffect(() => void read(), []);
  const close = async (room: string) => {
    const result = await line.order({ op: 'close', room });
    problem.value = result.ok ? null : result.text;
    if (result.ok) await read();
  };
  return (
    <>
      <Problem text={problem.value} />
      <ul class="dialog-list">
        {list.value.map(({ room, topic, count }) => (
          <li key={room}>
            <span>
              <b>{room}</b> {topic}
              <small>{tn('people.count', count)}</small>
            </span>
            <button type="button" class="secondary" onClick={() => state.openDialog('moderation', room)}>
              {t('admin.record')}
            </button>
            {room !== '#lobby' && <Twice label={t('room.close')} onClick={() => void close(room)} />}
          </li>
        ))}
      </ul>
    </>
  );
}

interface LinkRow {
  key: string;
  room?: string;
  by: string;
  uses: number;
  used: number;
  until: string;
}

// Everybody's invitation links that still let somebody in.
function Links() {
  const { line } = useClient();
  const list = useSignal<LinkRow[] | null>(null);
  const problem = useSignal<string | null>(null);
  const read = async () => {
    const answer = await line.request<{ links: LinkRow[] }>({ op: 'links' });
    problem.value = answer.ok ? null : answer.text;
    if (answer.ok) list.value = answer.value.links;
  };
  useEffect(() => void read(), []);
  const end = async (key: string) => {
    const result = await line.order({ op: 'link', key, revoke: true });
    if (result.ok) await read();
    else problem.value = result.text;
  };
  return (
    <>
      <Problem text={problem.value} />
      {list.value?.length === 0 && <p class="quiet">{t('admin.no_links')}</p>}
      <ul class="dialog-list" aria-busy={list.value === null}>
        {(list.value ?? []).map(({ key, room, by, used, uses, until }) => (
          <li key={key}>
            <span>
              <code>{key}</code> {t('admin.link_by', { where: room ?? t('admin.link_server'), name: by })}
              <small>{t('invite.used', { used, uses, until: times().short(Date.parse(until), Date.now()) })}</small>
            </span>
            <Twice label={t('invite.end')} onClick={() => void end(key)} />
          </li>
        ))}
      </ul>
    </>
  );
}

// What administrators do is in the record of #lobby.
function Records() {
  const room = useSignal('#lobby');
  return (
    <>
      <RecordRoom room={room.value} onChoose={(other) => (room.value = other)} />
      <RoomRecord key={room.value} room={room.value} />
    </>
  );
}

const pages = { people: People, rooms: Rooms, links: Links, record: Records, config: ServerSettings, status: Counters };

export function AdminDialog() {
  const page = useSignal<keyof typeof pages>('people');
  const Shown = pages[page.value];
  return (
    <Modal title={t('admin.title')} class="modal-wide">
      <nav class="modal-buttons modal-buttons-start" aria-label={t('admin.title')}>
        {(Object.keys(pages) as (keyof typeof pages)[]).map((name) => (
          <button key={name} type="button" class="secondary" aria-pressed={page.value === name} onClick={() => (page.value = name)}>
            {t(`admin.${name}`)}
          </button>
        ))}
      </nav>
      <Shown />
    </Modal>
  );
}
