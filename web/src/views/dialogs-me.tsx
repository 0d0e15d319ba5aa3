// Dialogs about me: name, account, notifications, leaving.

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { setAway } from '../app/follow.ts';
import { canNotify, turnNotifications } from '../app/notify.ts';
import { changeName, changePassword, registerHere, signOut } from '../app/session.ts';
import { away, closeDialog, me, notificationsOn, openDialog, say, serverName } from '../app/state.ts';
import { isUserName } from '../model/names.ts';
import { Modal, Problem } from './parts.tsx';
import { t } from '../text.ts';

const PASSWORD_LEAST = 8;

export function SettingsDialog() {
  const name = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const { account } = me.value;
  const isAway = away.value !== null;

  const rename = async (event: Event) => {
    event.preventDefault();
    const typed = name.current!.value.trim();
    if (typed === me.value.name) return;
    problem.value = isUserName(typed) ? await changeName(typed) : t('error.name');
    if (!problem.value) say(t('settings.renamed', { name: typed }));
  };

  const notifications = async (on: boolean) => {
    await turnNotifications(on);
    if (on && !notificationsOn.value) problem.value = t('settings.notify_denied');
  };

  return (
    <Modal title={t('settings.title')}>
      <form class="field-row" onSubmit={rename}>
        <label for="new-name">{t('settings.name')}</label>
        <input ref={name} id="new-name" type="text" autocomplete="off" maxLength={64} defaultValue={me.value.name} />
        <button type="submit" class="secondary">
          {t('settings.rename')}
        </button>
      </form>
      <form
        class="field-row"
        onSubmit={(event) => {
          event.preventDefault();
          setAway(isAway ? null : text.current!.value.trim());
        }}
      >
        <label for="away-text">{t('settings.away')}</label>
        <input ref={text} id="away-text" type="text" autocomplete="off" maxLength={120} disabled={isAway} placeholder={t('away.default')} />
        <button type="submit" class="secondary" aria-pressed={isAway}>
          {isAway ? t('settings.back') : t('settings.go_away')}
        </button>
      </form>
      <label class="check">
        <input
          type="checkbox"
          disabled={!canNotify()}
          checked={notificationsOn.value}
          onChange={(event) => void notifications(event.currentTarget.checked)}
        />{' '}
        {t('settings.notify')}
      </label>
      {!canNotify() && <p class="quiet">{t('settings.notify_impossible')}</p>}
      <Problem text={problem.value} />
      <h3>{t('settings.account')}</h3>
      <p class="quiet">{account ? t('settings.is_account', { name: me.value.name }) : t('settings.is_guest', { name: me.value.name })}</p>
      <div class="modal-buttons modal-buttons-start">
        {account ? (
          <button type="button" class="secondary" onClick={() => openDialog('password')}>
            {t('password.title')}
          </button>
        ) : (
          <button type="button" class="secondary" onClick={() => openDialog('register')}>
            {t('register.title')}
          </button>
        )}
        <button type="button" class="secondary" onClick={() => openDialog('help')}>
          {t('help.title')}
        </button>
        <button
          type="button"
          class="secondary danger"
          onClick={() => {
            closeDialog();
            void signOut();
          }}
        >
          {account ? t('settings.sign_out') : t('settings.leave')}
        </button>
      </div>
      <p class="quiet about">
        {t('settings.about', { version: BRUSIO_VERSION, server: serverName.value || 'brusio' })}
      </p>
    </Modal>
  );
}

export function RegisterDialog() {
  const password = useRef<HTMLInputElement>(null);
  const stay = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const secret = password.current!.value;
    problem.value =
      secret.length < PASSWORD_LEAST ? t('error.short_password', { n: PASSWORD_LEAST }) : await registerHere(secret, stay.current!.checked);
    if (problem.value) return;
    closeDialog();
    say(t('register.done', { name: me.value.name }));
  };
  return (
    <Modal title={t('register.title')}>
      <p>{t('register.explain', { name: me.value.name })}</p>
      <form onSubmit={submit}>
        <input class="out-of-sight" type="text" autocomplete="username" value={me.value.name} readOnly tabIndex={-1} aria-hidden="true" />
        <label for="register-password">{t('sign_in.password')}</label>
        <input ref={password} id="register-password" type="password" autocomplete="new-password" autofocus />
        <label class="check">
          <input ref={stay} type="checkbox" defaultChecked /> {t('sign_in.stay')}
        </label>
        <Problem text={problem.value} />
        <div class="modal-buttons">
          <button type="submit" class="primary">
            {t('register.go')}
          </button>
        </div>
      </form>
    </Modal>
  );
}

export function PasswordDialog() {
  const old = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const secret = next.current!.value;
    problem.value =
      secret.length < PASSWORD_LEAST ? t('error.short_password', { n: PASSWORD_LEAST }) : await changePassword(old.current!.value, secret);
    if (problem.value) return;
    closeDialog();
    say(t('password.done'));
  };
  return (
    <Modal title={t('password.title')}>
      <form onSubmit={submit}>
        <label for="password-old">{t('password.old')}</label>
        <input ref={old} id="password-old" type="password" autocomplete="current-password" autofocus />
        <label for="password-new">{t('password.new')}</label>
        <input ref={next} id="password-new" type="password" autocomplete="new-password" />
        <Problem text={problem.value} />
        <div class="modal-buttons">
          <button type="submit" class="primary">
            {t('password.go')}
          </button>
        </div>
      </form>
    </Modal>
  );
}
