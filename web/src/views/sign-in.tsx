// The way in: a name and Enter. Everything else (password, a new account) unfolds when wanted. What
// the server does not allow is not offered, and what this connection does not allow is said before.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { PASSWORD_LEAST, isUserName } from '../model/names.ts';
import type { ServerFacts } from '../model/protocol.ts';
import { useClient } from './here.ts';
import { Insecure } from './lazy.tsx';
import { Problem } from './parts.tsx';
import { Brand, NameField, typedName } from './sign-in-parts.tsx';
import { t } from '../text.ts';

type Way = 'guest' | 'login' | 'register';

const NEEDS_PASSWORD = new Set(['auth_required', 'auth_failed', 'name_taken']);

function mayRegister(facts: ServerFacts | null): boolean {
  const { registration = 'open', guests = true } = facts ?? {};
  return guests && (registration === 'open' || registration === true);
}

function Password({ way, field, stay }: { way: Way; field: preact.RefObject<HTMLInputElement | null>; stay: preact.RefObject<HTMLInputElement | null> }) {
  return (
    <>
      <label for="password">{t('sign_in.password')}</label>
      <input
        ref={field}
        id="password"
        name="password"
        type="password"
        autocomplete={way === 'register' ? 'new-password' : 'current-password'}
        aria-describedby="sign-in-problem"
      />
      <label class="check">
        <input ref={stay} type="checkbox" defaultChecked /> {t('sign_in.stay')}
      </label>
    </>
  );
}

function Code({ field }: { field: preact.RefObject<HTMLInputElement | null> }) {
  return (
    <>
      <label for="code">{t('totp.code')}</label>
      <input
        ref={field}
        id="code"
        name="code"
        type="text"
        autocomplete="one-time-code"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby="sign-in-problem"
      />
    </>
  );
}

function Ways({ way, onChoose }: { way: Way; onChoose: (way: Way) => void }) {
  const { facts } = useClient().state;
  const guests = facts.value?.guests !== false;
  const offered: [Way, string][] = [];
  if (way !== 'guest' && guests) offered.push(['guest', 'sign_in.as_guest']);
  if (way !== 'login') offered.push(['login', 'sign_in.have_account']);
  if (way !== 'register' && mayRegister(facts.value)) offered.push(['register', 'sign_in.make_account']);
  return (
    <p class="sign-in-ways">
      {offered.map(([next, key]) => (
        <button key={next} type="button" class="link-button" onClick={() => onChoose(next)}>
          {t(key)}
        </button>
      ))}
    </p>
  );
}

export function SignIn() {
  const client = useClient();
  const { state, session } = client;
  const facts = state.facts.value;
  const way = useSignal<Way>(facts?.guests === false ? 'login' : 'guest');
  const problem = useSignal<string | null>(null);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const stay = useRef<HTMLInputElement>(null);
  const code = useRef<HTMLInputElement>(null);
  const wantsCode = useSignal(false);
  const refusal = state.signInProblem.value;
  const line = state.line.value.state;
  const busy = line === 'connecting' || line === 'online';
  const insecure = way.value !== 'guest' && facts?.secure === false;

  useEffect(() => name.current?.focus(), []);
  useEffect(() => {
    if (facts?.guests === false && way.value === 'guest') way.value = 'login';
  }, [facts]);
  useEffect(() => {
    if (refusal?.code === 'auth_required' && way.value === 'guest') way.value = 'login';
    if (refusal?.field === 'code') {
      wantsCode.value = true;
      queueMicrotask(() => code.current?.focus());
    } else if (refusal && NEEDS_PASSWORD.has(refusal.code)) (way.value === 'guest' ? name : password).current?.focus();
  }, [refusal]);

  const choose = (next: Way) => {
    way.value = next;
    wantsCode.value = false;
    problem.value = null;
    state.signInProblem.value = null;
    queueMicrotask(() => (name.current?.value && next !== 'guest' ? password : name).current?.focus());
  };

  const byPasskey = async () => {
    const { signInByPasskey } = await import('../app/passkeys.ts');
    const shown = await signInByPasskey(client, stay.current?.checked ?? true);
    problem.value = shown.ok ? null : shown.text;
  };

  const submit = (event: Event) => {
    event.preventDefault();
    if (insecure) return;
    const typed = typedName(name);
    const secret = password.current?.value ?? '';
    problem.value = null;
    if (!isUserName(typed)) problem.value = t('error.name');
    else if (way.value === 'login' && !secret) problem.value = t('error.no_password');
    else if (way.value === 'register' && secret.length < PASSWORD_LEAST) problem.value = t('error.short_password', { n: PASSWORD_LEAST });
    if (problem.value) return;
    session.signIn({
      name: typed,
      stay: stay.current?.checked ?? true,
      ...(way.value === 'login' && code.current?.value ? { code: code.current.value } : {}),
      ...(way.value === 'guest' ? {} : { password: secret, register: way.value === 'register' }),
    });
  };

  const waiting = line === 'waiting' ? t('sign_in.no_server') : null;
  const known = facts?.name && facts.name !== 'brusio' ? facts.name : '';
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Brand tagline={known || t('sign_in.tagline')} />
        <form onSubmit={submit} noValidate>
          {insecure ? (
            <Insecure facts={facts} />
          ) : (
            <>
              <NameField field={name} />
              {way.value !== 'guest' && <Password way={way.value} field={password} stay={stay} />}
              {way.value === 'login' && wantsCode.value && <Code field={code} />}
              <button type="submit" class="primary" disabled={busy}>
                {t(`sign_in.go_${way.value}`)}
              </button>
              {way.value === 'login' && session.canHavePasskeys && (
                <button type="button" class="secondary" disabled={busy} onClick={() => void byPasskey()}>
                  {t('sign_in.by_passkey')}
                </button>
              )}
            </>
          )}
          <div id="sign-in-problem">
            <Problem text={problem.value ?? refusal?.text ?? waiting} />
          </div>
          {way.value === 'login' && !mayRegister(facts) && <p class="quiet">{t('sign_in.ask_operator')}</p>}
        </form>
        <Ways way={way.value} onChoose={choose} />
      </div>
    </main>
  );
}
