// The way in: a name and Enter. Everything else (password, a new account) unfolds when wanted.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { isUserName } from '../model/names.ts';
import { signIn } from '../app/session.ts';
import { lastName } from '../app/sign-in-store.ts';
import { line, signInProblem } from '../app/state.ts';
import { Mark } from './icons.tsx';
import { Problem } from './parts.tsx';
import { t } from '../text.ts';

type Way = 'guest' | 'login' | 'register';

const NEEDS_PASSWORD = new Set(['auth_required', 'auth_failed', 'name_taken']);
const PASSWORD_LEAST = 8;

export function SignIn() {
  const way = useSignal<Way>('guest');
  const problem = useSignal<string | null>(null);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const stay = useRef<HTMLInputElement>(null);
  const refusal = signInProblem.value;
  const busy = line.value.state === 'connecting' || line.value.state === 'online';

  useEffect(() => name.current!.focus(), []);
  useEffect(() => {
    if (refusal?.code === 'auth_required' && way.value === 'guest') way.value = 'login';
    if (refusal && NEEDS_PASSWORD.has(refusal.code)) (way.value === 'guest' ? name : password).current?.focus();
  }, [refusal]);

  const choose = (next: Way) => {
    way.value = way.value === next ? 'guest' : next;
    problem.value = null;
    signInProblem.value = null;
    queueMicrotask(() => (name.current!.value && next !== 'guest' ? password : name).current?.focus());
  };

  const submit = (event: Event) => {
    event.preventDefault();
    const typed = name.current!.value.trim().replace(/\s+/g, '_');
    const secret = password.current?.value ?? '';
    problem.value = null;
    if (!isUserName(typed)) problem.value = t('error.name');
    else if (way.value === 'register' && secret.length < PASSWORD_LEAST) problem.value = t('error.short_password', { n: PASSWORD_LEAST });
    if (problem.value) return;
    signIn({
      name: typed,
      stay: stay.current?.checked ?? true,
      ...(way.value === 'guest' ? {} : { password: secret, register: way.value === 'register' }),
    });
  };

  const waiting = line.value.state === 'waiting';
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <div class="brand-large">
          <Mark />
          <h1>brusio</h1>
          <p>{t('sign_in.tagline')}</p>
        </div>
        <form onSubmit={submit} noValidate>
          <label for="name">{t('sign_in.name')}</label>
          <input
            ref={name}
            id="name"
            name="username"
            type="text"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            maxLength={64}
            defaultValue={lastName()}
            aria-describedby="sign-in-problem"
          />
          {way.value !== 'guest' && (
            <>
              <label for="password">{t('sign_in.password')}</label>
              <input
                ref={password}
                id="password"
                name="password"
                type="password"
                autocomplete={way.value === 'register' ? 'new-password' : 'current-password'}
                aria-describedby="sign-in-problem"
              />
              <label class="check">
                <input ref={stay} type="checkbox" defaultChecked /> {t('sign_in.stay')}
              </label>
            </>
          )}
          <button type="submit" class="primary" disabled={busy}>
            {t(`sign_in.go_${way.value}`)}
          </button>
          <div id="sign-in-problem">
            <Problem text={problem.value ?? refusal?.text ?? (waiting ? t('sign_in.no_server') : null)} />
          </div>
        </form>
        <p class="sign-in-ways">
          <button type="button" class="link-button" aria-expanded={way.value === 'login'} onClick={() => choose('login')}>
            {way.value === 'login' ? t('sign_in.as_guest') : t('sign_in.have_account')}
          </button>
          <button type="button" class="link-button" aria-expanded={way.value === 'register'} onClick={() => choose('register')}>
            {way.value === 'register' ? t('sign_in.as_guest') : t('sign_in.make_account')}
          </button>
        </p>
      </div>
    </main>
  );
}
