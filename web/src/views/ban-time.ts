// How long a ban or a mute holds, in words.

import { language, t, times } from '../text.ts';

export function lastsUntil(until: string | undefined): string {
  if (!until) return t('ban.for_ever');
  const time = Date.parse(until);
  const day = new Intl.DateTimeFormat(language(), { day: 'numeric', month: 'long', year: 'numeric' }).format(time);
  return t('ban.until', { time: `${day}, ${times().clock(time)}` });
}
