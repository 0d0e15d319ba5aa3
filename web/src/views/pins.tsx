// The pinned messages of a room, each leading to its place; moderators take pins away.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { PanelFrame, Problem } from './parts.tsx';
import { Results } from './results.tsx';
import { t } from '../text.ts';

interface Pin {
  target: number;
  name: string;
  message: string;
  time: string;
  by: string;
}

export function Pins({ room }: { room: Room }) {
  const { line, state } = useClient();
  const pins = useSignal<Pin[] | null>(null);
  const problem = useSignal<string | null>(null);
  // Pinning and unpinning is announced by a notice in the room.
  void room.version.value;
  const told = room.notices.at(-1)?.key;
  const online = state.line.value.state === 'online';
  useEffect(() => {
    void line.request<{ pins: Pin[] }>({ op: 'pins', room: room.name }).then((answer) => {
      problem.value = answer.ok ? null : answer.text;
      if (answer.ok) pins.value = answer.value.pins;
    });
  }, [room, told, online]);
  const unpin = async (target: number) => {
    const answer = await line.order({ op: 'pin', room: room.name, target, on: false });
    problem.value = answer.ok ? null : answer.text;
  };
  const list = pins.value ?? [];
  return (
    <PanelFrame title={t('pins.title')} busy={pins.value === null && !problem.value}>
      <Problem text={problem.value} />
      {pins.value && !list.length && <p class="quiet">{t('pins.none')}</p>}
      {list.map(({ target, name, message, time, by }) => (
        <div key={target} class="pin">
          <Results list={[{ room: room.name, seq: target, name, text: message, time: Date.parse(time) }]} query="" />
          <p class="pin-about">
            <small>{t('pins.by', { name: by })}</small>
            {state.mayModerate(room) && (
              <button type="button" class="link-button" onClick={() => void unpin(target)}>
                {t('pins.remove')}
              </button>
            )}
          </p>
        </div>
      ))}
    </PanelFrame>
  );
}
