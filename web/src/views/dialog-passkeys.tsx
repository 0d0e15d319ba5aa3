// The passkeys of my account: what there is, another one, and away with one.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { addPasskey, listPasskeys, removePasskey } from '../app/passkeys.ts';
import type { PasskeyRow } from '../model/protocol.ts';
import { useClient } from './here.ts';
import { Modal, Problem } from './parts.tsx';
import { t, times } from '../text.ts';

const LABEL_MAX = 64;

export function PasskeysDialog() {
  const { state, session, line } = useClient();
  const rows = useSignal<PasskeyRow[] | null>(null);
  const problem = useSignal<string | null>(null);
  const label = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  const load = async () => {
    const answer = await listPasskeys(line);
    if (answer.ok) rows.value = answer.value.passkeys;
    else problem.value = answer.text;
  };
  useEffect(() => void load(), []);

  const add = async (event: Event) => {
    event.preventDefault();
    const name = label.current!.value.trim();
    if (!name || !password.current!.value) return;
    const answer = await addPasskey(line, state.me.value.name, name, password.current!.value);
    problem.value = answer.ok ? null : answer.text;
    if (!answer.ok) return;
    label.current!.value = password.current!.value = '';
    state.say(t('passkey.made'));
    void load();
  };
  const remove = async (name: string) => {
    const answer = await removePasskey(line, name);
    problem.value = answer.ok ? null : answer.text;
    void load();
  };

  return (
    <Modal title={t('passkey.title')}>
      <p>{t('passkey.explain')}</p>
      {rows.value && rows.value.length > 0 && (
        <ul class="dialog-list">
          {rows.value.map((row) => (
            <li key={row.label}>
              <span>
                <b>{row.label}</b>
                <small>{t(row.used ? 'passkey.used' : 'passkey.unused', { when: times().short(Date.parse(row.used ?? row.since), Date.now()) })}</small>
              </span>
              <button type="button" class="secondary" aria-label={t('passkey.remove_one', { name: row.label })} onClick={() => void remove(row.label)}>
                {t('passkey.remove')}
              </button>
            </li>
          ))}
        </ul>
      )}
      {session.canHavePasskeys ? (
        <form onSubmit={add}>
          <label for="passkey-label">{t('passkey.label')}</label>
          <input ref={label} id="passkey-label" type="text" maxLength={LABEL_MAX} autocomplete="off" autofocus />
          <label for="passkey-password">{t('password.old')}</label>
          <input ref={password} id="passkey-password" type="password" autocomplete="current-password" />
          <div class="modal-buttons">
            <button type="submit" class="primary">
              {t('passkey.make')}
            </button>
          </div>
        </form>
      ) : (
        <p class="quiet">{t('passkey.impossible')}</p>
      )}
      <Problem text={problem.value} />
    </Modal>
  );
}
