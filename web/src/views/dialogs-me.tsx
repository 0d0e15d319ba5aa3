// Dialogs about me: name, account, how the page looks and sounds, leaving.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { play } from '../app/alert.ts';
import { canNotify } from '../app/notify.ts';
import { PASSWORD_LEAST, isUserName } from '../model/names.ts';
import type { SessionRow } from '../model/protocol.ts';
import type { Settings } from '../model/settings.ts';
import { useClient } from './here.ts';
import { Insecure } from './insecure.tsx';
import { Modal, Problem } from './parts.tsx';
import { PushSwitch } from './push-switch.tsx';
import { t, times } from '../text.ts';

function Name({ onProblem }: { onProblem: (text: string | null) => void }) {
  const { state, session } = useClient();
  const name = useRef<HTMLInputElement>(null);
  const rename = async (event: Event) => {
    event.preventDefault();
    const typed = name.current!.value.trim();
    if (typed === state.me.value.name) return;
    if (!isUserName(typed)) return onProblem(t('error.name'));
    const result = await session.changeName(typed);
    onProblem(result.ok ? null : result.text);
    if (result.ok) state.say(t('settings.renamed', { name: typed }));
  };
  return (
    <form class="field-row" onSubmit={rename}>
      <label for="new-name">{t('settings.name')}</label>
      <input ref={name} id="new-name" type="text" autocomplete="off" maxLength={64} defaultValue={state.me.value.name} />
      <button type="submit" class="secondary">
        {t('settings.rename')}
      </button>
    </form>
  );
}

function Away({ onProblem }: { onProblem: (text: string | null) => void }) {
  const { state, session } = useClient();
  const text = useRef<HTMLInputElement>(null);
  const isAway = state.away.value !== null;
  const submit = async (event: Event) => {
    event.preventDefault();
    const result = await session.setAway(isAway ? null : text.current!.value.trim());
    onProblem(result.ok ? null : result.text);
  };
  return (
    <form class="field-row" onSubmit={submit}>
      <label for="away-text">{t('settings.away')}</label>
      <input
        ref={text}
        id="away-text"
        type="text"
        autocomplete="off"
        maxLength={120}
        disabled={isAway}
        placeholder={state.away.value ?? t('away.default')}
      />
      <button type="submit" class="secondary" aria-pressed={isAway}>
        {isAway ? t('settings.back') : t('settings.go_away')}
      </button>
    </form>
  );
}

type Choosable = 'theme' | 'language' | 'size' | 'density' | 'enter';

const choices: { [K in Choosable]: readonly Settings[K][] } = {
  theme: ['auto', 'light', 'dark'],
  language: ['auto', 'en', 'it'],
  size: ['small', 'normal', 'large', 'huge'],
  density: ['roomy', 'dense'],
  enter: ['send', 'newline'],
};

