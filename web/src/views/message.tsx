// One message in the log.

import { useComputed } from '@preact/signals';
import type { Client } from '../app/client.ts';
import type { Message } from '../model/roomlog.ts';
import type { OutItem } from '../model/outbox.ts';
import type { Sending } from '../model/rows.ts';
import { callsEverybody, hueOf, mentions } from '../model/names.ts';
import { gistOf } from '../model/markup.ts';
import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { Icon } from './icons.tsx';
import { Files, MessageMenu } from './lazy.tsx';
import { memo } from './memo.tsx';
import { Avatar, GuestMark, IconButton } from './parts.tsx';
import { RichText } from './rich-text.tsx';
import { t, times, tn } from '../text.ts';

export interface MessageProps {
  rowKey: string;
  room: Room;
  message: Message;
  head: boolean;
  mine: boolean;
  state: Sending;
  answers: number;
  // Changes with the state of `item`, which is changed in place.
  item?: OutItem;
  quote?: Message | null;
}

export function startReply(room: Room, seq: number): void {
  room.editing.value = 0;
  room.replyTo.value = seq;
  document.getElementById('composer-text')?.focus();
}

export function startEdit(room: Room, seq: number): void {
  room.replyTo.value = 0;
  room.editText = room.log.find(seq)?.text ?? '';
  room.editing.value = seq;
}

export function askDelete({ state }: Client, seq: number): void {
  state.deleting.value = seq;
  state.openDialog('delete');
}

export function pickReaction({ state, sending }: Client, room: Room, seq: number): void {
  const row = document.querySelector(`.row[data-seq="${seq}"]`);
  const anchor = (row?.querySelector('.action-react') ?? row)?.getBoundingClientRect();
  if (anchor) state.picker.value = { anchor, pick: (emoji) => sending.react(room, seq, emoji) };
}

function Actions({ room, message, mine }: { room: Room; message: Message; mine: boolean }) {
  const client = useClient();
  const { seq } = message;
  return (
    <div class="actions" role="toolbar" aria-label={t('log.actions')}>
      {['👍', '❤️', '😂'].map((emoji) => (
        <button
          key={emoji}
          type="button"
          class="icon-button action-quick"
          aria-label={t('log.react_with', { emoji })}
          title={t('log.react_with', { emoji })}
          onClick={() => client.sending.react(room, seq, emoji)}
        >
          {emoji}
        </button>
      ))}
      <IconButton icon="smile" class="action-react" label={t('log.react')} onClick={() => pickReaction(client, room, seq)} />
      <IconButton icon="reply" label={t('log.reply')} onClick={() => startReply(room, seq)} />
      {mine && <IconButton icon="edit" label={t('log.edit')} onClick={() => startEdit(room, seq)} />}
      {(mine || client.state.mayModerate(room)) && (
        <IconButton icon="trash" label={t('log.delete')} onClick={() => askDelete(client, seq)} />
      )}
      <MessageMenu room={room} message={message} />
    </div>
  );
}

function Reactions({ room, message }: { room: Room; message: Message }) {
  const { state, sending } = useClient();
  if (!message.reactions.length) return null;
  return (
    <div class="reactions">
      {message.reactions.map(({ emoji, count, names }) => {
        const on = names.some((name) => state.isMe(name));
        const label = tn('log.reaction', count, { emoji, names: names.join(', ') });
        return (
          <button
            key={emoji}
            type="button"
            class="reaction"
            aria-pressed={on}
            aria-label={label}
            title={names.join(', ')}
            onClick={() => sending.react(room, message.seq, emoji)}
          >
            <span aria-hidden="true">{emoji}</span> {count}
          </button>
        );
      })}
    </div>
  );
}

function Delivery({ state, item }: { state: Sending; item?: OutItem | undefined }) {
  const { sending } = useClient();
  if (state === 'sent') {
    return (
      <span class="delivery" title={t('state.sent')}>
        <Icon name="check" />
        <span class="out-of-sight">{t('state.sent')}</span>
      </span>
    );
  }
  if (state === 'sending') {
    return (
      <span class="delivery delivery-sending" title={t('state.sending')}>
        <Icon name="clock" />
        <span class="out-of-sight">{t('state.sending')}</span>
      </span>
    );
  }
  return (
    <span class="delivery delivery-failed">
      <Icon name="alert" />
      <span>{item?.reason || t('state.failed')}</span>
      <button type="button" class="link-button" onClick={() => sending.outbox.retry(item!.id)}>
        {t('state.retry')}
      </button>
      <button type="button" class="link-button" onClick={() => sending.outbox.discard(item!.id)}>
        {t('state.discard')}
      </button>
    </span>
  );
}

