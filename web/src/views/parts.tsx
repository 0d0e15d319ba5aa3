// Small pieces that several views use.

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { fold, hueOf, initialsOf } from '../model/names.ts';
import { useClient } from './here.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { t } from '../text.ts';

export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  class?: string;
  pressed?: boolean;
  expanded?: boolean;
  text?: string;
}) {
  return (
    <button
      type="button"
      class={`icon-button ${props.class ?? ''}`}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
      {props.text && <span aria-hidden="true">{props.text}</span>}
    </button>
  );
}

export function Avatar({ name, small }: { name: string; small?: boolean }) {
  const picture = useClient().state.met.value[fold(name)]?.picture;
  return (
    <span class={`avatar hue-${hueOf(name)} ${small ? 'avatar-small' : ''}`} aria-hidden="true">
      {picture?.startsWith('/f/') ? <img src={picture} alt="" /> : initialsOf(name)}
    </span>
  );
}

export function GuestMark() {
  return (
    <small class="guest-mark" title={t('people.guest_explained')}>
      {t('me.guest')}
    </small>
  );
}

// The browser's own modal dialog: it keeps the focus inside and gives it back, and Escape closes it.
export function Modal(props: { title: string; children: ComponentChildren; class?: string }) {
  const { state } = useClient();
  const box = useRef<HTMLDialogElement>(null);
  const close = () => state.closeDialog();
  useLayoutEffect(() => {
    const dialog = box.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={box}
      class={`modal ${props.class ?? ''}`}
      aria-labelledby="modal-title"
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onPointerDown={(event) => {
        if (event.target === box.current) close();
      }}
    >
      <div class="modal-inner">
        <header class="modal-head">
          <h2 id="modal-title">{props.title}</h2>
          <IconButton icon="close" label={t('close')} onClick={close} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

// The frame of what stands at the right of the conversation.
export function PanelFrame(props: { title: string; children: ComponentChildren; busy?: boolean; top?: ComponentChildren; bottom?: ComponentChildren }) {
  const { state } = useClient();
  return (
    <aside class="panel" aria-label={props.title}>
      <header class="panel-head">
        <h2>{props.title}</h2>
        <IconButton icon="close" label={t('close')} onClick={() => (state.panel.value = 'none')} />
      </header>
      {props.top}
      <div class="panel-body" tabIndex={0} role="group" aria-label={props.title} aria-busy={props.busy ?? false}>
        {props.children}
      </div>
      {props.bottom}
    </aside>
  );
}

export function Problem({ text }: { text: string | null }) {
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}

// A line to copy, with its button.
export function CopyLine({ text, label }: { text: string; label: string }) {
  const { state } = useClient();
  return (
    <div class="copy-line">
      <code>{text}</code>
      <IconButton
        icon="copy"
        label={label}
        onClick={() => void copyText(text).then((copied) => state.say(t(copied ? 'copied' : 'copy_failed'), copied ? 'info' : 'problem'))}
      />
    </div>
  );
}

// The clipboard's own interface is there on https alone; a hidden field serves elsewhere.
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'out-of-sight';
    const holder = document.querySelector('dialog[open]') ?? document.body;
    holder.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    return copied;
  }
}

// Announcements for a screen reader, and short messages that everybody sees, above dialogs too.
export function Voices() {
  const { state, announcer } = useClient();
  const box = useRef<HTMLDivElement>(null);
  const shown = state.toast.value;
  useEffect(() => {
    const hide = (event: KeyboardEvent) => {
      if (event.key === 'Escape') state.toast.value = null;
    };
    addEventListener('keydown', hide);
    return () => removeEventListener('keydown', hide);
  }, []);
  useLayoutEffect(() => {
    const element = box.current!;
    if (!element.showPopover) return;
    if (element.matches(':popover-open')) element.hidePopover();
    if (shown) element.showPopover();
  }, [shown]);
  return (
    <>
      <div class="out-of-sight" aria-live="polite" role="status">
        {announcer.said.value}
      </div>
      <div ref={box} class="toasts" role="status" aria-live="polite" popover="manual">
        {shown && <p class={`toast toast-${shown.kind}`}>{shown.text}</p>}
      </div>
    </>
  );
}
