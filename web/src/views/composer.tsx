// Where one writes. The text area belongs to the browser, not to the state: typing is never in
// the way of what arrives, and no key is lost to a redraw.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { complete } from '../model/complete.ts';
import type { Completion } from '../model/complete.ts';
import { summaryOf } from '../model/markup.ts';
import { sameName } from '../model/names.ts';
import { announce } from '../app/announce.ts';
import { submit } from '../app/commands.ts';
import { quoteOf } from '../app/follow.ts';
import { draftOf, keepDraft } from '../app/keeping.ts';
import type { Room } from '../app/room.ts';
import { bytesOf, sendEdit, tellTyping } from '../app/sending.ts';
import { line, mayModerate, me, messageBytes, narrow, onEmoji, openDialog, rooms, say } from '../app/state.ts';
import { Icon } from './icons.tsx';
import { startEdit } from './message.tsx';
import { IconButton } from './parts.tsx';
import { t } from '../text.ts';

const GROWS = CSS.supports('field-sizing', 'content');

function knownTo(room: Room) {
  const names = new Set((room.members.value ?? []).map((member) => member.name));
  for (const message of room.log.window.slice(-100)) if (message.name) names.add(message.name);
  names.delete(me.value.name);
  return {
    names: [...names].sort((a, b) => a.localeCompare(b)),
    rooms: rooms.value.filter((other) => !other.direct).map((other) => other.name),
    allows: ({ needs }: { needs?: string }) =>
      !needs || (needs === 'moderator' ? mayModerate(room) : (needs === 'account') === me.value.account),
  };
}

function Banner({ room }: { room: Room }) {
  const reply = room.replyTo.value;
  const editing = room.editing.value;
  if (!reply && !editing) return null;
  const message = reply ? quoteOf(room, reply) : null;
  const close = () => {
    room.replyTo.value = 0;
    room.editing.value = 0;
  };
  return (
    <div class="banner">
      <span>
        {editing ? t('composer.editing') : t('composer.replying', { name: message?.name ?? '' })}
        {message && <span class="banner-quote"> {summaryOf(message.text, 80)}</span>}
      </span>
      <IconButton icon="close" label={t('cancel')} onClick={close} />
    </div>
  );
}