function Quote({ room, seq, quote }: { room: Room; seq: number; quote: Message | null | undefined }) {
  const { pages } = useClient();
  const text = quote ? (quote.deleted ? t('log.deleted') : gistOf(quote)) : t('log.earlier');
  return (
    <button type="button" class="quote" title={t('log.go_to_answered')} onClick={() => void pages.jumpTo(room, seq)}>
      <span class="out-of-sight">{t('log.answers')} </span>
      {quote && <b class={`name-${hueOf(quote.name)}`}>{quote.name}</b>} <span>{text}</span>
    </button>
  );
}

function Name({ message, time }: { message: Message; time: preact.JSX.Element }) {
  const { state } = useClient();
  const { name } = message;
  const shown = state.shownName(name);
  return (
    <div class="row-name">
      <button type="button" class={`row-author name-${hueOf(name)}`} title={name} onClick={() => state.openDialog('person', name)}>
        {shown}
      </button>
      {shown !== name && <small class="row-other-name">{name}</small>}
      {message.guest && <GuestMark />}
      {message.bot && <small class="guest-mark">bot</small>}
      {time}
    </div>
  );
}

function Body({ message }: { message: Message }) {
  if (message.deleted) return <p class="text-deleted">{t('log.deleted')}</p>;
  return message.text ? <RichText text={message.text} /> : null;
}

function MessageView(props: MessageProps) {
  const { state, rooms } = useClient();
  const { room, message, head, mine, rowKey, answers } = props;
  const { name, text, deleted } = message;
  const hot = useComputed(() => state.hotRow.value === rowKey);
  const marked = useComputed(() => state.markedSeq.value !== 0 && state.markedSeq.value === message.seq);
  const answersMe = props.quote ? state.isMe(props.quote.name) : rooms.answersMe(room, message.replyTo);
  const called = !mine && !deleted && (mentions(text, state.me.value.name) || callsEverybody(text) || answersMe);
  const clock = times().clock(message.time);
  const classes = ['row', head ? 'row-head' : 'row-more'];
  if (mine) classes.push('row-mine');
  if (called) classes.push('row-called');
  if (marked.value) classes.push('row-marked');
  if (hot.value) classes.push('row-hot');
  if (props.state === 'sending') classes.push('row-sending');
  const time = (
    <time dateTime={new Date(message.time).toISOString()} title={times().full(message.time)}>
      {clock}
    </time>
  );
  const label = t('log.message_label', { name, time: clock });
  return (
    <article class={classes.join(' ')} data-key={rowKey} data-seq={message.seq || undefined} tabIndex={-1} aria-label={label}>
      {head ? <Avatar name={name} /> : <span class="row-gutter">{time}</span>}
      <div class="row-body">
        {head && !message.action && <Name message={message} time={time} />}
        {message.replyTo && <Quote room={room} seq={message.replyTo} quote={props.quote} />}
        {message.action && !deleted ? (
          <div class="text-action">
            <b class={`name-${hueOf(name)}`}>{name}</b> <Body message={message} /> {time}
          </div>
        ) : (
          <Body message={message} />
        )}
        {message.files && <Files room={room} message={message} item={props.item} />}
        {message.edited && !deleted && <span class="edited">{t('log.edited')}</span>}
        {mine && (props.state !== 'sent' || !deleted) && <Delivery state={props.state} item={props.item} />}
        <Reactions room={room} message={message} />
        {answers > 0 && (
          <button type="button" class="answers" onClick={() => state.openThread(message.seq)}>
            <Icon name="reply" /> {tn('thread.answers', answers)}
          </button>
        )}
      </div>
      {hot.value && message.seq > 0 && !deleted && <Actions room={room} message={message} mine={mine} />}
    </article>
  );
}

export const MessageRow = memo(MessageView);
