// My profile: a display name, a line about me, a picture; and whether others see what I have read.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Refusal } from '../model/protocol.ts';
import type { Profile, WireObject } from '../model/protocol.ts';
import { language, t } from '../text.ts';
import { useClient } from './here.ts';
import { Avatar, Modal, Problem } from './parts.tsx';

const SIDE = 256;
const DISPLAY_MAX = 48;
const ABOUT_BYTES = 256;

// The middle of the picture, small.
async function shrink(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.min(SIDE, side);
  const context = canvas.getContext('2d')!;
  // A JPEG has nothing that can be seen through: without this it would be black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', 0.9));
}

export function ProfileDialog() {
  const { state, line, session, rooms, environment } = useClient();
  const profile = useSignal<Profile | null>(null);
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  const display = useRef<HTMLInputElement>(null);
  const about = useRef<HTMLInputElement>(null);
  const file = useRef<HTMLInputElement>(null);

  const ask = async (object: WireObject): Promise<boolean> => {
    const answer = await line.request<{ profile?: Profile }>(object);
    problem.value = answer.ok ? null : answer.text;
    if (answer.ok && answer.value.profile) profile.value = answer.value.profile;
    return answer.ok;
  };
  const set = async (fields: Record<string, string>): Promise<boolean> => {
    busy.value = true;
    const isDone = await ask({ op: 'profile', set: fields });
    busy.value = false;
    if (isDone && state.active.value) void rooms.refreshMembers(state.active.value);
    return isDone;
  };
  useEffect(() => void ask({ op: 'profile' }), []);

  const save = async (event: Event) => {
    event.preventDefault();
    const said = about.current!.value.trim();
    if (new TextEncoder().encode(said).length > ABOUT_BYTES) return void (problem.value = t('profile.about_long', { n: ABOUT_BYTES }));
    if (await set({ display: display.current!.value.trim(), about: said })) {
      state.say(t('profile.saved'));
      state.closeDialog();
    }
  };
  const choose = async () => {
    const chosen = file.current!.files?.[0];
    if (!chosen) return;
    try {
      const blob = await shrink(chosen);
      const upload = await environment.loadUpload();
      const sent = await upload({
        name: 'picture.jpg',
        blob,
        half: '',
        secret: session.secret,
        language: language(),
        progress: () => undefined,
        keep: async () => undefined,
        signal: new AbortController().signal,
      });
      await set({ picture: sent.file });
    } catch (error) {
      problem.value = error instanceof Refusal && error.message ? error.message : t('profile.no_picture');
    }
    file.current!.value = '';
  };
  const mine = profile.value;
  return (
    <Modal title={t('profile.title')}>
      {mine && (
        <form onSubmit={(event) => void save(event)}>
          <div class="person-about">
            <Avatar name={state.me.value.name} />
            <div class="modal-buttons modal-buttons-start">
              <label class="secondary file-button">
                {t('profile.choose')}
                <input ref={file} class="out-of-sight" type="file" accept="image/*" onChange={() => void choose()} />
              </label>
              {mine.picture && (
                <button type="button" class="secondary" onClick={() => void set({ picture: '' })}>
                  {t('profile.remove')}
                </button>
              )}
            </div>
          </div>
          <label for="profile-display">{t('profile.display')}</label>
          <input ref={display} id="profile-display" type="text" autocomplete="name" maxLength={DISPLAY_MAX} defaultValue={mine.display ?? ''} placeholder={mine.name} />
          <label for="profile-about">{t('profile.about')}</label>
          <input ref={about} id="profile-about" type="text" autocomplete="off" maxLength={ABOUT_BYTES} defaultValue={mine.about ?? ''} />
          <label class="check">
            <input type="checkbox" checked={mine.seen !== false} onChange={(event) => void set({ seen: event.currentTarget.checked ? 'on' : 'off' })} />{' '}
            {t('profile.seen')}
          </label>
          <Problem text={problem.value} />
          <div class="modal-buttons">
            <button type="submit" class="primary" disabled={busy.value}>
              {t('profile.save')}
            </button>
          </div>
        </form>
      )}
      {!mine && <Problem text={problem.value} />}
    </Modal>
  );
}
