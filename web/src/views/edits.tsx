// The earlier texts of an edited message, as far as its room keeps them; the newest first.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { PanelFrame, Problem } from './parts.tsx';
import { RichText } from './rich-text.tsx';
import { t, times } from '../text.ts';

interface Edit {
  seq: number;
  time: string;
  message: string;
}

export function Edits({ room, seq }: { room: Room; seq: number }) {
  const { line, state } = useClient();
  const edits = useSignal<Edit[] | null>(null);
  const problem = useSignal<string | null>(null);
  // Another edit, a deletion and the room's rules change what there is to see.
  void room.version.value;
  const edited = room.log.find(seq)?.edited;
  const kept = room.facts.value.keep_edits;
  const online = state.line.value.state === 'online';
  useEffect(() => {
    void line.request<{ edits: Edit[] }>({ op: 'edits', room: room.name, target: seq }).then((answer) => {
      problem.value = answer.ok ? null : answer.text;
      edits.value = answer.ok ? answer.value.edits : null;
    });
  }, [room, seq, edited, kept, online]);
  const list = edits.value ?? [];
  return (
    <PanelFrame title={t('edits.title')} busy={edits.value === null && !problem.value}>
      <Problem text={problem.value} />
      <ol class="edits">
        {list.map((edit, at) => (
          <li key={edit.seq}>
            <small>
              <time title={times().full(Date.parse(edit.time))}>{times().short(Date.parse(edit.time), Date.now())}</time>
              {at === 0 && ` · ${t('edits.now')}`}
            </small>
            <RichText text={edit.message} />
          </li>
        ))}
      </ol>
      {list.length === 1 && <p class="quiet">{t('edits.none')}</p>}
    </PanelFrame>
  );
}
