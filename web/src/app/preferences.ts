// The person's choices, kept in this browser, and applied to the page's root element.

import { fold } from '../model/names.ts';
import { defaults, parseSettings } from '../model/settings.ts';
import type { Level, Settings } from '../model/settings.ts';
import type { Room } from './room.ts';
import type { State } from './state.ts';

const KEY = 'brusio.settings';
// The settings that the account and this browser last agreed on (account-settings.ts).
export const AGREED_KEY = 'brusio.settings.account';
export const PUSH_KEY = 'brusio.push';

export class Preferences {
  private state: State;
  private storage: Storage;

  constructor(state: State, storage: Storage) {
    this.state = state;
    this.storage = storage;
    state.settings.value = this.kept;
  }

  set(part: Partial<Settings>): void {
    const next = { ...this.state.settings.value, ...part };
    this.state.settings.value = next;
    try {
      this.storage.setItem(KEY, JSON.stringify(next));
    } catch {
      // Storage is full or refused: the choice lives as long as the page.
    }
  }

  // Nothing of what somebody with an account chose, nor the names of their rooms, is left for the next person.
  forget(): void {
    this.set({ ...defaults, notify: this.state.settings.value.notify });
    this.storage.removeItem(AGREED_KEY);
    this.storage.removeItem(PUSH_KEY);
  }

  // The state that the next load of the page finds.
  get kept(): Settings {
    return parseSettings(this.storage.getItem(KEY));
  }

  levelOf(room: Room): Level {
    return this.state.settings.value.levels[fold(room.name)] ?? 'mentions';
  }

  setLevel(room: Room, level: Level): void {
    const levels = { ...this.state.settings.value.levels };
    if (level === 'mentions') delete levels[fold(room.name)];
    else levels[fold(room.name)] = level;
    this.set({ levels });
  }
}

// The style sheet reads these attributes; without them the browser's own preference decides.
export function applySettings({ theme, size, density }: Settings, root: HTMLElement): void {
  if (theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.size = size;
  root.dataset.density = density;
}
