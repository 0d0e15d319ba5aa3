// Messages that a person put aside for later: only where they are, among the settings, so that an account has them on all
// of its devices. What they say is asked of the server when it is looked at: nobody reads what they may not read any more.

import { fold } from '../model/names.ts';
import type { Message } from '../model/roomlog.ts';
import type { Preferences } from './preferences.ts';
import type { Room } from './room.ts';
import type { State } from './state.ts';
import { t } from '../text.ts';

// Numbers of messages of one room, within the bound of a setting.
const SAVED_MAX = 64;

export class Saved {
  private state: State;
  private preferences: Preferences;

  constructor(state: State, preferences: Preferences) {
    this.state = state;
    this.preferences = preferences;
  }

  // Newest first.
  in(room: string): number[] {
    return this.state.settings.value.saved[fold(room)]?.split(' ').map(Number) ?? [];
  }

  get rooms(): string[] {
    return Object.keys(this.state.settings.value.saved);
  }

  has(room: Room, seq: number): boolean {
    return this.in(room.name).includes(seq);
  }

  add(room: string, seq: number): void {
    const others = this.in(room).filter((other) => other !== seq);
    if (others.length < SAVED_MAX) this.put(room, [seq, ...others]);
    else this.state.say(t('error.saved_full', { n: SAVED_MAX }), 'problem');
  }

  toggle(room: Room, { seq }: Message): void {
    if (this.has(room, seq)) this.put(room.name, this.in(room.name).filter((other) => other !== seq));
    else this.add(room.name, seq);
  }

  private put(room: string, seqs: readonly number[]): void {
    const saved = { ...this.state.settings.value.saved };
    if (seqs.length) saved[fold(room)] = seqs.join(' ');
    else delete saved[fold(room)];
    this.preferences.set({ saved });
  }
}
