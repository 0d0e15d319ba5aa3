// Bringing people: a link and its picture for a phone, and the lines for a terminal or an IRC client; and links that let
// their holders in where others are not.

import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { addressOf } from '../model/address.ts';
import { useClient } from './here.ts';
import { CopyLine, Modal, Problem } from './parts.tsx';
import { Qr } from './qr.tsx';
import { t, times, tn } from '../text.ts';

const DAY = 86_400;
const USES = [1, 10, 100];
const DAYS = [1, 7, 30];

interface Link {
  key: string;
  room?: string;
  uses: number;
  used: number;
  until: string;
}

interface Made {
  link: string;
  url: string;
  uses: number;
  until: string;
  newcomers: boolean;
}

function isLocal(host: string): boolean {
  return /^(localhost|127\.|\[::1\])/.test(host);
}

// The page's own address is the one that works here; one that only this computer knows is no use to others.
function addressOfLink({ link, url }: Made): string {
  return isLocal(location.hostname) && URL.canParse(url) && !isLocal(new URL(url).hostname) ? url : `${location.origin}/#+${link}`;
}

function Choice(props: { id: string; label: string; values: number[]; value: number; text: (n: number) => string; onChange: (n: number) => void }) {
  return (
    <div>
      <label for={props.id}>{props.label}</label>
      <select id={props.id} value={props.value} onChange={(event) => props.onChange(Number(event.currentTarget.value))}>
        {props.values.map((n) => (
          <option key={n} value={n}>
            {props.text(n)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Links({ room, made }: { room: string | undefined; made: number }) {
  const { line } = useClient();
  const list = useSignal<Link[]>([]);
  const problem = useSignal<string | null>(null);
  const load = async () => {
    const answer = await line.request<{ links: Link[] }>({ op: 'links' });
    if (answer.ok) list.value = answer.value.links.filter((link) => link.room === room);
  };
  const end = async (key: string) => {
    const answer = await line.order({ op: 'link', key, revoke: true });
    problem.value = answer.ok ? null : answer.text;
    await load();
  };
  useEffect(() => void load(), [room, made]);
  if (!list.value.length) return null;
  return (
    <section>
      <h3>{t('invite.links')}</h3>
      <Problem text={problem.value} />
      <ul class="dialog-list">
        {list.value.map(({ key, used, uses, until }) => (
          <li key={key}>
            <span>
              <code>{key}</code> {t('invite.used', { used, uses, until: times().short(Date.parse(until), Date.now()) })}
            </span>
            <button type="button" class="secondary" onClick={() => void end(key)}>
              {t('invite.end')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

// Shown to those who may make a link: in a public room any account, elsewhere those who may invite.
function Making({ room, onMade }: { room: string | undefined; onMade: (made: Made) => void }) {
  const { line } = useClient();
  const uses = useSignal(10);
  const days = useSignal(7);
  const problem = useSignal<string | null>(null);
  const make = async (event: Event) => {
    event.preventDefault();
    const answer = await line.request<Made>({ op: 'link', ...(room ? { room } : {}), uses: uses.value, seconds: days.value * DAY });
    problem.value = answer.ok ? null : answer.text;
    if (answer.ok) onMade(answer.value);
  };
  return (
    <form class="invite-making" onSubmit={make}>
      <p>{t(room ? 'invite.explain_room' : 'invite.explain_server', { room: room ?? '' })}</p>
      <div class="invite-choices">
        <Choice id="link-uses" label={t('invite.uses')} values={USES} value={uses.value} text={(n) => tn('invite.people', n)} onChange={(n) => (uses.value = n)} />
        <Choice id="link-days" label={t('invite.days')} values={DAYS} value={days.value} text={(n) => tn('invite.day', n)} onChange={(n) => (days.value = n)} />
        <button type="submit" class="primary">
          {t('invite.make')}
        </button>
      </div>
      <Problem text={problem.value} />
    </form>
  );
}

export function InviteDialog() {
  const { state } = useClient();
  const active = state.active.value;
  const room = active && !active.direct ? active : null;
  const made = useSignal<Made | null>(null);
  const count = useSignal(0);
  const { hostname, port } = location;
  const { account, admin } = state.me.value;
  const isPrivate = room?.facts.value.private === true;
  const closed = state.facts.value?.guests === false || isPrivate;
  const mayMake = account && (room ? !isPrivate || state.mayModerate(room) : admin);
  const link = made.value ? addressOfLink(made.value) : `${location.origin}/${room ? addressOf(room.name) : ''}`;
  const host = hostname.replace(/^\[|\]$/g, '');
  const at = `${account ? '' : 'NAME@'}${host}${port && port !== '5000' ? `:${port}` : ''}`;
  const say = made.value
    ? t(made.value.newcomers ? 'invite.secret' : 'invite.secret_accounts', {
        people: tn('invite.people', made.value.uses),
        until: times().short(Date.parse(made.value.until), Date.now()),
      })
    : t(isPrivate ? 'invite.closed_room' : closed ? 'invite.closed' : 'invite.plain');
  // Without the administrators' rights, the link of an account may let in accounts alone.
  const hint = closed && !made.value && mayMake && (isPrivate || admin) ? ` ${t('invite.make_one')}` : '';
  return (
    <Modal title={t('invite.title')} class="modal-wide">
      {isLocal(hostname) && !made.value && <p class="dialog-ask">{t('invite.local')}</p>}
      {mayMake && closed && !made.value && <Making room={room?.name} onMade={(one) => ((made.value = one), count.value++)} />}
      <div class="invite">
        <Qr text={link} label={t('invite.qr', { link })} />
        <div>
          <h3>{t('invite.page')}</h3>
          <CopyLine text={link} label={t('invite.copy')} />
          <p class="quiet">
            {say}
            {hint}
          </p>
          <h3>{t('invite.terminal')}</h3>
          <CopyLine text={made.value ? `brusio '${link}'` : `brusio ${at}`} label={t('invite.copy')} />
          {!made.value && (
            <>
              <h3>{t('invite.netcat')}</h3>
              <CopyLine text={`nc ${host} ${port || '5000'}`} label={t('invite.copy')} />
              <h3>{t('invite.irc')}</h3>
              <CopyLine text={`/connect ${host} ${port || '5000'}`} label={t('invite.copy')} />
            </>
          )}
        </div>
      </div>
      {mayMake && (!closed || made.value) && <Making room={room?.name} onMade={(one) => ((made.value = one), count.value++)} />}
      {account && <Links room={room?.name} made={count.value} />}
    </Modal>
  );
}
