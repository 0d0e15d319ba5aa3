// My mentions: the search's results for my name, as far as each is a call.

import { useEffect } from 'preact/hooks';
import { mentions, sameName } from '../model/names.ts';
import { useClient } from './here.ts';
import { PanelFrame, Problem } from './parts.tsx';
import { Results } from './results.tsx';
import { useSearch } from './search.tsx';
import { t } from '../text.ts';

export function Mentions() {
  const { state, preferences } = useClient();
  const search = useSearch();
  const { name } = state.me.value;
  const called = state.totals.value.mentions;
  useEffect(() => void search.ask({ query: name }), [name, called]);
  const list = (search.found.value ?? []).filter((result) => !sameName(result.name, name) && mentions(result.text, name));
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
    <PanelFrame title={t('mentions.title')} busy={search.busy.value} top={top}>
      <Problem text={search.problem.value} />
      {search.found.value && !list.length && <p class="quiet">{t('mentions.none', { name })}</p>}
      <Results list={list} query={name} />
      {search.next.value !== null && (
        <button type="button" class="secondary" disabled={search.busy.value} onClick={search.more}>
          {t('search.more')}
        </button>
      )}
    </PanelFrame>
  );
}
