// Buttons for what can also be typed: bold, lists and so on.

import type { Format } from '../model/format.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { t } from '../text.ts';

const buttons: [Format, IconName, string][] = [
  ['strong', 'bold', 'Ctrl+B'],
  ['em', 'italic', 'Ctrl+I'],
  ['strike', 'strike', 'Ctrl+Shift+X'],
  ['code', 'code', 'Ctrl+Shift+C'],
  ['link', 'link', 'Ctrl+Shift+U'],
  ['quote', 'quote', 'Ctrl+Shift+9'],
  ['list', 'list', 'Ctrl+Shift+8'],
  ['numbers', 'numbers', 'Ctrl+Shift+7'],
];

export function FormatBar({ onFormat }: { onFormat: (format: Format) => void }) {
  const step = (event: KeyboardEvent) => {
    const forward = event.key === 'ArrowRight';
    if (!forward && event.key !== 'ArrowLeft') return;
    const all = [...(event.currentTarget as Element).querySelectorAll('button')];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    all[(at + (forward ? 1 : all.length - 1)) % all.length]?.focus();
    event.preventDefault();
  };
  return (
    <div class="format-bar" role="toolbar" aria-label={t('format.bar')} onKeyDown={step}>
      {buttons.map(([format, icon, key]) => (
        <button
          key={format}
          type="button"
          class="icon-button"
          aria-label={t(`format.${format}`)}
          title={`${t(`format.${format}`)} (${key})`}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onFormat(format)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}
