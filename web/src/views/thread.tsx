// A message and its answers, and a field to answer with.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Message } from '../model/roomlog.ts';
import { hueOf } from '../model/names.ts';
import type { Room } from '../app/room.ts';
import { Files } from './files.tsx';
import { useClient } from './here.ts';
import { Avatar, PanelFrame, Problem } from './parts.tsx';
import { RichText } from './rich-text.tsx';
import { t, times, tn } from '../text.ts';

function ThreadMessage({ room, message }: { room: Room; message: Message }) {
  const { rooms, state } = useClient();
  return (
    <li class="thread-message">
      <Avatar name={message.name} small />
      <div>
        <div class="row-name">
          <b class={`row-author name-${hueOf(message.name)}`} title={message.name}>
            {state.shownName(message.name)}
          </b>
          <button type="button" class="link-button" title={times().full(message.time)} onClick={() => void rooms.visit(room.name, message.seq)}>
            {times().short(message.time, Date.now())}
          </button>
        </div>
        {message.deleted ? <p class="text-deleted">{t('log.deleted')}</p> : <RichText text={message.text} />}
        {message.files && <Files room={room} message={message} />}
      </div>
    </li>
  );
}

// The window's state is newer: texts as they read now, and answers that came since.
function withWindow(read: readonly Message[], room: Room, root: number): Message[] {
  const messages = new Map(read.map((message) => [message.seq, message]));
  const inside = new Set([root, ...messages.keys()]);
  for (const message of room.log.window) {
    if (message.seq !== root && !inside.has(message.replyTo ?? 0)) continue;
    inside.add(message.seq);
    messages.set(message.seq, message);
  }
  return [...messages.values()].sort((a, b) => a.seq - b.seq);
}

export function Thread({ room, root }: { room: Room; root: number }) {
  const { pages, sending } = useClient();
  const found = useSignal<Message[] | null>(null);
  const more = useSignal(false);
  const problem = useSignal<string | null>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    void pages.thread(room, root).then((answer) => {
      problem.value = answer.ok ? null : answer.text;
      if (!answer.ok) return;
      found.value = answer.value.messages;
      more.value = answer.value.more;
    });
  }, [room, root]);
  useEffect(() => text.current?.focus(), []);

  const send = () => {
    const result = sending.text(room, text.current!.value, { replyTo: root });
    if (result.ok) text.current!.value = '';
    else problem.value = result.text;
  };
  // Read, so that this is drawn again with the room.
  void room.version.value;
  const list = withWindow(found.value ?? [], room, root);
  const bottom = (
    <form
      class="thread-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={text}
        rows={2}
        aria-label={t('thread.answer')}
        placeholder={t('thread.answer')}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="secondary">
        {t('composer.send')}
      </button>
    </form>
  );
  return (
    <PanelFrame title={t('thread.title')} busy={!found.value} bottom={bottom}>
      <Problem text={problem.value} />
      {list.length > 0 && (
        <ul>
          <ThreadMessage room={room} message={list[0]!} />
        </ul>
      )}
      {list.length > 1 && <h3>{tn('thread.answers', list.length - 1)}</h3>}
      <ul>
        {list.slice(1).map((message) => (
          <ThreadMessage key={message.seq} room={room} message={message} />
        ))}
      </ul>
      {more.value && <p class="quiet">{t('thread.more')}</p>}
    </PanelFrame>
  );
}
