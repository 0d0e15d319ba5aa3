// The commands of model/commands.ts as this client carries them out. Others go to the server as
// their row in the server's table says.

import { emojiByName, loadEmoji } from '../model/emoji.ts';
import { commands, isWrongDuration, parseTyped, requestOf, switchOf, usageOf } from '../model/commands.ts';
import type { Command } from '../model/commands.ts';
import { asRoomName, isRoomName, isUserName } from '../model/names.ts';
import type { WireObject } from '../model/protocol.ts';
import { done, failure } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { CommandParts, Commands } from './commands.ts';
import type { Room } from './room.ts';
import type { DialogName } from './state.ts';
import { t, times } from '../text.ts';

export { commands };

interface Call {
  command: Command;
  room: Room;
  rest: string;
  words: string[];
}

type Action = (call: Call) => Result | Promise<Result>;

function wrong(key: string): Result {
  return failure('input', t(key));
}

function misused(command: Command): Result {
  return failure('input', t('error.usage', { usage: usageOf(command) }));
}

// The secret of a new link is in this answer alone.
function linkText(answer: WireObject, ended: string): string {
  const { url, key, uses, until } = answer as WireObject & { url?: string; key: string; uses: number; until: string };
  if (!url) return t('link.ended', { key: ended });
  return t('link.made', { url, key, uses, until: times().short(Date.parse(until), Date.now()) });
}

// An answer with rows of its own is shown as lines: the values of a row, the first as it is.
function listed(op: string, answer: WireObject): string | null {
  const rows = answer[op];
  if (!Array.isArray(rows)) return null;
  const lines = rows.map((row: Record<string, unknown>) =>
    Object.entries(row)
      .map(([key, value], index) => (index ? `${key}: ${String(value)}` : String(value)))
      .join(', '),
  );
  return [`${op}: ${rows.length}`, ...lines].join('\n');
}

export class Actions {
  private parts: CommandParts;
  private of: Commands;

  constructor(parts: CommandParts, of: Commands) {
    this.parts = parts;
    this.of = of;
  }

  async run(room: Room, typed: string): Promise<Result> {
    const parsed = parseTyped(typed);
    switch (parsed.kind) {
      case 'text':
        return this.parts.sending.text(room, parsed.text);
      case 'unknown':
        return failure('input', t('error.unknown_command', { name: parsed.name }));
      case 'usage':
        return misused(parsed.command);
      case 'command': {
        const { command, rest, words } = parsed;
        const call = { command, room, rest, words };
        return (this.actions[command.name] ?? this.ask)(call);
      }
    }
  }

  // A command that is nothing but its row in the server's table.
  private ask: Action = async ({ command, room, rest, words }) => {
    const row = command.row!;
    const timed = row.arguments.some(({ kind }) => kind === 'seconds');
    if (timed && isWrongDuration(words[1])) return wrong('error.duration');
    const object = requestOf(row, room.name, rest);
    if (!object) return misused(command);
    const answer = await this.parts.line.request(object as WireObject);
    if (!answer.ok) return answer;
    const { op } = answer.value;
    const lines = op === 'link' ? linkText(answer.value, words[0] ?? '') : listed(String(op), answer.value);
    if (lines) this.parts.incoming.addInfo(room, lines);
    return done;
  };

  private open(dialog: DialogName): Result {
    this.parts.state.openDialog(dialog);
    return done;
  }

  private pins(): Result {
    this.parts.state.panel.value = 'pins';
    return done;
  }

  private show(act: () => void): Action {
    return () => {
      act();
      return done;
    };
  }

  private async message({ words, rest }: Call): Promise<Result> {
    const { rooms, state, sending } = this.parts;
    const name = words[0]!.replace(/^@/, '');
    if (!isUserName(name)) return wrong('error.name');
    const text = rest.slice(words[0]!.length).trim();
    const entered = await rooms.enter(`@${name}`);
    const room = state.findRoom(`@${name}`);
    return entered.ok && room && text ? sending.text(room, text) : entered;
  }

