// Bringing people: a link and its picture for a phone, and the lines for a terminal or an IRC client.

import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { addressOf } from '../model/address.ts';
import { useClient } from './here.ts';
import { CopyLine, Modal, Problem } from './parts.tsx';
import { Qr } from './qr.tsx';
import { t } from '../text.ts';

const WEEK = 7 * 86_400;

export function InviteDialog() {
  const { state, line } = useClient();
  const room = state.active.value;
  const plain = `${location.origin}/${room && !room.direct ? addressOf(room.name) : ''}`;
  const link = useSignal(plain);
  const secret = useSignal(false);
  const problem = useSignal<string | null>(null);
  const { hostname, port } = location;
  const isLocal = /^(localhost|127\.|\[::1\])/.test(hostname);
  const closed = state.facts.value?.guests === false || room?.facts.value.private;

  // A link with a secret lets its holder in where others are not.
  const make = async () => {
    const about = room && !room.direct ? { room: room.name } : {};
    const answer = await line.request<{ link?: string; url?: string }>({ op: 'link', ...about, seconds: WEEK });
    const made = answer.ok ? (answer.value.url ?? answer.value.link) : undefined;
    problem.value = answer.ok || answer.code === 'unknown_op' ? null : answer.text;
    if (!made) return;
    link.value = /^https?:/.test(made) ? made : `${location.origin}/#+${made}`;
    secret.value = true;
  };
  useEffect(() => {
    if (closed) void make();
  }, []);
  const host = hostname.replace(/^\[|\]$/g, '');
  const at = `${state.me.value.account ? '' : 'NAME@'}${host}${port && port !== '5000' ? `:${port}` : ''}`;
  return (
    <Modal title={t('invite.title')} class="modal-wide">
      {isLocal && <p class="ask">{t('invite.local')}</p>}
      <div class="invite">
        <Qr text={link.value} label={t('invite.qr', { link: link.value })} />
        <div>
          <h3>{t('invite.page')}</h3>
          <CopyLine text={link.value} label={t('invite.copy')} />
          <p class="quiet">{t(secret.value ? 'invite.secret' : 'invite.plain')}</p>
          <Problem text={problem.value} />
          <h3>{t('invite.terminal')}</h3>
          <CopyLine text={`brusio ${at}`} label={t('invite.copy')} />
          <h3>{t('invite.netcat')}</h3>
          <CopyLine text={`nc ${host} ${port || '5000'}`} label={t('invite.copy')} />
        </div>
      </div>
    </Modal>
  );
}
