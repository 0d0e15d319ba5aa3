// Completions for the word at the caret, above the composer.

import type { Choice, Completion } from '../model/complete.ts';
import { Avatar } from './parts.tsx';
import { t } from '../text.ts';

function detailOf(choice: Choice): string {
  if (choice.kind === 'command') return `${choice.detail} ${t(`cmd.${choice.insert.slice(1)}`)}`;
  return choice.detail ? t(`choice.${choice.detail}`) : '';
}

export function CompletionList(props: { list: Completion; chosen: number; onPick: (at: number) => void }) {
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
