// The second factor of my account: turning it on with an authenticator app, and off again.

import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { useClient } from './here.ts';
import { CopyLine, Modal, Problem } from './parts.tsx';
import { Qr } from './qr.tsx';
import { t } from '../text.ts';

interface Offered {
  secret: string;
  uri: string;
}

// One field and a button; what was typed goes to `onTyped`.
function Ask({ label, isSecret, go, onTyped }: { label: string; isSecret?: boolean; go: string; onTyped: (text: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    if (field.current!.value) onTyped(field.current!.value.trim());
  };
  return (
    <form onSubmit={submit}>
      <label for="totp-field">{label}</label>
      {isSecret ? (
        <input ref={field} id="totp-field" type="password" autocomplete="current-password" autofocus />
      ) : (
        <input ref={field} id="totp-field" type="text" autocomplete="one-time-code" spellcheck={false} autocapitalize="none" autofocus />
      )}
      <div class="modal-buttons">
        <button type="submit" class="primary">
          {go}
        </button>
      </div>
    </form>
  );
}

export function TotpDialog() {
  const { state, line } = useClient();
  const isOn = useSignal<boolean | null>(null);
  const password = useRef('');
  const offered = useSignal<Offered | null>(null);
  const recovery = useSignal<string[]>([]);
  const problem = useSignal<string | null>(null);

  useEffect(() => {
    // Asked to turn it off without a code, the server answers bad_field only where it is on.
    void line.order({ op: 'totp', on: false }).then((answer) => {
      if (answer.ok || answer.code === 'offline') problem.value = t('error.offline');
      else isOn.value = answer.code === 'bad_field';
    });
  }, []);

  const offer = async (typed: string) => {
    const answer = await line.request<Offered>({ op: 'totp', on: true, password: typed });
    problem.value = answer.ok ? null : answer.text;
    if (!answer.ok) return;
    password.current = typed;
    offered.value = answer.value;
  };
  const confirm = async (code: string) => {
    const { secret } = offered.value!;
    const answer = await line.request<{ recovery: string[] }>({ op: 'totp', on: true, password: password.current, secret, code });
    problem.value = answer.ok ? null : answer.text;
    if (!answer.ok) return;
    password.current = '';
    recovery.value = answer.value.recovery;
  };
  const turnOff = async (code: string) => {
    const answer = await line.order({ op: 'totp', on: false, code });
    problem.value = answer.ok ? null : answer.text;
    if (!answer.ok) return;
    state.closeDialog();
    state.say(t('totp.is_off'));
  };

  const code = (go: string, onTyped: (text: string) => void) => (
    <Ask key={go} label={t('totp.code')} go={t(go)} onTyped={onTyped} />
  );
  return (
    <Modal title={t('totp.title')}>
      {recovery.value.length > 0 ? (
        <>
          <p>{t('totp.recovery')}</p>
          <pre class="fingerprint">{recovery.value.join('\n')}</pre>
        </>
      ) : offered.value ? (
        <>
          <p>{t('totp.scan')}</p>
          <Qr text={offered.value.uri} label={t('totp.qr')} />
          <CopyLine text={offered.value.secret} label={t('invite.copy')} />
          {code('totp.turn_on', (typed) => void confirm(typed))}
        </>
      ) : isOn.value ? (
        <>
          <p>{t('totp.explain_on')}</p>
          {code('totp.turn_off', (typed) => void turnOff(typed))}
        </>
      ) : isOn.value === false ? (
        <>
          <p>{t('totp.explain_off')}</p>
          <Ask label={t('password.old')} isSecret go={t('totp.begin')} onTyped={(typed) => void offer(typed)} />
        </>
      ) : null}
      <Problem text={problem.value} />
    </Modal>
  );
}
