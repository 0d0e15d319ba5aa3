// The beginning of a room: what it is, and what to do next while it is empty.

import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { t } from '../text.ts';

function Step(props: { icon: IconName; text: string; onClick: () => void }) {
  return (
    <button type="button" class="beginning-step" onClick={props.onClick}>
      <Icon name={props.icon} />
      <span>{props.text}</span>
    </button>
  );
}

// For who is here for the first time: who am I, whom do I bring, what is there.
export function Welcome() {
  const { state, preferences } = useClient();
  const { name, account } = state.me.value;
  return (
    <section class="welcome" aria-label={t('welcome.title')}>
      <h3>{t('welcome.title')}</h3>
      <p>{t(account ? 'welcome.account' : 'welcome.guest', { name })}</p>
      <div class="beginning-steps">
        <Step icon="link" text={t('welcome.invite')} onClick={() => state.openDialog('invite')} />
        {!account && <Step icon="key" text={t('welcome.register')} onClick={() => state.openDialog('register')} />}
        <Step icon="plus" text={t('welcome.rooms')} onClick={() => state.openDialog('rooms')} />
        <Step icon="bell" text={t('welcome.settings')} onClick={() => state.openDialog('settings')} />
      </div>
      <button type="button" class="link-button" onClick={() => preferences.set({ welcomed: true })}>
        {t('welcome.close')}
      </button>
    </section>
  );
}

export function Beginning({ room }: { room: Room }) {
  const { state } = useClient();
  const empty = !room.log.window.some((message) => message.kind === 'message');
  const { private: isPrivate } = room.facts.value;
  const mayInvite = state.mayModerate(room);
  const name = room.direct ? state.titleOf(room) : room.name;
  const kind = !room.direct ? '' : state.isNotes(room) ? '_notes' : '_direct';
  return (
    <div class="beginning">
      <h2>{name}</h2>
      <p>{t(`log.beginning${kind}`, { room: name })}</p>
      {room.topic.value && <p>{room.topic.value}</p>}
      {!room.direct && isPrivate && <p>{t('room.is_private')}</p>}
      {empty && !room.direct && state.settings.value.welcomed && (
        <div class="beginning-steps">
          <Step icon="link" text={t('welcome.invite')} onClick={() => state.openDialog('invite')} />
          {mayInvite && <Step icon="edit" text={t('beginning.topic')} onClick={() => state.openDialog('room')} />}
        </div>
      )}
    </div>
  );
}
