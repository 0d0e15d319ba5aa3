// The settings of the server that may change while it runs, for administrators.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useClient } from './here.ts';
import { Problem } from './parts.tsx';
import { number, t } from '../text.ts';

interface SettingRow {
  key: string;
  value: string;
  // What holds when the server is started again.
  configured: string;
  // Words with `|` between them, or a range of numbers.
  expected: string;
}

// Words and settings that a newer server has are called as it calls them.
function named(kind: 'config' | 'word', name: string): string {
  const key = `admin.${kind}.${name}`;
  const title = t(key);
  return title === key ? name.replaceAll('_', ' ') : title;
}

// A setting may have a word of its own for what is a plain no elsewhere.
function wordOf(setting: string, word: string): string {
  const key = `admin.word.${setting}.${word}`;
  const title = t(key);
  return title === key ? named('word', word) : title;
}

function Setting({ row, onChange }: { row: SettingRow; onChange: (value: string) => void }) {
  const { key, value, configured, expected } = row;
  const id = `setting-${key}`;
  const words = expected.includes('|') ? expected.split('|') : null;
  const [least, most] = expected.split('-');
  const change = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value);
  return (
    <li class="field-row">
      <label for={id}>
        {named('config', key)}
        {value !== configured && <small> {t('admin.config_was', { value: words ? wordOf(key, configured) : number(Number(configured)) })}</small>}
      </label>
      {words ? (
        <select id={id} value={value} onChange={change}>
          {words.map((word) => (
            <option key={word} value={word}>
              {wordOf(key, word)}
            </option>
          ))}
        </select>
      ) : (
        <input id={id} type="number" inputMode="numeric" min={least} max={most} step="1" value={value} onChange={change} />
      )}
    </li>
  );
}

export function ServerSettings() {
  const { line } = useClient();
  const rows = useSignal<SettingRow[] | null>(null);
  const problem = useSignal<string | null>(null);
  const ask = async (fields: Record<string, string>) => {
    const answer = await line.request<{ config: SettingRow[] }>({ op: 'config', ...fields });
    problem.value = answer.ok ? null : answer.text;
    return answer.ok ? answer.value.config : [];
  };
  const read = async () => {
    rows.value = await ask({});
  };
  useEffect(() => void read(), []);
  const set = async (key: string, value: string) => {
    const [changed] = await ask({ key, value });
    // A refused value gives way to the one that holds.
    rows.value = (rows.value ?? []).map((row) => (row.key === key ? { ...(changed ?? row) } : row));
  };
  return (
    <>
      <p class="quiet">{t('admin.config_explain')}</p>
      <Problem text={problem.value} />
      <ul class="server-settings" aria-busy={rows.value === null}>
        {(rows.value ?? []).map((row) => (
          <Setting key={row.key} row={row} onChange={(value) => void set(row.key, value)} />
        ))}
      </ul>
    </>
  );
}
