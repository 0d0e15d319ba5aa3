// The way in by an invitation link: a newcomer gives a name and is in; somebody who is signed in already is asked.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { accept, keepLink, lookBefore, lookInside } from '../app/invited.ts';
import type { Invited as Invitation } from '../app/invited.ts';
import type { Result } from '../model/result.ts';
import { PASSWORD_LEAST, isUserName } from '../model/names.ts';
import { useClient } from './here.ts';
import { Modal, Problem } from './parts.tsx';
import { Insecure } from './insecure.tsx';
import { Brand, NameField, typedName } from './sign-in-parts.tsx';
import { t } from '../text.ts';

function invitationText({ by, room }: Invitation, server: string): string {
  return t(room ? 'invited.room' : 'invited.server', { by, room, server });
}

function useInvitation(look: () => Promise<Result<Invitation>>) {
  const found = useSignal<Invitation | null>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    void look().then((answer) => {
      if (answer.ok) found.value = answer.value;
      else problem.value = answer.text;
    });
  }, []);
  return { found, problem };
}

function NewAccount({ password }: { password: preact.RefObject<HTMLInputElement | null> }) {
  return (
    <>
      <label for="password">{t('sign_in.password')}</label>
      <input ref={password} id="password" name="password" type="password" autocomplete="new-password" aria-describedby="sign-in-problem" />
    </>
  );
}

function InvitedForm({ invitation, onOther }: { invitation: Invitation; onOther: () => void }) {
  const client = useClient();
  const { state, session } = client;
  const link = state.link.value;
  const facts = state.facts.value;
  const wantsAccount = useSignal(false);
  const problem = useSignal<string | null>(null);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const busy = state.line.value.state === 'connecting';
  useEffect(() => name.current?.focus(), []);

  const submit = (event: Event) => {
    event.preventDefault();
    const typed = typedName(name);
    const secret = password.current?.value ?? '';
    problem.value = null;
    if (!isUserName(typed)) problem.value = t('error.name');
    else if (wantsAccount.value && secret.length < PASSWORD_LEAST) problem.value = t('error.short_password', { n: PASSWORD_LEAST });
    if (problem.value) return;
    keepLink(client, link);
    session.signIn({ name: typed, stay: true, proof: { link }, ...(wantsAccount.value ? { password: secret, register: true } : {}) });
  };
  const insecure = wantsAccount.value && facts?.secure === false;
  return (
    <form onSubmit={submit} noValidate>
      {insecure ? (
        <Insecure facts={facts} />
      ) : (
        <NameField field={name} />
      )}
      {invitation.register && (
        <label class="check">
          <input type="checkbox" checked={wantsAccount.value} onChange={(event) => (wantsAccount.value = event.currentTarget.checked)} />
          {t('invited.account')}
        </label>
      )}
      {wantsAccount.value && !insecure && <NewAccount password={password} />}
      {!insecure && (
        <button type="submit" class="primary" disabled={busy}>
          {invitation.room ? t('invited.enter_room', { room: invitation.room }) : t('sign_in.go_guest')}
        </button>
      )}
      <div id="sign-in-problem">
        <Problem text={problem.value ?? state.signInProblem.value?.text ?? null} />
      </div>
      <p class="sign-in-ways">
        <button type="button" class="link-button" onClick={onOther}>
          {t('sign_in.have_account')}
        </button>
      </p>
    </form>
  );
}

// Before the chat, in place of the usual way in. Signing in to an account takes the link along.
export function Invited({ onOther }: { onOther: () => void }) {
  const client = useClient();
  const { state } = client;
  const link = state.link.value;
  const { found, problem } = useInvitation(() => lookBefore(client, link, t('invited.void')));
  const known = state.facts.value?.name;
  const server = known && known !== 'brusio' ? known : location.host;
  const other = () => {
    keepLink(client, link);
    onOther();
  };
  const { value: invitation } = found;
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Brand tagline={t('sign_in.tagline')} />
        {invitation && <p class="invited">{invitationText(invitation, server)}</p>}
        {invitation?.newcomers && <InvitedForm invitation={invitation} onOther={other} />}
        {invitation && !invitation.newcomers && <p class="sign-in-note">{t('invited.needs_account')}</p>}
        <Problem text={problem.value} />
        {(problem.value || (invitation && !invitation.newcomers)) && (
          <button type="button" class="secondary" onClick={problem.value ? onOther : other}>
            {t('invited.sign_in')}
          </button>
        )}
      </div>
    </main>
  );
}

// For somebody who is in already.
export function InvitedDialog() {
  const client = useClient();
  const { state } = client;
  const link = state.link.value;
  const { found, problem } = useInvitation(() => lookInside(client, link));
  useEffect(() => () => void (state.link.value = ''), []);
  const enter = async () => {
    const result = await accept(client, link);
    if (result.ok) state.closeDialog();
    else problem.value = result.text;
  };
  const { value: invitation } = found;
  return (
    <Modal title={t('invited.head')}>
      {invitation && <p>{invitationText(invitation, location.host)}</p>}
      {invitation && !invitation.room && <p class="quiet">{t('invited.already')}</p>}
      <Problem text={problem.value} />
      {invitation?.room && (
        <div class="modal-buttons">
          <button type="button" class="primary" autofocus onClick={() => void enter()}>
            {t('invited.enter_room', { room: invitation.room })}
          </button>
        </div>
      )}
    </Modal>
  );
}
