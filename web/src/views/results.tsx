// A list of messages from anywhere, each leading to its place.

import { hueOf } from '../model/names.ts';
import { gistOf } from '../model/markup.ts';
import type { FileFacts } from '../model/protocol.ts';
import { useClient } from './here.ts';
import { t, times } from '../text.ts';

export interface Result {
  room: string;
  seq: number;
  name: string;
  text: string;
  time: number;
  files?: readonly FileFacts[];
}

// The words that were looked for are marked, whatever their accents and case.
function Found({ text, query }: { text: string; query: string }) {
  const plain = (word: string) => word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const words = plain(query).match(/[\p{L}\p{N}]+/gu) ?? [];
  const parts = text.split(/([\p{L}\p{N}\p{M}]+)/u);
  return (
    <span class="result-text">
      {parts.map((part, at) => (at % 2 && words.some((word) => plain(part).startsWith(word)) ? <mark key={at}>{part}</mark> : part))}
    </span>
  );
}

export function Results({ list, query }: { list: readonly Result[]; query: string }) {
  const { state, rooms } = useClient();
  const show = (result: Result) => {
    if (state.narrow.value) state.panel.value = 'none';
    void rooms.visit(result.room, result.seq);
  };
  return (
    <ol class="results">
      {list.map((result) => (
        <li key={`${result.room} ${result.seq}`}>
          <button type="button" class="result" onClick={() => show(result)}>
            <span class="result-head">
              <b class={`name-${hueOf(result.name)}`}>{result.name}</b>
              <small>
                {result.room} · <time title={times().full(result.time)}>{times().short(result.time, Date.now())}</time>
              </small>
            </span>
            <Found text={gistOf(result, 240) || t('log.deleted')} query={query} />
          </button>
        </li>
      ))}
    </ol>
  );
}
