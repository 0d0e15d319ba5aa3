// The messages that I put aside for later.

import { useClient } from './here.ts';
import { PanelFrame } from './parts.tsx';
import { Results } from './results.tsx';
import { t } from '../text.ts';

export function SavedMessages() {
  const { saved } = useClient();
  const list = saved.list.value;
  return (
    <PanelFrame title={t('saved.title')}>
      {list.length ? <Results list={list} query="" /> : <p class="quiet">{t('saved.none')}</p>}
    </PanelFrame>
  );
}
