// Who is here.

import { useEffect } from 'preact/hooks';
import { refreshMembers } from '../app/follow.ts';
import type { Room } from '../app/room.ts';
import { openDialog, panel } from '../app/state.ts';
import type { Member } from '../model/protocol.ts';
import { Avatar, IconButton } from './parts.tsx';
import { t } from '../text.ts';

function Person({ member }: { member: Member }) {
  const state = !member.online ? 'offline' : member.away ? 'away' : 'online';
  const said = typeof member.away === 'string' ? member.away : '';
  return (
    <li>
      <button type="button" class={`person person-${state}`} onClick={() => openDialog('person', member.name)}>
        <Avatar name={member.name} small />
        <span class="person-name">
          {member.name}
          {said && <small>{said}</small>}
        </span>
        {member.role !== 'member' && <small class="role">{t(`role.${member.role}`)}</small>}
        <span class="out-of-sight">{t(`people.${state}`)}</span>
      </button>
    </li>
  );
}

export function People({ room }: { room: Room }) {
  useEffect(() => void refreshMembers(room), [room]);
  const members = room.members.value ?? [];
  const order = (member: Member) => (member.online ? (member.away ? 1 : 0) : 2);
  const sorted = [...members].sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name));
  const here = sorted.filter((member) => member.online);
  const gone = sorted.filter((member) => !member.online);
  return (
    <aside class="panel" aria-label={t('people.title')}>
      <header class="panel-head">
        <h2>{t('people.title')}</h2>
        <IconButton icon="close" label={t('close')} onClick={() => (panel.value = 'none')} />
      </header>
      <div class="panel-body" tabIndex={0} role="group" aria-label={t('people.title')}>
        <h3>{t('people.here', { n: here.length })}</h3>
        <ul>
          {here.map((member) => (
            <Person key={member.name} member={member} />
          ))}
        </ul>
        {gone.length > 0 && (
          <>
            <h3>{t('people.gone', { n: gone.length })}</h3>
            <ul>
              {gone.map((member) => (
                <Person key={member.name} member={member} />
              ))}
            </ul>
          </>
        )}
      </div>
    </aside>
  );
}
