// From what was typed to what is done. A text goes at once; the commands come in a file of their own.

import type { Result } from '../model/result.ts';
import type { Command } from '../model/commands.ts';
import { failure } from '../model/result.ts';
import type { Actions } from './actions.ts';
import type { Incoming } from './incoming.ts';
import type { Line } from './line.ts';
import type { Pages } from './pages.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { Sending } from './sending.ts';
import type { Session } from './session.ts';
import type { State } from './state.ts';
import { t } from '../text.ts';

export interface CommandParts {
  state: State;
  line: Line;
  rooms: Rooms;
  pages: Pages;
  sending: Sending;
  session: Session;
  incoming: Incoming;
}

export class Commands {
  // The commands that can be typed, for completion; empty until they are loaded.
  table: readonly Command[] = [];
  private parts: CommandParts;
  private loading: Promise<Actions> | null = null;

  constructor(parts: CommandParts) {
    this.parts = parts;
  }

  load(): Promise<Actions> {
    this.loading ??= import('./later.ts').then(
      ({ Actions: Loaded, commands }) => {
        this.table = commands;
        return new Loaded(this.parts, this);
      },
      (error: unknown) => {
        this.loading = null;
        throw error;
      },
    );
    return this.loading;
  }

  // `//` sends a text that begins with one slash.
  async submit(room: Room, typed: string, replyTo: number): Promise<Result> {
    if (typed.startsWith('/') && !typed.startsWith('//')) return this.command(room, typed);
    const files = room.files.value;
    const sent = this.parts.sending.text(room, typed.startsWith('/') ? typed.slice(1) : typed, { replyTo, files });
    if (!sent.ok) return sent;
    room.files.value = [];
    void this.parts.pages.toEnd(room);
    return sent;
  }

  // The last message of mine that can still be changed.
  lastOwn(room: Room): number {
    const { state } = this.parts;
    return room.log.window.findLast(({ kind, deleted, name }) => kind === 'message' && !deleted && state.isMe(name))?.seq ?? 0;
  }

  private async command(room: Room, typed: string): Promise<Result> {
    let actions: Actions;
    try {
      actions = await this.load();
    } catch {
      return failure('offline', t('error.chunk'));
    }
    return actions.run(room, typed);
  }
}