function Choice({ what }: { what: Choosable }) {
  const { state, preferences } = useClient();
  const choose = (event: Event) => {
    preferences.set({ [what]: (event.currentTarget as HTMLSelectElement).value });
    // The words of the page are loaded once, before it is drawn.
    if (what === 'language') location.reload();
  };
  return (
    <div class="choice-row">
      <label for={`set-${what}`}>{t(`settings.${what}`)}</label>
      <select id={`set-${what}`} value={state.settings.value[what]} onChange={choose}>
        {choices[what].map((value) => (
          <option key={value} value={value}>
            {t(`${what}.${value}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Alerts({ onProblem }: { onProblem: (text: string | null) => void }) {
  const { state, preferences, notifier } = useClient();
  const { notify, sound, doNotDisturb } = state.settings.value;
  const turn = async (on: boolean) => {
    const isOn = await notifier.turn(on);
    onProblem(on && !isOn ? t('settings.notify_denied') : null);
  };
  const setSound = (on: boolean) => {
    preferences.set({ sound: on });
    if (on) play();
  };
  const box = (label: string, on: boolean, change: (on: boolean) => void, disabled = false) => (
    <label class="check">
      <input type="checkbox" disabled={disabled} checked={on} onChange={(event) => change(event.currentTarget.checked)} /> {label}
    </label>
  );
  return (
    <>
      {box(t('settings.notify'), notify && canNotify(), (on) => void turn(on), !canNotify())}
      {!canNotify() && <p class="quiet">{t('settings.notify_impossible')}</p>}
      <PushSwitch onProblem={onProblem} />
      {box(t('settings.sound'), sound, setSound)}
      {box(t('settings.quiet'), doNotDisturb, (on) => preferences.set({ doNotDisturb: on }))}
    </>
  );
}

export function SettingsDialog() {
  const { state, session } = useClient();
  const problem = useSignal<string | null>(null);
  const tell = (text: string | null) => (problem.value = text);
  const { account, name } = state.me.value;
  const leave = () => {
    state.closeDialog();
    void session.signOut();
  };
  const link = (dialog: 'password' | 'totp' | 'passkeys' | 'profile' | 'admin' | 'sessions' | 'register' | 'help' | 'invite', key: string) => (
    <button type="button" class="secondary" onClick={() => state.openDialog(dialog)}>
      {t(key)}
    </button>
  );
  return (
    <Modal title={t('settings.title')}>
      <Name onProblem={tell} />
      <Away onProblem={tell} />
      <Problem text={problem.value} />
      <h3>{t('settings.alerts')}</h3>
      <Alerts onProblem={tell} />
      <h3>{t('settings.looks')}</h3>
      <div class="choice-rows">
        {(Object.keys(choices) as Choosable[]).map((what) => (
          <Choice key={what} what={what} />
        ))}
      </div>
      <p class="quiet">{t(account ? 'settings.everywhere' : 'settings.here')}</p>
      <h3>{t('settings.account')}</h3>
      <p class="quiet">{t(account ? 'settings.is_account' : 'settings.is_guest', { name })}</p>
      <div class="modal-buttons modal-buttons-start">
        {account && link('profile', 'profile.title')}
        {state.me.value.admin && link('admin', 'admin.title')}
        {account ? link('password', 'password.title') : link('register', 'register.title')}
        {account && link('passkeys', 'passkey.title')}
        {account && link('totp', 'totp.title')}
        {account && link('sessions', 'sessions.title')}
        {link('invite', 'welcome.invite')}
        {link('help', 'help.title')}
        <button type="button" class="secondary danger" onClick={leave}>
          {account ? t('settings.sign_out') : t('settings.leave')}
        </button>
      </div>
      <p class="quiet settings-about">{t('settings.about', { version: BRUSIO_VERSION, server: state.serverName.value || 'brusio' })}</p>
    </Modal>
  );
}

export function RegisterDialog() {
  const client = useClient();
  const { state, session } = client;
  const password = useRef<HTMLInputElement>(null);
  const stay = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const { facts, me } = state;
  const { name } = me.value;
  const submit = async (event: Event) => {
    event.preventDefault();
    const secret = password.current!.value;
    if (secret.length < PASSWORD_LEAST) {
      problem.value = t('error.short_password', { n: PASSWORD_LEAST });
      return;
    }
    const result = await session.register(secret, stay.current!.checked);
    if (!result.ok) {
      problem.value = result.text;
      return;
    }
    void client.settings().then((settings) => settings.follow(), () => undefined);
    state.closeDialog();
    state.say(t('register.done', { name }));
  };
  if (facts.value?.secure === false) {
    return (
      <Modal title={t('register.title')}>
        <Insecure facts={facts.value} />
      </Modal>
    );
  }
  return (
    <Modal title={t('register.title')}>
      <p>{t('register.explain', { name })}</p>
      <form onSubmit={submit}>
        <input class="out-of-sight" type="text" autocomplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
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
  const { state, session } = useClient();
  const old = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const secret = next.current!.value;
    if (secret.length < PASSWORD_LEAST) {
      problem.value = t('error.short_password', { n: PASSWORD_LEAST });
      return;
    }
    const result = await session.changePassword(old.current!.value, secret);
    if (!result.ok) {
      problem.value = result.text;
      return;
    }
    state.closeDialog();
    state.say(t('password.done'));
  };
  return (
    <Modal title={t('password.title')}>
      <form onSubmit={submit}>
        <label for="password-old">{t('password.old')}</label>
        <input ref={old} id="password-old" type="password" autocomplete="current-password" autofocus />
        <label for="password-new">{t('password.new')}</label>
        <input ref={next} id="password-new" type="password" autocomplete="new-password" />
        <p class="quiet">{t('password.ends_others')}</p>
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

function SessionItem({ row, onEnd }: { row: SessionRow; onEnd: (key: string) => void }) {
  const when = (time: string | undefined) => (time ? times().short(Date.parse(time), Date.now()) : '');
  return (
    <li>
      <span>
        <b>{row.token || row.client || row.device || t('sessions.unknown')}</b>
        <small>{[row.address, when(row.seen ?? row.since)].filter(Boolean).join(' · ')}</small>
      </span>
      {row.current ? (
        <small>{t('sessions.this')}</small>
      ) : (
        <button type="button" class="secondary" onClick={() => onEnd(row.key)}>
          {t('sessions.end')}
        </button>
      )}
    </li>
  );
}

export function SessionsDialog() {
  const { line } = useClient();
  const list = useSignal<SessionRow[] | null>(null);
  const problem = useSignal<string | null>(null);
  const read = async () => {
    const answer = await line.request<{ sessions?: SessionRow[] }>({ op: 'sessions' });
    if (answer.ok) list.value = answer.value.sessions ?? [];
    else problem.value = answer.text;
  };
  useEffect(() => void read(), []);
  const end = async (key: string) => {
    const result = await line.order({ op: 'sessions', end: key });
    problem.value = result.ok ? null : result.text;
    if (result.ok) await read();
  };
  return (
    <Modal title={t('sessions.title')}>
      <p class="quiet">{t('sessions.explain')}</p>
      <Problem text={problem.value} />
      <ul class="dialog-list" aria-busy={list.value === null}>
        {(list.value ?? []).map((row) => (
          <SessionItem key={row.key} row={row} onEnd={(key) => void end(key)} />
        ))}
      </ul>
      <div class="modal-buttons">
        <button type="button" class="secondary danger" onClick={() => void end('others')}>
          {t('sessions.end_others')}
        </button>
      </div>
    </Modal>
  );
}
