// The views of later.tsx, which come with their texts and their style when they are first wanted.

import { useEffect, useState } from 'preact/hooks';
import type { ComponentType } from 'preact';
import type { Format } from '../model/format.ts';
import type { ServerFacts } from '../model/protocol.ts';
import type { Message } from '../model/roomlog.ts';
import type { Room } from '../app/room.ts';
import type { CompletionProps } from './completion.tsx';
import type { FilesProps } from './files.tsx';
import { useClient } from './here.ts';
import { loadLaterText, t } from '../text.ts';

type Later = typeof import('./later.tsx');

// The page's own link names the style.
function loadStyle(): Promise<void> {
  const own = document.querySelector<HTMLLinkElement>('link[data-later]');
  if (!own) return Promise.resolve();
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = own.dataset.later!;
  return new Promise((resolve, reject) => {
    link.onload = () => {
      delete own.dataset.later;
      resolve();
    };
    link.onerror = () => {
      link.remove();
      reject(new Error('the style could not be loaded'));
    };
    own.after(link);
  });
}

let loaded: Later | null = null;
let loading: Promise<Later> | null = null;

// Asked for again after a failure.
export function loadLater(): Promise<Later> {
  loading ??= Promise.all([import('./later.tsx'), loadLaterText(), loadStyle()]).then(
    ([module]) => (loaded = module),
    (error: unknown) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

// The parts that are loaded, for those who need one now or not at all.
export function cameLater(): Later | null {
  return loaded;
}

function lazy<P extends object>(choose: (later: Later) => ComponentType<P>): ComponentType<P> {
  return function Lazy(props: P) {
    const { state } = useClient();
    const [, redraw] = useState(0);
    const Inner = loaded && choose(loaded);
    useEffect(() => {
      // They may have come since this was drawn without them.
      if (Inner) return;
      loadLater().then(
        () => redraw(1),
        () => state.say(t('error.chunk'), 'problem'),
      );
    }, []);
    return Inner ? <Inner {...props} /> : null;
  };
}

export const Dialogs = lazy((later) => later.Dialogs);
export const EmojiPicker = lazy((later) => later.EmojiPicker);
export const Insecure = lazy<{ facts: ServerFacts | null }>((later) => later.Insecure);
export const Invited = lazy<{ onOther: () => void }>((later) => later.Invited);
export const Panels = lazy((later) => later.Panels);
export const Attach = lazy<{ room: Room }>((later) => later.Attach);
export const Attached = lazy<{ room: Room }>((later) => later.Attached);
export const Files = lazy<FilesProps>((later) => later.Files);
export const FormatBar = lazy<{ onFormat: (format: Format) => void }>((later) => later.FormatBar);
export const MessageMenu = lazy<{ room: Room; message: Message }>((later) => later.MessageMenu);
export const SeenBy = lazy<{ room: Room }>((later) => later.SeenBy);
export const CompletionList = lazy<CompletionProps>((later) => later.CompletionList);
