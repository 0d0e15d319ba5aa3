// One message in the log.

import { useComputed } from '@preact/signals';
import { signal } from '@preact/signals';
import type { Message } from '../model/roomlog.ts';
import type { OutItem } from '../model/outbox.ts';
import type { Sending } from '../model/rows.ts';
import { hueOf, mentions, sameName } from '../model/names.ts';
import { summaryOf } from '../model/markup.ts';
import { jumpTo } from '../app/follow.ts';
import type { Room } from '../app/room.ts';
import { outbox, sendReaction } from '../app/sending.ts';
import { deleting, mayModerate, me, onEmoji, openDialog } from '../app/state.ts';
import { Icon } from './icons.tsx';
import { memo } from './memo.tsx';
import { Avatar, IconButton } from './parts.tsx';
import { RichText } from './rich-text.tsx';
import { t, times, tn } from '../text.ts';

// The row that shows its actions: under the pointer, or with the focus.
export const hotRow = signal('');
// The row that a jump led to is marked for a moment.
export const markedSeq = signal(0);

export interface MessageProps {
  rowKey: string;
  room: Room;
  message: Message;
  head: boolean;
  mine: boolean;
  state: Sending;
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
  room.editing.value = seq;
}

export function askDelete(seq: number): void {
  deleting.value = seq;
  openDialog('delete');
}

export function pickReaction(room: Room, seq: number): void {
  onEmoji.value = (emoji) => sendReaction(room, seq, emoji);
  openDialog('emoji');
}

function Actions({ room, message, mine }: { room: Room; message: Message; mine: boolean }) {
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
          onClick={() => sendReaction(room, seq, emoji)}
        >
          {emoji}
        </button>
      ))}
      <IconButton icon="smile" label={t('log.react')} onClick={() => pickReaction(room, seq)} />
      <IconButton icon="reply" label={t('log.reply')} onClick={() => startReply(room, seq)} />
      {mine && <IconButton icon="edit" label={t('log.edit')} onClick={() => startEdit(room, seq)} />}
      {(mine || mayModerate(room)) && <IconButton icon="trash" label={t('log.delete')} onClick={() => askDelete(seq)} />}
    </div>
  );
}

function Reactions({ room, message }: { room: Room; message: Message }) {
  if (!message.reactions.length) return null;
  return (
    <div class="reactions">
      {message.reactions.map(({ emoji, count, names }) => {
        const on = names.some((name) => sameName(name, me.value.name));
        const label = tn('log.reaction', count, { emoji, names: names.join(', ') });
        return (
          <button
            key={emoji}
            type="button"
            class="reaction"
            aria-pressed={on}
            aria-label={label}
            title={names.join(', ')}
            onClick={() => sendReaction(room, message.seq, emoji)}
          >
            <span aria-hidden="true">{emoji}</span> {count}
          </button>
        );
      })}
    </div>
  );
}

function State({ state, item }: { state: Sending; item?: OutItem | undefined }) {
  if (state === 'sent') {
    return (
      <span class="state" title={t('state.sent')}>
        <Icon name="check" />
        <span class="out-of-sight">{t('state.sent')}</span>
      </span>
    );
  }
  if (state === 'sending') {
    return (
      <span class="state state-sending" title={t('state.sending')}>
        <Icon name="clock" />
        <span class="out-of-sight">{t('state.sending')}</span>
      </span>
    );
  }
  return (
    <span class="state state-failed">
      <Icon name="alert" />
      <span>{item?.reason || t('state.failed')}</span>
      <button type="button" class="link-button" onClick={() => outbox().retry(item!.id)}>
        {t('state.retry')}
      </button>
      <button type="button" class="link-button" onClick={() => outbox().discard(item!.id)}>
        {t('state.discard')}
      </button>
    </span>
  );
}

function Quote({ room, seq, quote }: { room: Room; seq: number; quote: Message | null | undefined }) {
  const text = quote ? (quote.deleted ? t('log.deleted') : summaryOf(quote.text)) : t('log.earlier');
  return (
    <button type="button" class="quote" title={t('log.go_to_answered')} onClick={() => void jumpTo(room, seq)}>
      <span class="out-of-sight">{t('log.answers')} </span>
      {quote && <b class={`name-${hueOf(quote.name)}`}>{quote.name}</b>} <span>{text}</span>
    </button>
  );
}

function MessageView(props: MessageProps) {
  const { room, message, head, mine, state, item, rowKey } = props;
  const hot = useComputed(() => hotRow.value === rowKey);
  const marked = useComputed(() => markedSeq.value !== 0 && markedSeq.value === message.seq);
  const acting = hot.value && message.seq > 0 && !message.deleted;
  const called = !mine && !message.deleted && mentions(message.text, me.value.name);
  const clock = times.clock(message.time);
  const classes = ['row', head ? 'row-head' : 'row-more'];
  if (mine) classes.push('row-mine');
  if (called) classes.push('row-called');
  if (marked.value) classes.push('row-marked');
  if (hot.value) classes.push('row-hot');
  if (state === 'sending') classes.push('row-sending');
  const time = (
    <time dateTime={new Date(message.time).toISOString()} title={times.full(message.time)}>
      {clock}
    </time>
  );
  const label = t('log.message_label', { name: message.name, time: clock });
  return (
    <article class={classes.join(' ')} data-key={rowKey} data-seq={message.seq || undefined} tabIndex={-1} aria-label={label}>
      {head ? <Avatar name={message.name} /> : <span class="row-gutter">{time}</span>}
      <div class="row-body">
        {head && !message.action && (
          <div class="row-name">
            <button type="button" class={`name name-${hueOf(message.name)}`} onClick={() => openDialog('person', message.name)}>
              {message.name}
            </button>
            {time}
          </div>
        )}
        {message.replyTo && <Quote room={room} seq={message.replyTo} quote={props.quote} />}
        {message.deleted ? (
          <p class="text-deleted">{t('log.deleted')}</p>
        ) : message.action ? (
          <div class="text-action">
            <b class={`name-${hueOf(message.name)}`}>{message.name}</b> <RichText text={message.text} /> {time}
          </div>
        ) : (
          <RichText text={message.text} />
        )}
        {message.edited && !message.deleted && <span class="edited">{t('log.edited')}</span>}
        {mine && (state !== 'sent' || !message.deleted) && <State state={state} item={item} />}
        <Reactions room={room} message={message} />
      </div>
      {acting && <Actions room={room} message={message} mine={mine} />}
    </article>
  );
}

export const MessageRow = memo(MessageView);