  private history({ room, words }: Call): Result | Promise<Result> {
    const { state, pages } = this.parts;
    if (!words[0]) {
      state.openDialog('date');
      return done;
    }
    const time = Date.parse(`${words[0]}T00:00`);
    return Number.isNaN(time) ? wrong('error.date') : pages.jumpToDate(room, time);
  }

  private remove({ room }: Call): Result {
    const target = this.of.lastOwn(room);
    if (!target) return wrong('error.no_own_message');
    this.parts.sending.remove(room, target);
    return done;
  }

  private async react({ room, words }: Call): Promise<Result> {
    await loadEmoji().catch(() => undefined);
    const emoji = emojiByName(words[0]!.replaceAll(':', '')) ?? words[0]!;
    const target = room.log.window.findLast((message) => message.kind === 'message' && !message.deleted);
    if (!target) return wrong('error.no_message');
    this.parts.sending.react(room, target.seq, emoji);
    return done;
  }

  // Making a room public shows what was said in it: that is asked for in its dialog, with a warning.
  private setPrivate(call: Call): Result | Promise<Result> {
    if (call.words.length !== 1 || switchOf(call.words[0]!) !== false) return this.ask(call);
    this.parts.state.openDialog('room');
    return done;
  }

  private async signOut(): Promise<Result> {
    await this.parts.session.signOut();
    return done;
  }

  private actions: Record<string, Action> = {
    help: this.show(() => this.parts.state.openDialog('help')),
    me: ({ room, rest }) => this.parts.sending.text(room, rest, { action: true }),
    join: ({ words }) => {
      const name = asRoomName(words[0]!);
      return isRoomName(name) ? this.parts.rooms.enter(name) : wrong('error.room_name');
    },
    leave: ({ room }) => this.parts.rooms.leave(room),
    msg: (call) => this.message(call),
    rooms: this.show(() => this.parts.state.openDialog('rooms')),
    list: this.show(() => (this.parts.state.panel.value = 'people')),
    pins: (call) => (call.rest && call.rest !== call.room.name ? this.ask(call) : this.pins()),
    topic: ({ room, rest }) => this.parts.rooms.setTopic(room, rest),
    nick: ({ words }) => (isUserName(words[0]!) ? this.parts.session.changeName(words[0]!) : wrong('error.name')),
    away: ({ rest }) => this.parts.session.setAway(rest),
    back: () => this.parts.session.setAway(null),
    search: ({ rest }) => {
      this.parts.state.searchQuery.value = rest;
      this.parts.state.panel.value = 'search';
      return done;
    },
    history: (call) => this.history(call),
    edit: ({ room, rest }) => {
      const target = this.of.lastOwn(room);
      return target ? this.parts.sending.edit(room, target, rest) : wrong('error.no_own_message');
    },
    delete: (call) => this.remove(call),
    react: (call) => this.react(call),
    register: this.show(() => this.parts.state.openDialog('register')),
    login: () => this.signOut(),
    passwd: this.show(() => this.parts.state.openDialog('password')),
    private: (call) => this.setPrivate(call),
    // Another room than the one that is shown is closed by its whole name alone.
    close: (call) => (call.rest && call.rest !== call.room.name && call.command.row ? this.ask(call) : this.open('close-room')),
    sessions: (call) => (call.rest && call.command.row ? this.ask(call) : this.open('sessions')),
    accounts: (call) => (this.parts.state.me.value.admin && !call.rest ? this.open('admin') : this.ask(call)),
    whois: ({ words }) => {
      this.parts.state.openDialog('person', words[0]!.replace(/^@/, ''));
      return done;
    },
    status: (call) => (this.parts.state.me.value.admin ? this.open('admin') : this.ask(call)),
    settings: this.show(() => this.parts.state.openDialog('settings')),
    quit: () => this.signOut(),
  };
}
