// What the commands of model/commands.ts do in this client.

import { emojiByName } from '../model/emoji.ts';
import { parseSanction, parseTyped, requestOf } from '../model/commands.ts';
import type { Command } from '../model/commands.ts';
import type { WireObject } from '../model/protocol.ts';
import { asRoomName, isRoomName, isUserName, sameName } from '../model/names.ts';
import { addInfo } from './incoming.ts';
import { enterRoom, jumpToDate, jumpToEnd, leaveRoom, setAway, setTopic } from './follow.ts';
import { attempt, refusalText, request } from './line.ts';
import type { Room } from './room.ts';
import { sendDelete, sendEdit, sendReaction, sendText } from './sending.ts';
import { changeName, signOut } from './session.ts';
import { findRoom, me, openDialog, panel, searchQuery } from './state.ts';
import { t } from '../text.ts';

interface Call {
  room: Room;
  rest: string;
  words: string[];
}

// Each returns what to tell the user when it could not be done, or nothing.
type Action = (call: Call) => string | null | void | Promise<string | null | void>;

function lastOwn(room: Room): number {
  const own = room.log.window.findLast(
    (message) => message.kind === 'message' && !message.deleted && sameName(message.name, me.value.name),
  );
  return own?.seq ?? 0;
}

function moderate(op: string): Action {
  return async ({ room, words }) => {
    await attempt({ op, room: room.name, ...parseSanction(words) });
  };
}

const actions: Record<string, Action> = {
  help: () => openDialog('help'),
  me: ({ room, rest }) => sendText(room, rest, { action: true }),
  async join({ words }) {
    const name = asRoomName(words[0]!);
    if (!isRoomName(name)) return t('error.room_name');
    await enterRoom(name);
  },
  leave: ({ room }) => leaveRoom(room),
  async msg({ words, rest }) {
    const name = words[0]!.replace(/^@/, '');
    if (!isUserName(name)) return t('error.name');
    const text = rest.slice(words[0]!.length).trim();
    const entered = await enterRoom(`@${name}`);
    const room = findRoom(`@${name}`);
    return entered && room && text ? sendText(room, text) : null;
  },
  rooms: () => openDialog('rooms'),
  list: () => void (panel.value = 'people'),
  async topic({ room, rest }) {
    await setTopic(room, rest);
  },
  nick: ({ words }) => (isUserName(words[0]!) ? changeName(words[0]!) : t('error.name')),
  away: ({ rest }) => setAway(rest),
  back: () => setAway(null),
  search({ rest }) {
    searchQuery.value = rest;
    panel.value = 'search';
  },
  async history({ room, words }) {
    if (!words[0]) return openDialog('date');
    const time = Date.parse(`${words[0]}T00:00`);
    if (Number.isNaN(time)) return t('error.date');
    await jumpToDate(room, time);
  },
  edit({ room, rest }) {
    const target = lastOwn(room);
    return target ? sendEdit(room, target, rest) : t('error.no_own_message');
  },
  delete({ room }) {
    const target = lastOwn(room);
    if (!target) return t('error.no_own_message');
    sendDelete(room, target);
  },
  react({ room, words }) {
    const emoji = emojiByName(words[0]!.replaceAll(':', '')) ?? words[0]!;
    const target = room.log.window.findLast((message) => message.kind === 'message' && !message.deleted);
    if (!target) return t('error.no_message');
    sendReaction(room, target.seq, emoji);
  },
  register: () => openDialog('register'),
  login: () => signOut(),
  passwd: () => openDialog('password'),
  async invite({ room, words }) {
    await attempt({ op: 'invite', room: room.name, name: words[0]!.replace(/^@/, '') });
  },
  kick: moderate('kick'),
  ban: moderate('ban'),
  unban: moderate('unban'),
  mute: moderate('mute'),
  unmute: moderate('unmute'),
  async role({ room, words }) {
    await attempt({ op: 'role', room: room.name, name: words[0]!.replace(/^@/, ''), role: words[1]! });
  },
  quit: () => signOut(),
};

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

// A command that is nothing but its row in the server's table.
async function ask(command: Command, { room, rest }: Call): Promise<string | null> {
  const object = requestOf(command.row!, room.name, rest);
  if (!object) return usageOf(command);
  try {
    const answer = await request(object as WireObject);
    const lines = listed(String(answer.op), answer);
    if (lines) addInfo(room, lines);
    return null;
  } catch (error) {
    return refusalText(error);
  }
}

function usageOf(command: Command): string {
  return t('error.usage', { usage: `/${command.name} ${command.args}` });
}

async function run(command: Command, call: Call): Promise<string | null | void> {
  const action = actions[command.name];
  return action ? action(call) : ask(command, call);
}

// Returns whether the composer may be emptied.
export async function submit(room: Room, typed: string, replyTo: number): Promise<boolean> {
  const parsed = parseTyped(typed);
  let problem: string | null | void;
  switch (parsed.kind) {
    case 'text':
      problem = sendText(room, parsed.text, { replyTo });
      if (!problem) void jumpToEnd(room);
      break;
    case 'unknown':
      problem = t('error.unknown_command', { name: parsed.name });
      break;
    case 'usage':
      problem = usageOf(parsed.command);
      break;
    case 'command':
      problem = await run(parsed.command, { room, rest: parsed.rest, words: parsed.words });
  }
  if (problem) addInfo(room, problem);
  return !problem;
}
