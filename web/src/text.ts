// The text that people read. One catalogue is loaded, before anything is drawn: that of the language
// that was chosen, or else the first of the reader's that there is one for. Its second part comes with
// the views that come later.

import { timeText } from './model/time.ts';
import type { TimeText } from './model/time.ts';

export type Catalogue = Record<string, string>;

type Load = () => Promise<{ default: Catalogue }>;

const loaders: Record<string, { first: Load; later: Load }> = {
  en: { first: () => import('virtual:lang/en/first'), later: () => import('virtual:lang/en/later') },
  it: { first: () => import('virtual:lang/it/first'), later: () => import('virtual:lang/it/later') },
};

interface Text {
  language: string;
  catalogue: Catalogue;
  plurals: Intl.PluralRules;
  numbers: Intl.NumberFormat;
  times: TimeText;
}

function textFor(locale: string, catalogue: Catalogue, clockLocale: string): Text {
  const language = locale.split('-')[0]!;
  return { language, catalogue, plurals: new Intl.PluralRules(language), numbers: new Intl.NumberFormat(locale, { useGrouping: true }), times: timeText(locale, clockLocale) };
}

let text = textFor('en', {}, 'en');

// The reader's own variant (en-GB, it-CH) decides how days are written, and the first of their
// languages, whether or not there is a catalogue for it, whether the clock has 12 hours or 24.
export async function loadText(chosen: string, wanted: readonly string[]): Promise<void> {
  const has = (locale: string) => locale.split('-')[0]! in loaders;
  const own = wanted.find((locale) => has(locale) && (chosen === 'auto' || locale.startsWith(chosen)));
  const locale = own ?? (chosen in loaders ? chosen : 'en');
  const { default: catalogue } = await loaders[locale.split('-')[0]!]!.first();
  text = textFor(locale, { ...catalogue }, wanted[0] ?? locale);
}

export async function loadLaterText(): Promise<void> {
  const { default: later } = await loaders[text.language]!.later();
  Object.assign(text.catalogue, later);
}

export function language(): string {
  return text.language;
}

export function times(): TimeText {
  return text.times;
}

export function number(n: number): string {
  return text.numbers.format(n);
}

export function t(key: string, values: Record<string, string | number> = {}): string {
  const pattern = text.catalogue[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (all, name: string) => {
    const value = values[name] ?? all;
    return typeof value === 'number' ? number(value) : value;
  });
}

// The form of `key` that the language has for `n`, such as `key.one` and `key.other`; the text may name {n}.
export function tn(key: string, n: number, values: Record<string, string | number> = {}): string {
  const form = `${key}.${text.plurals.select(n)}`;
  return t(form in text.catalogue ? form : `${key}.other`, { n, ...values });
}
