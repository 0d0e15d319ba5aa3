// The text that people read, in the first of their languages that there is a catalogue for.

import en from 'virtual:lang/en';
import it from 'virtual:lang/it';
import { timeText } from './model/time.ts';

const catalogues: Record<string, Record<string, string>> = { en, it };

function chooseLanguage(): string {
  for (const wanted of navigator.languages ?? [navigator.language]) {
    if (wanted.split('-')[0]! in catalogues) return wanted;
  }
  return 'en';
}

// The reader's own variant (en-GB, it-CH) decides how times are written.
const locale = chooseLanguage();
export const language = locale.split('-')[0]!;
const catalogue = catalogues[language]!;
const plurals = new Intl.PluralRules(language);

export const times = timeText(locale);

export function t(key: string, values: Record<string, string | number> = {}): string {
  const pattern = catalogue[key] ?? en[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}

// `key.one` and `key.other`, by the language's rule for `n`; the text may name {n}.
export function tn(key: string, n: number, values: Record<string, string | number> = {}): string {
  const form = plurals.select(n) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}`, { n, ...values });
}
