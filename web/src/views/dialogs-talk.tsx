// Dialogs about messages: going to a day, deleting, and what the keys do.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { commands, usageOf } from '../model/commands.ts';
import { gistOf } from '../model/markup.ts';
import { useClient } from './here.ts';
import { Modal, Problem } from './parts.tsx';
import { t } from '../text.ts';

function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

export function DateDialog() {
  const { state, pages } = useClient();
  const day = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const go = async (event: Event) => {
    event.preventDefault();
    const room = state.active.value;
    const time = Date.parse(`${day.current!.value}T00:00`);
    if (!room || Number.isNaN(time)) return;
    busy.value = true;
    const result = await pages.jumpToDate(room, time);
    busy.value = false;
    if (!result.ok) {
      problem.value = result.text;
      return;
    }
    state.closeDialog();
    if (state.narrow.value) state.panel.value = 'none';
  };
  return (
    <Modal title={t('date.title')}>
      <form onSubmit={go}>
        <label for="date">{t('date.day')}</label>
        <input ref={day} id="date" type="date" max={today()} defaultValue={today()} required autofocus />
        <Problem text={problem.value} />
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
  const { state, sending } = useClient();
  const room = state.active.value;
  const message = room?.log.find(state.deleting.value);
  return (
    <Modal title={t('delete.title')}>
      <blockquote>{message ? gistOf(message, 200) : ''}</blockquote>
      <p>{t('delete.explain')}</p>
      <div class="modal-buttons">
        <button type="button" class="secondary" onClick={() => state.closeDialog()}>
          {t('cancel')}
        </button>
        <button
          type="button"
          class="primary danger"
          autofocus
          onClick={() => {
            if (room) sending.remove(room, state.deleting.value);
            state.closeDialog();
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
  ['Ctrl+B, Ctrl+I', 'format'],
  ['Ctrl+K', 'switch'],
  ['Alt+↑ / Alt+↓', 'rooms'],
  ['Alt+Shift+↑ / ↓', 'unread'],
  ['Ctrl+Shift+F', 'search'],
  ['Ctrl+Shift+M', 'mentions'],
  ['Page ↑ / Page ↓', 'scroll'],
  ['F6', 'regions'],
  ['Ctrl+/', 'help'],
  ['↑ ↓, R, E, +, T, S, U, Delete', 'message'],
];

export function HelpDialog() {
  const { settings } = useClient().state;
  const swapped = settings.value.enter === 'newline';
  const shown = (key: string) => (swapped && key === 'Enter' ? 'Ctrl+Enter' : swapped && key === 'Shift+Enter' ? 'Enter' : key);
  return (
    <Modal title={t('help.title')} class="modal-wide">
      <div class="help" tabIndex={0} role="group" aria-label={t('help.title')}>
        <h3>{t('help.keys')}</h3>
        <dl>
          {keys.map(([key, name]) => (
            <div key={name}>
              <dt>
                <kbd>{shown(key)}</kbd>
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
                <code>{usageOf(command)}</code>
              </dt>
              <dd>{t(`cmd.${command.name}`)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Modal>
  );
}
