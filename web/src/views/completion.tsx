// Completions for the word at the caret, above the composer.

import { complete } from '../model/complete.ts';
import type { Choice, Completion, Known } from '../model/complete.ts';
import { compareNames } from '../model/names.ts';
import type { Client } from '../app/client.ts';
import type { Room } from '../app/room.ts';
import { Avatar } from './parts.tsx';
import { t } from '../text.ts';

function detailOf(choice: Choice): string {
  if (choice.kind === 'command') return `${choice.detail} ${t(`cmd.${choice.insert.slice(1)}`)}`;
  if (choice.kind === 'person' && choice.face) return choice.detail;
  return choice.detail ? t(`choice.${choice.detail}`) : '';
}

export interface CompletionProps {
  list: Completion;
  chosen: number;
  onPick: (at: number) => void;
}

export function CompletionList(props: CompletionProps) {
  const { list, chosen, onPick } = props;
  return (
    <ul class="completion" id="completion" role="listbox" aria-label={t('composer.choices')}>
      {list.choices.map((choice, at) => (
        <li
          key={choice.insert}
          id={`choice-${at}`}
          role="option"
          aria-selected={at === chosen}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(at);
          }}
        >
          {choice.kind === 'person' && choice.face && <Avatar name={choice.face} small />}
          {choice.kind === 'emoji' && <span class="choice-emoji">{choice.face}</span>}
          <span>{choice.label}</span>
          <small>{detailOf(choice)}</small>
        </li>
      ))}
    </ul>
  );
}

// Those who wrote last come first, then the others by name.
function namesIn({ state }: Client, room: Room): string[] {
  const names = new Set<string>();
  for (const message of room.log.window.slice(-100).reverse()) if (message.name) names.add(message.name);
  const members = (room.members.value ?? []).map((member) => member.name).sort(compareNames);
  for (const name of members) names.add(name);
  // To myself I write less often.
  const me = state.me.value.name;
  names.delete(me);
  names.add(me);
  return [...names];
}

// Names are put together when they are asked for, since a room may have thousands.
function knownTo(client: Client, room: Room): Known {
  const { state, commands } = client;
  return {
    get names() {
      return namesIn(client, room);
    },
    shownAs: (name) => state.shownName(name),
    rooms: state.rooms.value.filter((other) => !other.direct).map((other) => other.name),
    mayCallAll: !room.direct && state.mayModerate(room),
    commands: commands.table.filter(({ needs }) => {
      if (!needs) return true;
      if (needs === 'moderator') return state.mayModerate(room);
      if (needs === 'owner') return state.mayOwn(room);
      return (needs === 'account') === state.me.value.account;
    }),
  };
}

export function completeIn(client: Client, room: Room, text: string, caret: number): Completion | null {
  return complete(text, caret, knownTo(client, room));
}
