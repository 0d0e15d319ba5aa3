// Dialogs about messages: picking an emoji, going to a day, deleting, and what the keys do.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { commands } from '../model/commands.ts';
import { emojiGroups, quickReactions, searchEmoji } from '../model/emoji.ts';
import type { Emoji } from '../model/emoji.ts';
import { summaryOf } from '../model/markup.ts';
import { jumpToDate } from '../app/follow.ts';
import { sendDelete } from '../app/sending.ts';
import { active, closeDialog, deleting, narrow, onEmoji, panel } from '../app/state.ts';
import { Modal } from './parts.tsx';
import { t } from '../text.ts';

export function EmojiDialog() {
  const typed = useSignal('');
  const choose = (emoji: string) => {
    closeDialog();
    onEmoji.value(emoji);
  };
  const grid = (list: Emoji[]) => (
    <div class="emoji-grid">
      {list.map(({ name, emoji }) => (
        <button key={emoji} type="button" aria-label={name.replaceAll('_', ' ')} title={`:${name}:`} onClick={() => choose(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  );
  const first = searchEmoji(typed.value, 60);
  const unique = first.filter((item, at) => first.findIndex((other) => other.emoji === item.emoji) === at);
  return (
    <Modal title={t('emoji.title')} class="modal-emoji">
      <label class="out-of-sight" for="emoji-search">
        {t('emoji.search')}
      </label>
      <input
        id="emoji-search"
        type="text"
        autocomplete="off"
        autofocus
        placeholder={t('emoji.search')}
        onInput={(event) => (typed.value = event.currentTarget.value.trim().toLowerCase().replace(/\s+/g, '_'))}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && typed.value && unique[0]) choose(unique[0].emoji);
        }}
      />
      <div class="emoji-list" tabIndex={0} role="group" aria-label={t('emoji.title')}>
        {typed.value ? (
          grid(unique)
        ) : (
          <>
            {grid(quickReactions.map((emoji) => ({ emoji, name: emojiGroups.flatMap((g) => g.list).find((e) => e.emoji === emoji)?.name ?? '' })))}
            {emojiGroups.map(({ group, list }) => (
              <section key={group} aria-label={t(`emoji.${group}`)}>
                <h3>{t(`emoji.${group}`)}</h3>
                {grid(list)}
              </section>
            ))}
          </>
        )}
      </div>
    </Modal>
  );
}

function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

export function DateDialog() {
  const day = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const go = async (event: Event) => {
    event.preventDefault();
    const room = active.value;
    const time = Date.parse(`${day.current!.value}T00:00`);
    if (!room || Number.isNaN(time)) return;
    busy.value = true;
    await jumpToDate(room, time);
    closeDialog();
    if (narrow.matches) panel.value = 'none';
  };
  return (
    <Modal title={t('date.title')}>
      <form onSubmit={go}>
        <label for="date">{t('date.day')}</label>
        <input ref={day} id="date" type="date" max={today()} defaultValue={today()} required autofocus />
        <div class="modal-buttons">
          <button type="submit" class="primary" disabled={busy.value}>
            {t('date.go')}
          </button>
        </div>
      </form>
    </Modal>
  );
}

export function DeleteDialog() {
  const room = active.value;
  const message = room?.log.find(deleting.value);
  return (
    <Modal title={t('delete.title')}>
      <blockquote>{message ? summaryOf(message.text, 200) : ''}</blockquote>
      <p>{t('delete.explain')}</p>
      <div class="modal-buttons">
        <button type="button" class="secondary" onClick={closeDialog}>
          {t('cancel')}
        </button>
        <button
          type="button"
          class="primary danger"
          autofocus
          onClick={() => {
            if (room) sendDelete(room, deleting.value);
            closeDialog();
          }}
        >
          {t('log.delete')}
        </button>
      </div>
    </Modal>
  );
}

const keys: [string, string][] = [
  ['Enter', 'send'],
  ['Shift+Enter', 'newline'],
  ['↑', 'edit_last'],
  ['Ctrl+K', 'switch'],
  ['Alt+↑ / Alt+↓', 'rooms'],
  ['Alt+Shift+↑ / ↓', 'unread'],
  ['Ctrl+Shift+F', 'search'],
  ['Page ↑ / Page ↓', 'scroll'],
  ['F6', 'regions'],
  ['Ctrl+/', 'help'],
  ['↑ ↓, R, E, +, Delete', 'message'],
];

export function HelpDialog() {
  return (
    <Modal title={t('help.title')} class="modal-wide">
      <div class="help" tabIndex={0} role="group" aria-label={t('help.title')}>
        <h3>{t('help.keys')}</h3>
        <dl>
          {keys.map(([key, name]) => (
            <div key={name}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{t(`key.${name}`)}</dd>
            </div>
          ))}
        </dl>
        <h3>{t('help.writing')}</h3>
        <p>{t('help.markup')}</p>
        <h3>{t('help.commands')}</h3>
        <dl>
          {commands.map((command) => (
            <div key={command.name}>
              <dt>
                <code>
                  /{command.name} {command.args}
                </code>
              </dt>
              <dd>{t(`cmd.${command.name}`)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Modal>
  );
}
