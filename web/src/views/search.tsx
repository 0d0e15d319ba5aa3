// Searching what was said. One line, until asked for more.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Room } from '../app/room.ts';
import type { MessageEntry, SearchPage } from '../model/protocol.ts';
import { saidIn } from '../model/roomlog.ts';
import { useClient } from './here.ts';
import { PanelFrame, Problem } from './parts.tsx';
import { Results } from './results.tsx';
import type { Result } from './results.tsx';
import { SearchLine } from './search-line.tsx';
import { t, tn } from '../text.ts';

const LIMIT = 30;

interface Asked {
  query: string;
  room?: string;
  from?: string;
}

export function resultOf(entry: MessageEntry): Result {
  const { room, seq, from, time, files } = entry;
  return { room, seq, name: from.name, text: saidIn(entry), time: Date.parse(time), ...(files ? { files } : {}) };
}

// The pages of one search, put together; `next` is whatever the server said, given back as it is.
export function useSearch() {
  const { line } = useClient();
  const found = useSignal<Result[] | null>(null);
  const next = useSignal<number | string | null>(null);
  const lag = useSignal(0);
  const asked = useSignal<Asked | null>(null);
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);

  const ask = async (what: Asked, before: number | string | null = null) => {
    busy.value = true;
    problem.value = null;
    const page = await line.request<SearchPage>({ op: 'search', ...what, limit: LIMIT, ...(before === null ? {} : { before }) });
    busy.value = false;
    if (!page.ok) {
      problem.value = page.text;
      return;
    }
    const { messages, more, next: further, lag: behind } = page.value;
    const old = before === null ? [] : (found.value ?? []);
    const known = new Set(old.map((result) => `${result.room} ${result.seq}`));
    const fresh = messages.map(resultOf).filter((result) => !known.has(`${result.room} ${result.seq}`));
    asked.value = what;
    found.value = [...old, ...fresh];
    // A page may be empty and the search still not be over; one that only repeats ends it, whatever it says.
    const goesOn = more && further !== undefined && further !== before && (fresh.length > 0 || !messages.length);
    next.value = goesOn ? further : null;
    lag.value = behind ?? 0;
  };
  const more = () => void ask(asked.value!, next.value);
  return { found, next, lag, asked, problem, busy, ask, more };
}

export function Search({ room }: { room: Room }) {
  const { state } = useClient();
  const search = useSearch();
  const text = useRef<HTMLInputElement>(null);
  const from = useRef<HTMLInputElement>(null);
  const here = useSignal(false);

  const submit = () => {
    const query = text.current!.value.trim();
    const name = from.current?.value.trim().replace(/^@/, '');
    if (!query && !name) return;
    void search.ask({ query, ...(here.value ? { room: room.name } : {}), ...(name ? { from: name } : {}) });
  };

  // `/search words` fills the field and asks at once.
  useEffect(() => {
    text.current!.focus();
    if (!state.searchQuery.value) return;
    text.current!.value = state.searchQuery.value;
    state.searchQuery.value = '';
    submit();
  }, [state.searchQuery.value]);

  const list = search.found.value;
  const form = (
    <form
      class="search-form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <SearchLine field={text} id="search-text" label={t('search.words')} most={200} busy={search.busy.value} />
      <details>
        <summary>{t('search.options')}</summary>
        <label for="search-from">{t('search.from')}</label>
        <input ref={from} id="search-from" type="text" autocomplete="off" list="search-names" maxLength={64} />
        <datalist id="search-names">
          {[state.me.value.name, ...(room.members.value ?? []).map((member) => member.name)].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <label class="check">
          <input type="checkbox" checked={here.value} onChange={(event) => (here.value = event.currentTarget.checked)} />{' '}
          {t('search.only_here', { room: room.name })}
        </label>
        <p class="search-syntax">{t('search.syntax')}</p>
        <button type="button" class="secondary" onClick={() => state.openDialog('date')}>
          {t('date.title')}
        </button>
      </details>
    </form>
  );
  return (
    <PanelFrame title={t('search.title')} busy={search.busy.value} top={form}>
      <Problem text={search.problem.value} />
      {search.lag.value > 0 && <p class="quiet">{tn('search.lag', search.lag.value)}</p>}
      {list && !list.length && search.next.value === null && <p class="quiet">{t('search.nothing')}</p>}
      {list && list.length > 0 && <Results list={list} query={search.asked.value?.query ?? ''} />}
      {search.next.value !== null && (
        <button type="button" class="secondary" disabled={search.busy.value} onClick={search.more}>
          {t('search.more')}
        </button>
      )}
    </PanelFrame>
  );
}
