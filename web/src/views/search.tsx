// Searching what was said.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { enterRoom, jumpTo } from '../app/follow.ts';
import { refusalText, request } from '../app/line.ts';
import type { Room } from '../app/room.ts';
import { findRoom, me, narrow, openDialog, panel, searchQuery } from '../app/state.ts';
import { hueOf } from '../model/names.ts';
import { summaryOf } from '../model/markup.ts';
import type { MessageEntry, SearchPage } from '../model/protocol.ts';
import { IconButton, Problem } from './parts.tsx';
import { t, times, tn } from '../text.ts';

const LIMIT = 30;

interface Asked {
  query: string;
  room?: string;
  from?: string;
}

export function Search({ room }: { room: Room }) {
  const text = useRef<HTMLInputElement>(null);
  const from = useRef<HTMLInputElement>(null);
  const here = useSignal(false);
  const found = useSignal<MessageEntry[] | null>(null);
  const next = useSignal(0);
  const lag = useSignal(0);
  const asked = useSignal<Asked | null>(null);
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);

  const ask = async (what: Asked, before: number) => {
    busy.value = true;
    problem.value = null;
    try {
      const page = await request<SearchPage>({ op: 'search', ...what, limit: LIMIT, ...(before ? { before } : {}) });
      asked.value = what;
      found.value = before ? [...(found.value ?? []), ...page.messages] : page.messages;
      next.value = page.more ? (page.next ?? 0) : 0;
      lag.value = page.lag ?? 0;
    } catch (error) {
      problem.value = refusalText(error);
    } finally {
      busy.value = false;
    }
  };

  const submit = () => {
    const query = text.current!.value.trim();
    const name = from.current!.value.trim().replace(/^@/, '');
    if (!query && !name) return;
    void ask({ query, ...(here.value ? { room: room.name } : {}), ...(name ? { from: name } : {}) }, 0);
  };

  // `/search words` fills the field and asks at once.
  useEffect(() => {
    text.current!.focus();
    if (!searchQuery.value) return;
    text.current!.value = searchQuery.value;
    searchQuery.value = '';
    submit();
  }, [searchQuery.value]);

  const show = async (message: MessageEntry) => {
    if (narrow.matches) panel.value = 'none';
    if (!(await enterRoom(message.room))) return;
    const where = findRoom(message.room);
    if (where) await jumpTo(where, message.seq);
  };

  const list = found.value;
  return (
    <aside class="panel" aria-label={t('search.title')}>
      <header class="panel-head">
        <h2>{t('search.title')}</h2>
        <IconButton icon="close" label={t('close')} onClick={() => (panel.value = 'none')} />
      </header>
      <form
        class="search-form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <label for="search-text">{t('search.words')}</label>
        <input ref={text} id="search-text" type="search" autocomplete="off" maxLength={200} />
        <label for="search-from">{t('search.from')}</label>
        <input ref={from} id="search-from" type="text" autocomplete="off" list="search-names" maxLength={64} />
        <datalist id="search-names">
          {[me.value.name, ...(room.members.value ?? []).map((member) => member.name)].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <label class="check">
          <input type="checkbox" checked={here.value} onChange={(event) => (here.value = event.currentTarget.checked)} />{' '}
          {t('search.only_here', { room: room.name })}
        </label>
        <div class="search-buttons">
          <button type="submit" class="primary" disabled={busy.value}>
            {t('search.go')}
          </button>
          <button type="button" class="secondary" onClick={() => openDialog('date')}>
            {t('date.title')}
          </button>
        </div>
      </form>
      <div class="panel-body" tabIndex={0} role="group" aria-label={t('search.results')} aria-busy={busy.value}>
        <Problem text={problem.value} />
        {lag.value > 0 && <p class="quiet">{tn('search.lag', lag.value)}</p>}
        {list && !list.length && !next.value && <p class="quiet">{t('search.nothing')}</p>}
        {list && list.length > 0 && (
          <ol class="results">
            {list.map((message) => (
              <li key={`${message.room} ${message.seq}`}>
                <button type="button" class="result" onClick={() => void show(message)}>
                  <span class="result-head">
                    <b class={`name-${hueOf(message.from.name)}`}>{message.from.name}</b>
                    <small>
                      {message.room} · {times.short(Date.parse(message.time), Date.now())}
                    </small>
                  </span>
                  <Found text={summaryOf(message.message, 240)} query={asked.value?.query ?? ''} />
                </button>
              </li>
            ))}
          </ol>
        )}
        {next.value > 0 && (
          <button type="button" class="secondary" disabled={busy.value} onClick={() => void ask(asked.value!, next.value)}>
            {t('search.more')}
          </button>
        )}
      </div>
    </aside>
  );
}

// The words that were looked for are marked, whatever their accents and case.
function Found({ text, query }: { text: string; query: string }) {
  const plain = (word: string) => word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const words = new Set(plain(query).match(/[\p{L}\p{N}]+/gu) ?? []);
  const parts = text.split(/([\p{L}\p{N}\p{M}]+)/u);
  return (
    <span class="result-text">
      {parts.map((part, at) => (at % 2 && [...words].some((word) => plain(part).startsWith(word)) ? <mark key={at}>{part}</mark> : part))}
    </span>
  );
}
