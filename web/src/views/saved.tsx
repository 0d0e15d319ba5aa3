// The messages that I put aside for later, as they read now. Those that are deleted, and those of rooms that I may not
// read any more, are not there.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { messageOf } from '../model/roomlog.ts';
import type { HistoryPage } from '../model/protocol.ts';
import { useClient } from './here.ts';
import { PanelFrame, Problem } from './parts.tsx';
import { Results } from './results.tsx';
import type { Result } from './results.tsx';
import { t, tn } from '../text.ts';

const SHOWN_AT_ONCE = 30;
// The room is gone, or I may not read it any more. Anything else says nothing of the message.
const REFUSALS = new Set(['no_room', 'no_user', 'bad_name', 'not_member', 'forbidden', 'banned']);

export function SavedMessages() {
  const { saved, line, state } = useClient();
  const found = useSignal<Result[] | null>(null);
  const missing = useSignal(0);
  const shown = useSignal(SHOWN_AT_ONCE);
  const problem = useSignal<string | null>(null);
  const wanted = saved.rooms.flatMap((room) => saved.in(room).map((seq) => ({ room, seq })));
  const key = JSON.stringify(state.settings.value.saved);
  const online = state.line.value.state === 'online';
  useEffect(() => {
    let stopped = false;
    const read = async () => {
      const list: Result[] = [];
      let lost = 0;
      for (const { room, seq } of wanted.slice(0, shown.value)) {
        const answer = await line.request<HistoryPage>({ op: 'history', room, after: seq - 1, limit: 1 });
        if (stopped) return;
        if (!answer.ok && !REFUSALS.has(answer.code)) return void (problem.value = answer.text);
        const entry = answer.ok ? answer.value.messages[0] : undefined;
        const message = entry?.seq === seq ? messageOf(entry) : null;
        if (message && !message.deleted) list.push({ ...message, room });
        else lost++;
      }
      list.sort((a, b) => b.time - a.time);
      found.value = list;
      missing.value = lost;
      problem.value = null;
    };
    void read();
    return () => void (stopped = true);
  }, [key, shown.value, online]);
  return (
    <PanelFrame title={t('saved.title')} busy={found.value === null && !problem.value}>
      <Problem text={problem.value} />
      {!wanted.length && <p class="quiet">{t(state.me.value.account ? 'saved.none_account' : 'saved.none')}</p>}
      {found.value && <Results list={found.value} query="" />}
      {missing.value > 0 && <p class="quiet">{tn('saved.missing', missing.value)}</p>}
      {wanted.length > shown.value && (
        <button type="button" class="secondary" onClick={() => (shown.value += SHOWN_AT_ONCE)}>
          {t('search.more')}
        </button>
      )}
    </PanelFrame>
  );
}
