// Whether this browser tells of mentions and direct messages while nobody looks at a page here, and with their texts.

import { useSignal } from '@preact/signals';
import { PUSH_DENIED, PUSH_FAILED, canPush, pushChoice, turnPushOff, turnPushOn } from '../app/pushing.ts';
import type { Failure } from '../model/result.ts';
import { useClient } from './here.ts';
import { t } from '../text.ts';

function reasonOf({ code, text }: Failure): string {
  if (code === PUSH_DENIED) return t('settings.notify_denied');
  return code === PUSH_FAILED ? t('settings.push_failed') : text;
}

export function PushSwitch({ onProblem }: { onProblem: (text: string | null) => void }) {
  const client = useClient();
  const choice = useSignal(pushChoice(client));
  const busy = useSignal(false);
  if (!canPush(client)) return null;
  const turn = async (on: boolean, texts: boolean) => {
    // A box that is disabled loses the focus: one that is busy takes no second wish instead.
    if (busy.value) return;
    busy.value = true;
    // The wish is shown until it is known what came of it.
    choice.value = on ? { user: client.state.me.value.name, texts } : null;
    try {
      const answer = on ? await turnPushOn(client, texts) : await turnPushOff(client);
      onProblem(answer.ok ? null : reasonOf(answer));
    } catch {
      onProblem(t('settings.push_failed'));
    } finally {
      busy.value = false;
      choice.value = pushChoice(client);
    }
  };
  const box = (label: string, on: boolean, disabled: boolean, change: (on: boolean) => void) => (
    <label class="check">
      <input type="checkbox" disabled={disabled} aria-disabled={busy.value} checked={on} onChange={(event) => change(event.currentTarget.checked)} /> {label}
    </label>
  );
  const { value: chosen } = choice;
  return (
    <>
      {box(t('settings.push'), chosen !== null, false, (on) => void turn(on, false))}
      {box(t('settings.push_texts'), chosen?.texts ?? false, !chosen, (texts) => void turn(true, texts))}
    </>
  );
}
