// The field for writing. The text area belongs to the browser, not to the state: typing is never in the way of what
// arrives, and no key is lost to a redraw.

import { untracked, useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Completion } from '../model/complete.ts';
import type { Change, Format } from '../model/format.ts';
import { gistOf } from '../model/markup.ts';
import { bytesOf } from '../app/sending.ts';
import type { Room } from '../app/room.ts';
import { useClient } from './here.ts';
import { Icon } from './icons.tsx';
import { Attach, Attached, CompletionList, FormatBar, SeenBy, cameLater } from './lazy.tsx';
import { startEdit } from './message.tsx';
import { IconButton } from './parts.tsx';
import { t } from '../text.ts';

const GROWS = CSS.supports('field-sizing', 'content');
const HEIGHT_MAX = 220;

function Banner({ room }: { room: Room }) {
  const { pages } = useClient();
  const reply = room.replyTo.value;
  const editing = room.editing.value;
  if (!reply && !editing) return null;
  const message = reply ? pages.quoteOf(room, reply) : null;
  const close = () => {
    room.replyTo.value = 0;
    room.editing.value = 0;
  };
  return (
    <div class="banner">
      <span>
        {editing ? t('composer.editing') : t('composer.replying', { name: message?.name ?? '' })}
        {message && <span class="banner-quote"> {gistOf(message, 80)}</span>}
      </span>
      <IconButton icon="close" label={t('cancel')} onClick={close} />
    </div>
  );
}

// The browser's own insertion keeps the way back by Ctrl+Z.
function apply(box: HTMLTextAreaElement, { from, to, insert, start, end }: Change): void {
  box.focus();
  box.setSelectionRange(from, to);
  const done = insert ? document.execCommand('insertText', false, insert) : from === to || document.execCommand('delete');
  if (!done) box.setRangeText(insert, from, to);
  box.setSelectionRange(start, end);
}

