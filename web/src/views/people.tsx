// The list of people in the room.

import { useEffect } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { compareNames } from '../model/names.ts';
import type { Member } from '../model/protocol.ts';
import { useClient } from './here.ts';
import { Icon } from './icons.tsx';
import { Avatar, GuestMark, PanelFrame } from './parts.tsx';
import { t } from '../text.ts';

function Person({ member }: { member: Member }) {
  const { state } = useClient();
  const kind = !member.online ? 'offline' : member.away ? 'away' : 'online';
  const said = typeof member.away === 'string' ? member.away : '';
  return (
    <li>
      <button type="button" class={`person person-${kind}`} title={member.name} onClick={() => state.openDialog('person', member.name)}>
        <span class="person-face">
          <Avatar name={member.name} small />
          <span class={`presence presence-${kind}`} aria-hidden="true" />
        </span>
        <span class="person-name">
          {member.display ?? member.name}
          {member.display && <small>{member.name}</small>}
          {said && <small>{said}</small>}
        </span>
        {member.guest && <GuestMark />}
        {member.muted && <small class="role">{t('people.muted')}</small>}
        {member.role !== 'member' && <small class="role">{t(`role.${member.role}`)}</small>}
        <span class="out-of-sight">{t(`people.${kind}`)}</span>
      </button>
    </li>
  );
}

function Group({ title, list }: { title: string; list: Member[] }) {
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {list.map((member) => (
          <Person key={member.name} member={member} />
        ))}
      </ul>
    </>
  );
}

export function People({ room }: { room: Room }) {
  const { rooms, state } = useClient();
  useEffect(() => void rooms.refreshMembers(room), [room]);
  const order = (member: Member) => (member.online ? (member.away ? 1 : 0) : 2);
  const sorted = [...(room.members.value ?? [])].sort((a, b) => order(a) - order(b) || compareNames(a.name, b.name));
  const here = sorted.filter((member) => member.online);
  const gone = sorted.filter((member) => !member.online);
  return (
    <PanelFrame title={t('people.title')}>
      <Group title={t('people.here', { n: here.length })} list={here} />
      {gone.length > 0 && <Group title={t('people.gone', { n: gone.length })} list={gone} />}
      {room.count.value > sorted.length && <p class="quiet">{t('people.not_all', { n: room.count.value - sorted.length })}</p>}
      {!room.direct && (
        <button type="button" class="invite-people" onClick={() => state.openDialog('invite')}>
          <Icon name="link" /> {t('welcome.invite')}
        </button>
      )}
    </PanelFrame>
  );
}
