// A person's choices as the account keeps them: texts by name. What belongs to this device alone (whether the
// browser may notify) is not among them, and what is as it is by default is absent.

import { defaults, parseSettings } from './settings.ts';
import type { Level, Settings } from './settings.ts';

export type Kept = Record<string, string>;

const LEVEL = 'notify.';
const SAVED = 'saved.';
const texts = ['theme', 'language', 'size', 'density', 'enter'] as const;
const switches = { sound: 'sound', doNotDisturb: 'quiet', welcomed: 'welcomed' } as const;

export function keptOf(settings: Settings): Kept {
  const kept: Kept = {};
  for (const key of texts) if (settings[key] !== defaults[key]) kept[key] = settings[key];
  for (const [key, name] of Object.entries(switches)) if (settings[key as keyof typeof switches]) kept[name] = 'on';
  if (settings.tone) kept.tone = String(settings.tone);
  if (settings.recent.length) kept.recent = settings.recent.join(' ');
  for (const [room, level] of Object.entries(settings.levels)) kept[LEVEL + room] = level;
  for (const [room, seqs] of Object.entries(settings.saved)) kept[SAVED + room] = seqs;
  return kept;
}

function levelsOf(kept: Kept): Record<string, Level> {
  const entries = Object.entries(kept).filter(([key, level]) => key.startsWith(LEVEL) && ['all', 'nothing'].includes(level));
  return Object.fromEntries(entries.map(([key, level]) => [key.slice(LEVEL.length), level as Level]));
}

function savedOf(kept: Kept): Record<string, string> {
  const entries = Object.entries(kept).filter(([key, seqs]) => key.startsWith(SAVED) && /^\d{1,15}( \d{1,15})*$/.test(seqs));
  return Object.fromEntries(entries.map(([key, seqs]) => [key.slice(SAVED.length), seqs]));
}

// Takes what makes sense here; what belongs to the device stays as it is in `own`.
export function settingsOf(kept: Kept, own: Settings): Settings {
  const { notify } = own;
  const turned = Object.entries(switches).map(([key, name]) => [key, kept[name] === 'on']);
  const found = {
    ...Object.fromEntries(texts.flatMap((key) => (kept[key] === undefined ? [] : [[key, kept[key]]]))),
    ...Object.fromEntries(turned),
    tone: Number(kept.tone ?? 0),
    recent: kept.recent?.split(' ') ?? [],
    levels: levelsOf(kept),
    saved: savedOf(kept),
    notify,
  };
  return parseSettings(JSON.stringify(found));
}

// The difference between the two, as a request: an empty text removes a key.
export function changesBetween(before: Kept, after: Kept): Kept {
  const changes: Kept = {};
  for (const key of Object.keys(before)) if (!(key in after)) changes[key] = '';
  for (const [key, value] of Object.entries(after)) if (before[key] !== value) changes[key] = value;
  return changes;
}

export function withChanges(kept: Kept, changes: Kept): Kept {
  return Object.fromEntries(Object.entries({ ...kept, ...changes }).filter(([, value]) => value));
}