export function Composer({ room }: { room: Room }) {
  const client = useClient();
  const { state, drafts, sending, commands, announcer } = client;
  const area = useRef<HTMLTextAreaElement>(null);
  const completion = useSignal<Completion | null>(null);
  const chosen = useSignal(0);
  const over = useSignal(0);
  const empty = useSignal(true);
  const problem = useSignal('');
  const barOpen = useSignal(false);

  const grow = () => {
    const box = area.current!;
    if (GROWS) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, HEIGHT_MAX)}px`;
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
    const max = state.messageBytes.value;
    empty.value = !text.trim();
    over.value = text.length * 4 > max ? Math.max(0, bytesOf(text) - max) : 0;
    if (room.editing.value) room.editText = text;
    else drafts.keep(room.name, text);
    grow();
    if (!typed) {
      completion.value = null;
      return;
    }
    problem.value = '';
    sending.tellTyping(room, text.trim() !== '' && !text.startsWith('/'));
    lookUp();
  };
  const lookUp = () => {
    const { value, selectionStart, selectionEnd } = area.current!;
    completion.value = selectionStart === selectionEnd ? (cameLater()?.completeIn(client, room, value, selectionStart) ?? null) : null;
    chosen.value = 0;
  };

  // Text that was typed before the commands or the emoji were loaded is completed once they are.
  useSignalEffect(() => {
    if (state.parts.value && document.activeElement === area.current) untracked(() => completion.value ?? lookUp());
  });

  // Each room has a composer of its own (see its key), its own draft, and its own edit under way.
  useLayoutEffect(() => {
    if (!state.narrow.value) area.current!.focus();
    return () => sending.tellTyping(room, false);
  }, []);

  // Editing borrows the text area and gives the draft back afterwards.
  useSignalEffect(() => {
    const seq = room.editing.value;
    if (!area.current) return;
    // Not read again for another name of the person, with whom the draft goes.
    untracked(() => setText(seq ? room.editText : drafts.of(room.name)));
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

  const finishEdit = (seq: number, text: string) => {
    const result = sending.edit(room, seq, text);
    if (result.ok) room.editing.value = 0;
    else problem.value = result.text;
  };

  // The text stays until it is known that it could be done, so what was refused can be mended.
  const send = async () => {
    const text = area.current!.value;
    if ((!text.trim() && !files.length) || over.value) return;
    if (room.editing.value) return finishEdit(room.editing.value, text);
    sending.tellTyping(room, false);
    completion.value = null;
    const replyTo = room.replyTo.value;
    const isCommand = text.startsWith('/') && !text.startsWith('//');
    if (!isCommand) setText('');
    const result = await commands.submit(room, text, replyTo);
    const box = area.current;
    if (!result.ok) {
      problem.value = result.text;
      if (box && !box.value) setText(text);
      return;
    }
    room.replyTo.value = 0;
    // A command that was carried out leaves the field of its room, which may not be shown any more.
    if (isCommand && box?.isConnected && box.value === text) setText('');
    else if (isCommand && !box?.isConnected && drafts.of(room.name) === text) drafts.keep(room.name, '');
    if (!isCommand && state.line.value.state !== 'online') announcer.say(t('composer.kept'));
  };

  const editLast = () => {
    const last = commands.lastOwn(room);
    if (last) startEdit(room, last);
    return last > 0;
  };

  const format = (what: Format) => {
    const box = area.current!;
    const change = cameLater()?.formatted(what, { text: box.value, start: box.selectionStart, end: box.selectionEnd });
    if (!change) return;
    apply(box, change);
    changed(false);
  };

  // Enter sends, or Ctrl+Enter where that was chosen; the other one begins a line, and goes on with a list.
  const onEnter = (event: KeyboardEvent): boolean => {
    const command = event.ctrlKey || event.metaKey;
    const sends = state.settings.value.enter === 'send' ? !event.shiftKey : command;
    if (sends) {
      void send();
      return true;
    }
    const box = area.current!;
    const change = cameLater()?.continued({ text: box.value, start: box.selectionStart, end: box.selectionEnd });
    if (!change) return false;
    apply(box, change);
    changed(false);
    return true;
  };

  const onChoice = (event: KeyboardEvent, found: Completion): boolean => {
    const count = found.choices.length;
    if (event.key === 'ArrowDown') chosen.value = (chosen.value + 1) % count;
    else if (event.key === 'ArrowUp') chosen.value = (chosen.value + count - 1) % count;
    else if (event.key === 'Tab' && !event.shiftKey) pick(chosen.value);
    else if (event.key === 'Enter' && !isWhole(found)) pick(chosen.value);
    else if (event.key === 'Escape') completion.value = null;
    else return event.key === 'Enter' && onEnter(event);
    return true;
  };

  const onPlainKey = (event: KeyboardEvent): boolean => {
    const { key } = event;
    if (key === 'Enter') return onEnter(event);
    if (key === 'ArrowUp') return !area.current!.value && editLast();
    if (key === 'Escape' && (room.editing.value || room.replyTo.value)) room.editing.value = room.replyTo.value = 0;
    else if (key === 'PageUp' || key === 'PageDown') scrollLog(key === 'PageUp' ? -1 : 1);
    else return false;
    return true;
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    let handled: boolean;
    if (command && event.key !== 'Enter') {
      const what = cameLater()?.formatKeys[event.key];
      if (what) format(what);
      handled = what !== undefined;
    } else if (completion.value && !command) handled = onChoice(event, completion.value);
    else handled = onPlainKey(event);
    if (!handled) return;
    event.preventDefault();
    event.stopPropagation();
  };

  // Lists, tables and the like come with the text of the page that they were copied from.
  const onPaste = (event: ClipboardEvent) => {
    const html = event.clipboardData?.getData('text/html') ?? '';
    if (!/<(table|ul|ol|pre|blockquote|strong|b|em|i|code|a)\b/i.test(html)) return;
    const plain = event.clipboardData!.getData('text/plain');
    event.preventDefault();
    void import('./paste.ts').then(
      ({ markupOf }) => document.execCommand('insertText', false, markupOf(html) || plain),
      () => document.execCommand('insertText', false, plain),
    );
  };

  // `/help` typed out in full is sent by Enter, not completed to itself.
  const isWhole = (found: Completion) => {
    const typed = area.current!.value.slice(found.start, found.end);
    return found.choices[chosen.value]?.insert === typed;
  };

  const pickEmoji = (event: MouseEvent) => {
    const anchor = (event.currentTarget as Element).getBoundingClientRect();
    const pickOne = (emoji: string) => {
      const box = area.current!;
      apply(box, { from: box.selectionStart, to: box.selectionEnd, insert: emoji, start: box.selectionStart + emoji.length, end: box.selectionStart + emoji.length });
      changed(false);
    };
    state.picker.value = state.picker.value ? null : { anchor, pick: pickOne };
  };

  const files = room.files.value;
  const list = completion.value;
  const placeholder = t('composer.placeholder', { room: room.direct ? room.title : room.name });
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
        area.current!.focus();
      }}
    >
      {list && <CompletionList list={list} chosen={chosen.value} onPick={pick} />}
      <Banner room={room} />
      {barOpen.value && <FormatBar onFormat={format} />}
      {files.length > 0 && <Attached room={room} />}
      <div class="composer-box">
        {state.fileBytes.value > 0 && (
          <span class="attach">
            <Attach room={room} />
          </span>
        )}
        <textarea
          ref={area}
          id="composer-text"
          rows={1}
          placeholder={placeholder}
          aria-label={placeholder}
          aria-autocomplete="list"
          aria-controls={list ? 'completion' : undefined}
          aria-activedescendant={list ? `choice-${chosen.value}` : undefined}
          aria-invalid={over.value > 0}
          enterkeyhint="send"
          autocomplete="off"
          dir="auto"
          onInput={() => changed(true)}
          onClick={() => (completion.value = null)}
          onKeyDown={onKey}
          onPaste={onPaste}
        />
        <IconButton icon="format" label={t('format.bar')} pressed={barOpen.value} onClick={() => (barOpen.value = !barOpen.value)} />
        <IconButton icon="smile" label={t('composer.emoji')} onClick={pickEmoji} />
        <button type="submit" class="composer-send" aria-label={t('composer.send')} title={t('composer.send')} disabled={(empty.value && !files.length) || over.value > 0}>
          <Icon name="send" />
        </button>
      </div>
      <Below room={room} over={over.value} problem={problem.value} />
    </form>
  );
}

function Below({ room, over, problem }: { room: Room; over: number; problem: string }) {
  const { state } = useClient();
  const names = room.typing.value;
  let text = '';
  if (names.length === 1) text = t('typing.one', { name: names[0]! });
  else if (names.length === 2) text = t('typing.two', { first: names[0]!, second: names[1]! });
  else if (names.length > 2) text = t('typing.many');
  const trouble = over > 0 ? t('composer.over', { n: over }) : problem;
  return (
    <div class={`composer-below ${trouble ? 'composer-trouble' : ''}`}>
      {trouble ? (
        <span class="composer-over" role="alert">
          {trouble}
        </span>
      ) : (
        <span class="typing" data-on={names.length > 0}>
          {text}
        </span>
      )}
      <SeenBy room={room} />
      <span class="composer-hint">{t(`composer.hint_${state.settings.value.enter}`)}</span>
    </div>
  );
}

function scrollLog(direction: number): void {
  const log = document.querySelector('.log');
  log?.scrollBy({ top: direction * log.clientHeight * 0.85 });
}
