// Somebody: who they are here, writing to them, and moderation as far as it applies.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { secondsOf } from '../model/commands.ts';
import { sameName } from '../model/names.ts';
import type { Ban, Member, Profile } from '../model/protocol.ts';
import type { Room } from '../app/room.ts';
import { lastsUntil } from './ban-time.ts';
import { useClient } from './here.ts';
import { Avatar, GuestMark, Modal, Problem } from './parts.tsx';
import { t, times } from '../text.ts';

const durations = ['10m', '1h', '1d', '1w', ''];
const roles = ['member', 'speaker', 'moderator', 'owner'];

interface Sanctions {
  known: boolean;
  ban: Ban | undefined;
  mute: Ban | undefined;
}

// Offers what applies: who is muted can be unmuted. Where it cannot be learned, both are offered.
function offered(member: Member | undefined, { known, ban, mute }: Sanctions): string[] {
  const list: string[] = [];
  if (member) list.push('kick');
  if (!known || !mute) list.push('mute');
  if (!known || mute) list.push('unmute');
  if (!known || !ban) list.push('ban');
  if (!known || ban) list.push('unban');
  return list;
}

function Sanction({ ban }: { ban: Ban }) {
  return (
    <p class="dialog-ask">
      {t(`ban.is_${ban.kind}`)} {lastsUntil(ban.until)} · {t('ban.by', { name: ban.by, time: times().short(Date.parse(ban.time), Date.now()) })}
      {ban.reason && ` · ${ban.reason}`}
    </p>
  );
}

function Moderation({ name, room, member }: { name: string; room: Room; member: Member | undefined }) {
  const { state, line } = useClient();
  const reason = useRef<HTMLInputElement>(null);
  const duration = useRef<HTMLSelectElement>(null);
  const problem = useSignal<string | null>(null);
  const sanctions = useSignal<Sanctions>({ known: false, ban: undefined, mute: undefined });

  useEffect(() => {
    void line.request<{ bans?: Ban[] }>({ op: 'bans', room: room.name }).then((answer) => {
      if (!answer.ok || !answer.value.bans) return;
      const find = (kind: string) => answer.value.bans!.find((ban) => ban.kind === kind && sameName(ban.name, name));
      sanctions.value = { known: true, ban: find('ban'), mute: find('mute') };
    });
  }, [name, room]);

  const act = async (op: string) => {
    const timed = op === 'ban' || op === 'mute';
    const seconds = timed ? secondsOf(duration.current!.value) : undefined;
    const why = op.startsWith('un') ? '' : reason.current!.value.trim();
    const order = { op, room: room.name, name, ...(seconds ? { seconds } : {}), ...(why ? { reason: why } : {}) };
    const result = await line.order(order);
    if (!result.ok) {
      problem.value = result.text;
      return;
    }
    state.say(t('person.done', { name }));
    state.closeDialog();
  };
  const setRole = async (role: string) => {
    const result = await line.order({ op: 'role', room: room.name, name, role });
    problem.value = result.ok ? null : result.text;
    if (result.ok) state.say(t('person.done', { name }));
  };
  const { ban, mute } = sanctions.value;
  return (
    <section class="moderation">
      <h3>{t('person.moderation', { room: room.name })}</h3>
      {ban && <Sanction ban={ban} />}
      {mute && <Sanction ban={mute} />}
      <Problem text={problem.value} />
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
        {offered(member, sanctions.value).map((op) => (
          <button key={op} type="button" class={`secondary ${op === 'ban' || op === 'kick' ? 'danger' : ''}`} onClick={() => void act(op)}>
            {t(`person.${op}`)}
          </button>
        ))}
      </div>
      {state.mayOwn(room) && member && (
        <>
          <label for="role">{t('person.role')}</label>
          <select id="role" value={member.role} onChange={(event) => void setRole(event.currentTarget.value)}>
            {roles.map((value) => (
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

function Blocking({ name, blocked, onChange }: { name: string; blocked: boolean; onChange: (blocked: boolean) => void }) {
  const { state, line } = useClient();
  const turn = async () => {
    const result = await line.order({ op: blocked ? 'unblock' : 'block', name });
    if (!result.ok) return state.say(result.text, 'problem');
    onChange(!blocked);
    state.say(t(blocked ? 'person.unblocked' : 'person.blocked', { name }));
  };
  return (
    <button type="button" class="secondary" onClick={() => void turn()}>
      {t(blocked ? 'person.unblock' : 'person.block')}
    </button>
  );
}

export function PersonDialog() {
  const { state, rooms, line } = useClient();
  const name = state.person.value;
  const room = state.active.value;
  const itIsMe = state.isMe(name);
  const member = room?.members.value?.find((other) => sameName(other.name, name));
  const kind = !member?.online ? 'offline' : member.away ? 'away' : 'online';
  const guest = member ? member.guest : room?.log.window.some((message) => message.guest && sameName(message.name, name));
  const profile = useSignal<Profile | null>(null);
  // Null until the server has answered.
  const blocked = useSignal<boolean | null>(null);
  useEffect(() => {
    void line.request<{ profile?: Profile }>({ op: 'profile', name }).then((answer) => {
      profile.value = (answer.ok && answer.value.profile) || null;
      blocked.value = answer.ok ? (answer.value.profile?.blocked ?? false) : null;
    });
  }, [name, state.line.value.state === 'online']);
  const { display, about } = profile.value ?? {};
  const write = () => {
    state.closeDialog();
    void rooms.visit(`@${name}`);
  };
  return (
    <Modal title={name}>
      <div class="person-about">
        <Avatar name={name} />
        <p class="quiet">
          {display && <b>{display}</b>}
          {guest && <GuestMark />} {member ? `${t(`role.${member.role}`)} · ${t(`people.${kind}`)}` : t('person.elsewhere')}
          {typeof member?.away === 'string' && ` · ${member.away}`}
        </p>
      </div>
      {blocked.value && <p class="dialog-ask">{t('person.is_blocked')}</p>}
      {about && (
        <p>
          <bdi>{about}</bdi>
        </p>
      )}
      {itIsMe && (
        <div class="modal-buttons modal-buttons-start">
          <button type="button" class="primary" autofocus onClick={write}>
            {t('rooms.notes')}
          </button>
          {state.me.value.account && (
            <button type="button" class="secondary" onClick={() => state.openDialog('profile')}>
              {t('profile.title')}
            </button>
          )}
        </div>
      )}
      {!itIsMe && (
        <div class="modal-buttons modal-buttons-start">
          <button type="button" class="primary" autofocus onClick={write}>
            {t('person.message')}
          </button>
          {state.me.value.account && blocked.value !== null && (
            <Blocking name={name} blocked={blocked.value} onChange={(now) => (blocked.value = now)} />
          )}
        </div>
      )}
      {!itIsMe && room && state.mayModerate(room) && <Moderation name={name} room={room} member={member} />}
    </Modal>
  );
}
