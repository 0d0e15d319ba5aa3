// The emoji, beside what they are for: a composer or a message. On a narrow screen they rise from below.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { loadEmoji, quickReactions, searchEmoji } from '../model/emoji.ts';
import type { Emoji, EmojiGroup } from '../model/emoji.ts';
import { italian } from '../model/emoji-it.ts';
import { withRecent } from '../model/settings.ts';
import { TONES, toned } from '../model/tones.ts';
import type { Picker } from '../app/state.ts';
import { useClient } from './here.ts';
import { language, t } from '../text.ts';

const MARGIN = 8;
const FOUND_MAX = 60;

function nameOf({ name }: Emoji): string {
  const plain = name.replaceAll('_', ' ');
  return language() === 'it' ? (italian.get(name) ?? plain) : plain;
}

// By the names of both languages, in which people look for them.
function found(typed: string, all: Emoji[]): Emoji[] {
  const plain = (word: string) => word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const what = plain(typed);
  const own = all.filter(({ name }) => (' ' + plain(italian.get(name) ?? '')).includes(` ${what}`));
  const list = [...searchEmoji(what.replace(/\s+/g, '_'), FOUND_MAX), ...own];
  return list.filter((one, at) => list.findIndex((other) => other.emoji === one.emoji) === at).slice(0, FOUND_MAX);
}

// Above its button where there is room, else below it, and always on the screen.
function place(box: HTMLElement, anchor: Picker['anchor']): void {
  const { offsetWidth: width, offsetHeight: height } = box;
  const above = anchor.top - height - MARGIN;
  const top = above >= MARGIN ? above : Math.min(anchor.bottom + MARGIN, innerHeight - height - MARGIN);
  box.style.left = `${Math.max(MARGIN, Math.min(anchor.right - width, innerWidth - width - MARGIN))}px`;
  box.style.top = `${Math.max(MARGIN, top)}px`;
}

function Grid(props: { list: Emoji[]; tone: number; onPick: (emoji: string) => void }) {
  return (
    <div class="emoji-grid">
      {props.list.map((one) => {
        const emoji = toned(one.emoji, props.tone);
        return (
          <button key={one.emoji} type="button" aria-label={nameOf(one)} title={nameOf(one)} onClick={() => props.onPick(emoji)}>
            {emoji}
          </button>
        );
      })}
    </div>
  );
}

function Tones() {
  const { state, preferences } = useClient();
  const { tone } = state.settings.value;
  return (
    <div class="tones" role="radiogroup" aria-label={t('emoji.tone')}>
      {Array.from({ length: TONES + 1 }, (_, at) => (
        <button
          key={at}
          type="button"
          role="radio"
          aria-checked={tone === at}
          aria-label={t('emoji.tone_n', { n: at })}
          onClick={() => preferences.set({ tone: at })}
        >
          {toned('✋', at)}
        </button>
      ))}
    </div>
  );
}

// Arrows move in the grid; left and right by one, up and down to the nearest in the next row.
function gridKey(event: KeyboardEvent): void {
  const buttons = [...(event.currentTarget as Element).querySelectorAll<HTMLButtonElement>('.emoji-grid button')];
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  let to: HTMLButtonElement | undefined;
  if (event.key === 'ArrowRight') to = buttons[at + 1];
  else if (event.key === 'ArrowLeft') to = buttons[Math.max(0, at - 1)];
  else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const down = event.key === 'ArrowDown';
    const here = buttons[at]?.getBoundingClientRect();
    const beyond = (rect: DOMRect) => (down ? rect.top > here!.top + 4 : rect.top < here!.top - 4);
    const rows = here ? buttons.filter((button) => beyond(button.getBoundingClientRect())) : buttons.slice(0, 1);
    const edge = (down ? rows[0] : rows.at(-1))?.getBoundingClientRect().top;
    const row = rows.filter((button) => Math.abs(button.getBoundingClientRect().top - (edge ?? 0)) < 4);
    const distance = (button: HTMLButtonElement) => Math.abs(button.getBoundingClientRect().left - (here?.left ?? 0));
    to = row.sort((a, b) => distance(a) - distance(b))[0];
  } else return;
  event.preventDefault();
  to?.focus();
}

export function EmojiPicker() {
  const { state, preferences } = useClient();
  const picker = state.picker.value!;
  const box = useRef<HTMLDivElement>(null);
  const typed = useSignal('');
  const groups = useSignal<EmojiGroup[]>([]);
  const all = groups.value.flatMap((group) => group.list);
  const { tone, recent } = state.settings.value;
  const before = useRef(document.activeElement as HTMLElement | null);

  const close = () => {
    state.picker.value = null;
    before.current?.focus({ preventScroll: true });
  };
  const choose = (emoji: string) => {
    preferences.set({ recent: withRecent(recent, emoji) });
    close();
    picker.pick(emoji);
  };
  useEffect(() => {
    loadEmoji().then(
      (loaded) => (groups.value = loaded),
      () => state.say(t('error.chunk'), 'problem'),
    );
  }, []);
  useLayoutEffect(() => {
    if (!state.narrow.value) place(box.current!, picker.anchor);
    box.current!.querySelector('input')!.focus();
  }, []);
  useEffect(() => {
    const away = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) state.picker.value = null;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, []);

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else gridKey(event);
  };
  const hits = typed.value ? found(typed.value, all) : [];
  const often = [...recent, ...quickReactions].slice(0, 16).filter((emoji, at, list) => list.indexOf(emoji) === at);
  const known = (emoji: string): Emoji => all.find((one) => one.emoji === emoji) ?? { name: emoji, emoji };
  return (
    <div ref={box} class="picker" role="dialog" aria-label={t('emoji.title')} onKeyDown={onKey}>
      <div class="picker-head">
        <input
          type="text"
          autocomplete="off"
          aria-label={t('emoji.search')}
          placeholder={t('emoji.search')}
          onInput={(event) => (typed.value = event.currentTarget.value.trim())}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && hits[0]) choose(toned(hits[0].emoji, tone));
          }}
        />
        <Tones />
      </div>
      <div class="emoji-list" tabIndex={0} role="group" aria-label={t('emoji.title')}>
        {typed.value ? (
          hits.length ? <Grid list={hits} tone={tone} onPick={choose} /> : <p class="quiet">{t('search.nothing')}</p>
        ) : (
          <>
            <section aria-label={t('emoji.recent')}>
              <h3>{t('emoji.recent')}</h3>
              <Grid list={often.map(known)} tone={0} onPick={choose} />
            </section>
            {groups.value.map(({ group, list }) => (
              <section key={group} aria-label={t(`emoji.${group}`)}>
                <h3>{t(`emoji.${group}`)}</h3>
                <Grid list={list} tone={tone} onPick={choose} />
              </section>
            ))}
          </>
        )}
      </div>
    </div>
  );
}
