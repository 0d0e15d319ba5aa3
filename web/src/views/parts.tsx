// Small pieces that several views use.

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { hueOf, initialOf } from '../model/names.ts';
import { announcement } from '../app/announce.ts';
import { closeDialog, toast } from '../app/state.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { t } from '../text.ts';

export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  class?: string;
  pressed?: boolean;
  text?: string;
}) {
  return (
    <button
      type="button"
      class={`icon-button ${props.class ?? ''}`}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
      {props.text && <span aria-hidden="true">{props.text}</span>}
    </button>
  );
}

export function Avatar({ name, small }: { name: string; small?: boolean }) {
  return (
    <span class={`avatar hue-${hueOf(name)} ${small ? 'avatar-small' : ''}`} aria-hidden="true">
      {initialOf(name)}
    </span>
  );
}

// The browser's own modal dialog: it keeps the focus inside and gives it back, and Escape closes it.
export function Modal(props: { title: string; children: ComponentChildren; class?: string; onClose?: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  const close = props.onClose ?? closeDialog;
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
      onClick={(event) => {
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

export function Problem({ text }: { text: string | null }) {
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}

// What a screen reader hears, and the short messages that everybody sees.
export function Voices() {
  const shown = toast.value;
  useEffect(() => {
    const hide = (event: KeyboardEvent) => {
      if (event.key === 'Escape') toast.value = null;
    };
    addEventListener('keydown', hide);
    return () => removeEventListener('keydown', hide);
  }, []);
  return (
    <>
      <div class="out-of-sight" aria-live="polite" role="status">
        {announcement.value}
      </div>
      <div class="toasts" role="status" aria-live="polite">
        {shown && <p class={`toast toast-${shown.kind}`}>{shown.text}</p>}
      </div>
    </>
  );
}
