// The choices of a person, and their defaults.

export type Level = 'all' | 'mentions' | 'nothing';

export interface Settings {
  theme: 'auto' | 'light' | 'dark';
  language: 'auto' | 'en' | 'it';
  size: 'small' | 'normal' | 'large' | 'huge';
  density: 'roomy' | 'dense';
  enter: 'send' | 'newline';
  sound: boolean;
  notify: boolean;
  doNotDisturb: boolean;
  // The skin tone of emoji that have one: 0 for none, 1 to 5.
  tone: number;
  recent: string[];
  // By folded room name; a room that is not here has `mentions`.
  levels: Record<string, Level>;
  // Messages put aside for later: by folded room name, their numbers.
  saved: Record<string, string>;
  // The welcome was read and closed.
  welcomed: boolean;
}

export const defaults: Settings = {
  theme: 'auto',
  language: 'auto',
  size: 'normal',
  density: 'roomy',
  enter: 'send',
  sound: false,
  notify: false,
  doNotDisturb: false,
  tone: 0,
  recent: [],
  levels: {},
  saved: {},
  welcomed: false,
};

const choices: { [K in keyof Settings]?: readonly Settings[K][] } = {
  theme: ['auto', 'light', 'dark'],
  language: ['auto', 'en', 'it'],
  size: ['small', 'normal', 'large', 'huge'],
  density: ['roomy', 'dense'],
  enter: ['send', 'newline'],
  tone: [0, 1, 2, 3, 4, 5],
};

const RECENT_MAX = 16;

// Takes what was kept as far as it makes sense: another version may have kept other things.
export function parseSettings(text: string | null): Settings {
  let kept: Record<string, unknown>;
  try {
    kept = (JSON.parse(text ?? '{}') ?? {}) as Record<string, unknown>;
  } catch {
    kept = {};
  }
  const settings: Settings = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof Settings)[]) {
    const value = kept[key];
    if (typeof value !== typeof defaults[key] || value === null) continue;
    if (Array.isArray(value) !== Array.isArray(defaults[key])) continue;
    if (choices[key] && !(choices[key] as readonly unknown[]).includes(value)) continue;
    Object.assign(settings, { [key]: value });
  }
  settings.recent = settings.recent.filter((emoji) => typeof emoji === 'string').slice(0, RECENT_MAX);
  settings.saved = Object.fromEntries(Object.entries(settings.saved).filter(([, seqs]) => typeof seqs === 'string'));
  return settings;
}

export function withRecent(recent: readonly string[], emoji: string): string[] {
  return [emoji, ...recent.filter((other) => other !== emoji)].slice(0, RECENT_MAX);
}
