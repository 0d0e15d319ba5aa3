// Messages that name or answer me, in all of my rooms: the server's list, so that each device shows the same.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useClient } from './here.ts';
import { PanelFrame, Problem } from './parts.tsx';
import { Results } from './results.tsx';
import { t } from '../text.ts';

const LIMIT = 100;

interface Mention {
  room: string;
  seq: number;
  name: string;
  time: string;
  message: string;
}

export function Mentions() {
  const { line, state, preferences } = useClient();
  const found = useSignal<Mention[] | null>(null);
  const problem = useSignal<string | null>(null);
  const { name } = state.me.value;
  const called = state.totals.value.mentions;
  const online = state.line.value.state === 'online';
  useEffect(() => {
    void line.request<{ mentions: Mention[] }>({ op: 'mentions', limit: LIMIT }).then((answer) => {
      problem.value = answer.ok ? null : answer.text;
      if (answer.ok) found.value = answer.value.mentions;
    });
  }, [name, called, online]);
  const list = (found.value ?? []).map(({ message, time, ...rest }) => ({ ...rest, text: message, time: Date.parse(time) }));
  const quiet = state.settings.value.doNotDisturb;
  const top = (
    <div class="search-form">
      <label class="check">
        <input type="checkbox" checked={quiet} onChange={(event) => preferences.set({ doNotDisturb: event.currentTarget.checked })} />{' '}
        {t('settings.quiet')}
      </label>
    </div>
  );
  return (
    <PanelFrame title={t('mentions.title')} busy={found.value === null && !problem.value} top={top}>
      <Problem text={problem.value} />
      {found.value && !list.length && <p class="quiet">{t('mentions.none', { name })}</p>}
      <Results list={list} query={name} />
    </PanelFrame>
  );
}