export function Composer({ room }: { room: Room }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const completion = useSignal<Completion | null>(null);
  const chosen = useSignal(0);
  const over = useSignal(0);
  const empty = useSignal(true);

  const grow = () => {
    const box = area.current!;
    if (GROWS) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
  };
  const setText = (text: string, caret = text.length) => {
    const box = area.current!;
    box.value = text;
    box.setSelectionRange(caret, caret);
    changed(false);
  };
  const changed = (typed: boolean) => {
    const box = area.current!;
    const text = box.value;
    empty.value = !text.trim();
    over.value = text.length * 4 > messageBytes.value ? Math.max(0, bytesOf(text) - messageBytes.value) : 0;
    if (!room.editing.value) keepDraft(room.name, text);
    grow();
    if (!typed) {
      completion.value = null;
      return;
    }
    tellTyping(room, text.trim() !== '' && !text.startsWith('/'));
    completion.value = box.selectionStart === box.selectionEnd ? complete(text, box.selectionStart, knownTo(room)) : null;
    chosen.value = 0;
  };

  // Each room has a composer of its own (see its key), and its own draft.
  useLayoutEffect(() => {
    room.editing.value = 0;
    setText(draftOf(room.name));
    if (!narrow.matches) area.current!.focus();
    return () => tellTyping(room, false);
  }, []);

  // Editing borrows the text area and gives the draft back afterwards.
  useSignalEffect(() => {
    const seq = room.editing.value;
    if (!area.current) return;
    const message = seq ? room.log.find(seq) : undefined;
    setText(message ? message.text : draftOf(room.name));
    if (seq) area.current.focus();
  });
  const pick = (at: number) => {
    const found = completion.value;
    const choice = found?.choices[at];
    if (!found || !choice) return;
    const box = area.current!;
    const rest = box.value.slice(found.end).replace(/^ /, '');
    const before = `${box.value.slice(0, found.start)}${choice.insert} `;
    setText(before + rest, before.length);
    box.focus();
  };

  const send = async () => {
    const text = area.current!.value;
    if (!text.trim() || over.value) return;
    const editing = room.editing.value;
    const replyTo = room.replyTo.value;
    if (editing) {
      const problem = sendEdit(room, editing, text);
      if (problem) say(problem, 'problem');
      else room.editing.value = 0;
      return;
    }
    tellTyping(room, false);
    setText('');
    room.replyTo.value = 0;
    // What could not be done comes back, unless something else was typed meanwhile.
    if (!(await submit(room, text, replyTo)) && !area.current!.value) setText(text);
    else if (line.value.state !== 'online') announce(t('composer.kept'));
  };

  const editLast = () => {
    const last = room.log.window.findLast(
      (message) => message.kind === 'message' && !message.deleted && sameName(message.name, me.value.name),
    );
    if (last) startEdit(room, last.seq);
    return last !== undefined;
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const found = completion.value;
    if (found) {
      const count = found.choices.length;
      if (event.key === 'ArrowDown') chosen.value = (chosen.value + 1) % count;
      else if (event.key === 'ArrowUp') chosen.value = (chosen.value + count - 1) % count;
      else if (event.key === 'Tab' && !event.shiftKey) pick(chosen.value);
      else if (event.key === 'Enter' && !isWhole(found)) pick(chosen.value);
      else if (event.key === 'Escape') completion.value = null;
      else if (event.key === 'Enter' && !event.shiftKey) void send();
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === 'Enter' && !event.shiftKey) void send();
    else if (event.key === 'ArrowUp' && !area.current!.value && editLast()) completion.value = null;
    else if (event.key === 'Escape' && (room.editing.value || room.replyTo.value)) room.editing.value = room.replyTo.value = 0;
    else if (event.key === 'PageUp' || event.key === 'PageDown') scrollLog(event.key === 'PageUp' ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // `/help` typed out in full is sent by Enter, not completed to itself.
  const isWhole = (found: Completion) => {
    const typed = area.current!.value.slice(found.start, found.end);
    return found.choices[chosen.value]?.insert === typed;
  };

  const list = completion.value;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
        area.current!.focus();
      }}
    >
      {list && (
        <ul class="completion" id="completion" role="listbox" aria-label={t('composer.choices')}>
          {list.choices.map((choice, at) => (
            <li
              key={choice.label}
              id={`choice-${at}`}
              role="option"
              aria-selected={at === chosen.value}
              onPointerDown={(event) => {
                event.preventDefault();
                pick(at);
              }}
            >
              <span>{choice.label}</span>
              <small>
                {choice.detail}
                {choice.command && ` ${t(`cmd.${choice.command.name}`)}`}
              </small>
            </li>
          ))}
        </ul>
      )}
      <Banner room={room} />
      <div class="composer-box">
        <textarea
          ref={area}
          id="composer-text"
          rows={1}
          placeholder={t('composer.placeholder', { room: room.direct ? room.title : room.name })}
          aria-label={t('composer.placeholder', { room: room.direct ? room.title : room.name })}
          aria-autocomplete="list"
          aria-controls={list ? 'completion' : undefined}
          aria-activedescendant={list ? `choice-${chosen.value}` : undefined}
          aria-invalid={over.value > 0}
          enterkeyhint="send"
          autocomplete="off"
          onInput={() => changed(true)}
          onClick={() => (completion.value = null)}
          onKeyDown={onKey}
        />
        <IconButton
          icon="smile"
          label={t('composer.emoji')}
          onClick={() => {
            onEmoji.value = (emoji) => {
              const box = area.current!;
              const before = box.value.slice(0, box.selectionStart) + emoji;
              setText(before + box.value.slice(box.selectionEnd), before.length);
              box.focus();
            };
            openDialog('emoji');
          }}
        />
        <button type="submit" class="send" aria-label={t('composer.send')} title={t('composer.send')} disabled={empty.value || over.value > 0}>
          <Icon name="send" />
        </button>
      </div>
      <Below room={room} over={over.value} />
    </form>
  );
}

function Below({ room, over }: { room: Room; over: number }) {
  const names = room.typing.value;
  let text = '';
  if (names.length === 1) text = t('typing.one', { name: names[0]! });
  else if (names.length === 2) text = t('typing.two', { first: names[0]!, second: names[1]! });
  else if (names.length > 2) text = t('typing.many');
  return (
    <div class="below">
      {over > 0 ? (
        <span class="over" role="alert">
          {t('composer.over', { n: over })}
        </span>
      ) : (
        <span class="typing" data-on={names.length > 0}>
          {text}
        </span>
      )}
      <span class="hint">{t('composer.hint')}</span>
    </div>
  );
}

function scrollLog(direction: number): void {
  const log = document.querySelector('.log');
  log?.scrollBy({ top: direction * log.clientHeight * 0.85 });
}
