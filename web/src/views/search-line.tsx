// The first line of a search: its words and its button.

import { t } from '../text.ts';

interface SearchLineProps {
  field: preact.RefObject<HTMLInputElement | null>;
  id: string;
  label: string;
  most: number; // characters
  busy: boolean;
}

export function SearchLine({ field, id, label, most, busy }: SearchLineProps) {
  return (
    <div class="search-line">
      <label class="out-of-sight" for={id}>
        {label}
      </label>
      <input ref={field} id={id} type="search" autocomplete="off" maxLength={most} placeholder={label} />
      <button type="submit" class="primary" disabled={busy}>
        {t('search.go')}
      </button>
    </div>
  );
}
